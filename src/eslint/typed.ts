/** Rules that ask for types: what they are given, and what is told where there are none. */
import type { Rule } from "eslint";
import type ts from "typescript";
import { OperationTypes } from "./operation-types.js";

/** What typescript-eslint's parser gives beside the tree. */
interface ParserServices {
  program?: ts.Program | null;
  esTreeNodeToTSNodeMap?: { get(node: Rule.Node): ts.Node };
}

const UNTYPED = "untyped";

/** In the words of somebody who has to set it. */
const HOW =
  "cosocket's rules need types, and there are none of this file: use cosocket.configs.recommended (it is for TypeScript files), or set languageOptions.parser to typescript-eslint's " +
  "and languageOptions.parserOptions.projectService to true; the file must belong to a tsconfig.json";

/** The types of a file, if its parser has any. */
export function typesOf(context: Rule.RuleContext): OperationTypes | null {
  const services = context.sourceCode.parserServices as ParserServices;
  const { program, esTreeNodeToTSNodeMap: nodes } = services;
  if (!program || !nodes) return null;
  return new OperationTypes(program.getTypeChecker(), (node) => nodes.get(node));
}

/** Files that have been told so, by whichever rule was first. */
const told = new WeakSet<object>();

/** A rule that asks for types. Of a file without them it says what is to be set, once for all rules. */
export function typedRule(
  meta: Omit<Rule.RuleMetaData, "messages"> & { messages: Record<string, string> },
  create: (context: Rule.RuleContext, types: OperationTypes) => Rule.RuleListener,
): Rule.RuleModule {
  return {
    meta: { ...meta, messages: { ...meta.messages, [UNTYPED]: HOW } },
    create(context) {
      const types = typesOf(context);
      if (types !== null) return create(context, types);
      return {
        Program() {
          if (told.has(context.sourceCode)) return;
          told.add(context.sourceCode);
          context.report({ loc: { line: 1, column: 0 }, messageId: UNTYPED });
        },
      };
    },
  };
}
