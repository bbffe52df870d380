/** What the package gives, as the compiler sees it: every entry point, every export, everything that can be reached from there. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { compiled } from "./compiling.js";
import { root } from "./process.js";

/** Something public, by its path: `cosocket: Tcp.receive`. */
export interface Public {
  path: string;
  name: string;
  node: ts.Declaration;
}

/** The declarations of every entry point, by what a program imports. */
export function entryPoints(): Map<string, string> {
  const { name, exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    name: string;
    exports: Record<string, string | { types: string }>;
  };
  const files = new Map<string, string>();
  for (const [path, entry] of Object.entries(exports))
    if (typeof entry === "object") files.set(name + path.slice(1), join(root, entry.types));
  return files;
}

let program: ts.Program | undefined;

/** The declarations of every entry point, in which names can be looked up; nothing is checked, and so the libraries are not needed. */
export function entryProgram(): ts.Program {
  return (program ??= compiled(entryPoints().values(), {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    noLib: true,
    types: [],
  }));
}

export class Surface {
  private readonly checker: ts.TypeChecker;
  private readonly entries = new Map<string, Set<ts.Symbol>>();
  /** Exports, and the members of what is exported. */
  readonly all: Public[] = [];
  /** Types that are named and not exported: `cosocket: Tcp.connect names ConnectOptions`. */
  readonly unexported = new Set<string>();
  private readonly seen = new Set<ts.Node>();

  constructor() {
    const files = entryPoints();
    const program = entryProgram();
    this.checker = program.getTypeChecker();
    for (const [entry, file] of files) {
      const module = this.checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
      const exported = this.checker.getExportsOfModule(module);
      this.entries.set(entry, new Set(exported.map((symbol) => this.real(symbol))));
    }
    for (const [entry, symbols] of this.entries)
      for (const symbol of symbols) this.add(entry, symbol.name, symbol);
  }

  /** Members that give an operation: those of whatever can be reached. */
  get operations(): Public[] {
    return this.all.filter(({ node }) =>
      this.returned(node).some((name) => ["Yieldable", "Sequence"].includes(name)),
    );
  }

  /** Functions that give what does not say that it was not performed. */
  get silent(): Public[] {
    const bare = ["Operation", "Stream", "Subscription", "Generator"];
    return this.all.filter(({ node }) => this.returned(node).some((name) => bare.includes(name)));
  }

  /** Those without a docstring. */
  get undocumented(): Public[] {
    return this.all.filter(({ node }) => {
      const documented = ts.isVariableDeclaration(node) ? node.parent.parent : node;
      return ts.getJSDocCommentsAndTags(documented).length === 0;
    });
  }

  /**
   * Functions whose docstring has no example. One is enough for all overloads. A method without a docstring has that of the interface
   * it is from. What is only another name says so by a link to the first, and has its example. What is asked without arguments, and
   * answers at once, may stand in an example of its class or namespace instead; so may all methods of a class whose own
   * docstring has an example: those that this example calls, or writes.
   */
  get unshown(): Public[] {
    const groups = new Map<string, Public[]>();
    for (const one of this.all.filter((one) => this.isFunction(one)))
      groups.set(one.path, [...(groups.get(one.path) ?? []), one]);
    const examples = new Map<string, string>();
    for (const { path, node } of this.all) {
      const owner = this.isFunction({ path, node }) ? ownerOf(path) : path;
      examples.set(owner, (examples.get(owner) ?? "") + exampleOf(docOf(node)));
    }
    const shown = ([path, group]: [string, Public[]]): boolean => {
      const docs = group.map(({ node }) => docOf(node)).join("\n");
      if (exampleOf(docs) !== "" || ALIAS.test(docs) || PROTOCOL.test(path)) return true;
      if (docs === "" && group.some(({ node }) => this.inherits(node))) return true;
      const { name } = group[0]!;
      const own = this.all.find((one) => one.path === ownerOf(path));
      const ofClass = own !== undefined && exampleOf(docOf(own.node)) !== "";
      const text = examples.get(ownerOf(path)) ?? "";
      const asked = group.every(({ node }) => isQuestion(node));
      return (asked || ofClass) && new RegExp(`\\b${name}(\\(|: \\()`).test(text);
    };
    return [...groups].filter((one) => !shown(one)).map(([, group]) => group[0]!);
  }

  /** Functions, methods, and functions of a namespace such as `socket`: not the callbacks that users write. */
  private isFunction({ path, node }: Pick<Public, "path" | "node">): boolean {
    if (
      ts.isFunctionDeclaration(node) ||
      ts.isMethodDeclaration(node) ||
      ts.isMethodSignature(node)
    )
      return true;
    if (!ts.isPropertySignature(node) || !/: [a-z]\w*\./.test(path)) return false;
    return this.checker.getTypeAtLocation(node).getCallSignatures().length > 0;
  }

  /** Whether a method is one of an interface or a class from which its class has it. */
  private inherits(node: ts.Declaration): boolean {
    if (!ts.isMethodDeclaration(node) || !ts.isClassDeclaration(node.parent)) return false;
    const { heritageClauses = [] } = node.parent;
    return heritageClauses
      .flatMap(({ types }) => types)
      .flatMap(({ expression }) => this.symbol(expression)?.declarations ?? [])
      .some(
        (of) =>
          (ts.isInterfaceDeclaration(of) || ts.isClassDeclaration(of)) &&
          [...of.members].some((member) => member.name?.getText() === node.name.getText()),
      );
  }

  /** Names of the types at the top of what a function returns. */
  private returned(node: ts.Declaration): string[] {
    const type = (node as Partial<ts.SignatureDeclaration>).type;
    const fn = type !== undefined && ts.isFunctionTypeNode(type) ? type.type : type;
    const callable = ts.isFunctionLike(node) || (type !== undefined && ts.isFunctionTypeNode(type));
    if (!callable || fn === undefined) return [];
    const types = ts.isUnionTypeNode(fn) ? fn.types : [fn];
    return types.flatMap((one) =>
      ts.isTypeReferenceNode(one) ? [this.symbol(one.typeName)?.name ?? ""] : [],
    );
  }

  private add(entry: string, path: string, symbol: ts.Symbol): void {
    for (const node of symbol.declarations ?? []) {
      if (!this.ours(node) || this.seen.has(node)) continue;
      this.seen.add(node);
      this.all.push({ path: `${entry}: ${path}`, name: symbol.name, node });
      this.look(entry, path, node);
    }
  }

  /** Everything below a declaration. */
  private look(entry: string, path: string, node: ts.Node): void {
    ts.forEachChild(node, (child) => {
      if (hidden(child)) return;
      if (ts.isTypeElement(child) || ts.isClassElement(child)) {
        const name = child.name === undefined ? "" : child.name.getText();
        if (name !== "" && !this.seen.has(child) && !ts.isComputedPropertyName(child.name!)) {
          this.seen.add(child);
          this.all.push({ path: `${entry}: ${path}.${name}`, name, node: child });
        }
        return this.look(entry, `${path}.${name}`, child);
      }
      if (ts.isHeritageClause(child)) {
        if (child.token === ts.SyntaxKind.ImplementsKeyword) return;
        for (const { expression, typeArguments } of child.types) {
          const base = this.symbol(expression);
          // A base is no name that a user needs; what it has is public all the same.
          for (const declared of base?.declarations ?? [])
            if (this.ours(declared) && !this.exported(entry, base!))
              this.look(entry, path, declared);
          for (const argument of typeArguments ?? []) this.look(entry, path, argument);
        }
        return;
      }
      if (ts.isTypeReferenceNode(child)) this.named(entry, path, child.typeName);
      else if (ts.isTypeQueryNode(child)) this.queried(entry, path, child.exprName);
      this.look(entry, path, child);
    });
    if (ts.isTypeReferenceNode(node)) this.named(entry, path, node.typeName);
  }

  private named(entry: string, path: string, name: ts.EntityName): void {
    const symbol = this.symbol(name);
    if (symbol === undefined || symbol.flags & ts.SymbolFlags.TypeParameter) return;
    if (!symbol.declarations?.some((node) => this.ours(node))) return;
    if (!this.exported(entry, symbol))
      this.unexported.add(`${entry}: ${path} names ${symbol.name}`);
  }

  /** `typeof x`: as if it were written out. */
  private queried(entry: string, path: string, name: ts.EntityName): void {
    const symbol = this.symbol(name);
    if (symbol === undefined || this.exported(entry, symbol)) return;
    for (const node of symbol.declarations ?? [])
      if (this.ours(node) && !this.seen.has(node)) {
        this.seen.add(node);
        this.look(entry, path, node);
      }
  }

  /** Whoever has another entry point has the first one, too. */
  private exported(entry: string, symbol: ts.Symbol): boolean {
    return [entry, "cosocket"].some((one) => this.entries.get(one)!.has(symbol));
  }

  private symbol(node: ts.Node): ts.Symbol | undefined {
    const symbol = this.checker.getSymbolAtLocation(node);
    return symbol && this.real(symbol);
  }

  private real(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
  }

  private ours(node: ts.Node): boolean {
    return node.getSourceFile().fileName.startsWith(join(root, "dist"));
  }
}

/** What JavaScript and Effection call by themselves. */
const PROTOCOL = /\.(toString|then|next|return|throw|enter)$/;

/** A docstring that begins with a link, perhaps behind a few words such as "LuaSocket's other name for". */
const ALIAS = /^\/\*\*[\s*]*(?:@deprecated )?(?:[\w'`]+ ){0,5}(?:of |for |as |As )?`?\{@link /;

function isQuestion(node: ts.Declaration): boolean {
  const signature = ts.isPropertySignature(node) ? node.type! : node;
  if (!ts.isFunctionLike(signature)) return false;
  return signature.parameters.length === 0 && !/^Yieldable\b/.test(signature.type?.getText() ?? "");
}

function ownerOf(path: string): string {
  return path.includes(".")
    ? path.slice(0, path.lastIndexOf("."))
    : path.slice(0, path.indexOf(":"));
}

function docOf(node: ts.Node): string {
  const documented = ts.isVariableDeclaration(node) ? node.parent.parent : node;
  return ts
    .getJSDocCommentsAndTags(documented)
    .map((doc) => doc.getText())
    .join("\n");
}

function exampleOf(doc: string): string {
  return doc.includes("@example") ? doc.slice(doc.indexOf("@example")) : "";
}

function hidden(node: ts.Node): boolean {
  if (ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(isHiding)) return true;
  return ts.getJSDocCommentsAndTags(node).some((doc) => doc.getText().includes("@internal"));
}

function isHiding({ kind }: ts.Modifier): boolean {
  return kind === ts.SyntaxKind.PrivateKeyword || kind === ts.SyntaxKind.ProtectedKeyword;
}
