/**
 * Snippets for the rules of cosocket/eslint, all in one TypeScript program, against the declarations that are shipped: making one is what
 * takes time, looking at a snippet of it does not.
 */
import { join } from "node:path";
import { Linter } from "eslint";
import ts from "typescript";
import { parser } from "typescript-eslint";
import cosocket, { type rules } from "cosocket/eslint";
import { compiled } from "./compiling.js";
import { root } from "./process.js";

export type RuleName = keyof typeof rules;

/** What snippets may speak of without saying where it comes from. */
const GIVEN = `
import type * as cosocket from "cosocket";
import type { copas as Copas } from "cosocket/copas";
import type * as effection from "effection";
declare global {
  type Operation<T> = effection.Operation<T>;
  type Stream<T, R> = effection.Stream<T, R>;
  type Task<T> = effection.Task<T>;
  type Tcp = cosocket.Tcp;
  type Fiber<T> = cosocket.Fiber<T>;
  type Yieldable<T> = cosocket.Yieldable<T>;
  const all: typeof effection.all;
  const call: typeof effection.call;
  const createScope: typeof effection.createScope;
  const createSignal: typeof effection.createSignal;
  const each: typeof effection.each;
  const ensure: typeof effection.ensure;
  const main: typeof effection.main;
  const race: typeof effection.race;
  const resource: typeof effection.resource;
  const scoped: typeof effection.scoped;
  const spawn: typeof effection.spawn;
  const suspend: typeof effection.suspend;
  const fork: typeof cosocket.fork;
  const run: typeof cosocket.run;
  const serve: typeof cosocket.serve;
  const sleep: typeof cosocket.sleep;
  const together: Pick<typeof cosocket, "all" | "allSettled" | "race" | "within">;
  const socket: typeof cosocket.socket;
  const copas: typeof Copas;
  const client: cosocket.Tcp;
  const clients: cosocket.Tcp[];
  const server: cosocket.Tcp;
  const maybe: cosocket.Tcp | undefined;
  const ready: boolean;
}`;

export class LintCases {
  private readonly linter = new Linter({ cwd: root });
  private readonly files = new Map<string, string>();
  private program: ts.Program | null = null;

  /** Add a snippet before anything is looked at. */
  add(code: string): void {
    this.files.set(this.nameOf(code), code);
  }

  private nameOf(code: string): string {
    const names = [...this.files.entries()].find(([, one]) => one === code);
    return names?.[0] ?? join(root, "test/src/eslint", `snippet-${this.files.size}.ts`);
  }

  private get built(): ts.Program {
    if (this.program !== null) return this.program;
    const options: ts.CompilerOptions = {
      strict: true,
      target: ts.ScriptTarget.ES2022,
      lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
      module: ts.ModuleKind.NodeNext,
      moduleDetection: ts.ModuleDetectionKind.Force,
      types: ["node"],
      skipLibCheck: true,
      noEmit: true,
    };
    const files = new Map([...this.files, [join(root, "test/src/eslint/given.ts"), GIVEN]]);
    return (this.program = compiled(files.keys(), options, files));
  }

  /** What the compiler says of a snippet. */
  errors(code: string): string[] {
    const file = this.built.getSourceFile(this.nameOf(code));
    return [
      ...this.built.getSyntacticDiagnostics(file),
      ...this.built.getSemanticDiagnostics(file),
    ].map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
  }

  /** What a rule says of a snippet. */
  look(code: string, rule: RuleName): Linter.LintMessage[] {
    return this.linter.verify(
      code,
      {
        files: ["**/*.ts"],
        plugins: { cosocket: { rules: cosocket.rules } },
        languageOptions: {
          parser: parser as Linter.Parser,
          parserOptions: { programs: [this.built] },
        },
        rules: { [`cosocket/${rule}`]: "error" },
      },
      this.nameOf(code),
    );
  }
}

/** A text with the edits of ESLint's in it. */
export function edited(
  code: string,
  edits: readonly { range: readonly number[]; text: string }[],
): string {
  return edits
    .toSorted((a, b) => b.range[0]! - a.range[0]!)
    .reduce(
      (text, { range, text: by }) => text.slice(0, range[0]) + by + text.slice(range[1]),
      code,
    );
}
