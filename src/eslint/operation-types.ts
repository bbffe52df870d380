/**
 * Which types are operations: cosocket's and Effection's, and what generator functions of the user's give. They are told by what they
 * are, not by their names: iterating them gives effects. So it does not matter by which way, or from which copy of a library, they have come.
 */
import type { Rule } from "eslint";
import type ts from "typescript";

/** What iterating something gives, and what it returns at the end. */
interface Iteration {
  yields: ts.Type[];
  returns: ts.Type[];
}

export class OperationTypes {
  private readonly known = new Map<ts.Type, boolean>();

  constructor(
    private readonly checker: ts.TypeChecker,
    private readonly tsNode: (node: Rule.Node) => ts.Node,
  ) {}

  of(node: Rule.Node): ts.Type {
    return this.checker.getTypeAtLocation(this.tsNode(node));
  }

  /** What is expected of an expression by what is around it. */
  expectedOf(node: Rule.Node): ts.Type | undefined {
    return this.checker.getContextualType(this.tsNode(node) as ts.Expression);
  }

  /** Whether it can be an operation, one that runs already among them. */
  maybePerformed(type: ts.Type): boolean {
    return members(type).some((one) => this.isOperation(one));
  }

  /** Whether `yield*` can perform all that it can be. */
  alwaysPerformed(type: ts.Type): boolean {
    return members(type).every((one) => this.isOperation(one));
  }

  /** Whether it is a Future of Effection's: an operation, and a whole promise. (What `fiber.halt()` gives is not.) */
  isFuture(type: ts.Type): boolean {
    return this.alwaysPerformed(type) && this.hasThen(type) && this.has(type, "catch");
  }

  /** Whether all that it can be does nothing until somebody performs it. */
  always(type: ts.Type): boolean {
    return members(type).every((one) => this.idle(one));
  }

  /** Whether it can be something that does nothing until somebody performs it. */
  maybe(type: ts.Type): boolean {
    return members(type).some((one) => this.idle(one));
  }

  /** What is in it, if it is an array or a tuple. */
  itemsOf(type: ts.Type): ts.Type[] {
    const { checker } = this;
    return members(type).flatMap((one) =>
      this.isList(one) ? checker.getTypeArguments(one as ts.TypeReference) : [],
    );
  }

  isArray(type: ts.Type): boolean {
    return members(this.checker.getNonNullableType(type)).every((one) => this.isList(one));
  }

  /** Whether `await` gets something out of it. */
  awaitable(type: ts.Type): boolean {
    return members(type).some((one) => this.hasThen(one));
  }

  /** Whether `for await` gets something out of it: lines and blocks. */
  asyncIterable(type: ts.Type): boolean {
    return members(type).some((one) =>
      one.getProperties().some(({ name }) => name.startsWith("__@asyncIterator")),
    );
  }

  /** Whether it is a Stream of Effection's, an operation that is mostly handed about: what it returns can be asked for items. */
  isStream(type: ts.Type): boolean {
    return members(type).every((one) => {
      const returns = this.iteration(one)?.returns ?? [];
      return (
        returns.length > 0 &&
        returns.every((value) => this.returned(value, "next").some((next) => this.maybe(next)))
      );
    });
  }

  /** What a function returns, by each of its signatures; none: it is no function. */
  returnsOf(type: ts.Type): ts.Type[] {
    return members(this.checker.getNonNullableType(type)).flatMap((one) =>
      one.getCallSignatures().map((signature) => signature.getReturnType()),
    );
  }

  /** What the function returns that is called, without what `?.` makes of it; undefined if that cannot be told apart. */
  resultOf(call: Rule.Node): ts.Type | undefined {
    const { checker } = this;
    const signature = checker.getResolvedSignature(this.tsNode(call) as ts.CallLikeExpression);
    const declaration = signature?.getDeclaration() as ts.SignatureDeclaration | undefined;
    const declared = declaration && checker.getSignatureFromDeclaration(declaration);
    if (signature === undefined || declared === undefined) return undefined;
    const own = declared.getReturnType();
    return checker.getNonNullableType(own) === own
      ? checker.getNonNullableType(signature.getReturnType())
      : undefined;
  }

  /** What calling a function, by its declaration, gives. */
  declaredResultOf(fn: Rule.Node): ts.Type | undefined {
    return this.checker
      .getSignatureFromDeclaration(this.tsNode(fn) as ts.SignatureDeclaration)
      ?.getReturnType();
  }

  /** Whether nobody looks at a value of this type: nothing, or a promise of it. */
  isNothing(type: ts.Type): boolean {
    return members(type).every(
      (one) =>
        ["void", "undefined", "null"].includes(this.checker.typeToString(one)) || this.hasThen(one),
    );
  }

  /** Whether it is a result of LuaSocket's, one of whose forms has no value, and an error in the second place. */
  isResult(type: ts.Type): boolean {
    return (
      type.isUnion() &&
      type.types.every((one) => this.checker.isTupleType(one)) &&
      type.types.some((one) => this.place(one, 0) === "undefined" && this.place(one, 1) !== "")
    );
  }

  /** Whether it is a result that has data in the second place, if it has not failed. */
  hasSecondValue(type: ts.Type): boolean {
    return (
      this.isResult(type) &&
      members(type).some(
        (one) =>
          this.place(one, 0) !== "undefined" && !["", "undefined"].includes(this.place(one, 1)),
      )
    );
  }

  /** Whether it is what `select` gives: its error, which is "timeout", is in the third place. */
  isSelected(type: ts.Type): boolean {
    return this.checker.isTupleType(type) && /^"timeout"( \||$)/.test(this.place(type, 2));
  }

  /** What a tuple has at a place, in words; "": nothing. */
  private place(tuple: ts.Type, index: number): string {
    const type = this.checker.getTypeArguments(tuple as ts.TypeReference)[index];
    return type === undefined ? "" : this.checker.typeToString(type);
  }

  /** An operation that does nothing by itself; what runs already (a fiber, a task, the end of one that was halted) is none. */
  private idle(type: ts.Type): boolean {
    let idle = this.known.get(type);
    if (idle === undefined) {
      idle = this.isOperation(type) && !this.runs(type);
      this.known.set(type, idle);
    }
    return idle;
  }

  private isOperation(type: ts.Type): boolean {
    const iteration = this.isList(type) ? null : this.iteration(type);
    if (iteration === null) return false;
    const { yields } = iteration;
    if (yields.some((one) => this.isEffect(one))) return true;
    // A generator function that never waits is one all the same.
    return (
      yields.every((one) => one === this.checker.getNeverType()) &&
      type.symbol?.name === "Generator"
    );
  }

  /** It may hold effects, where an operation was taken apart: performing it would make no sense of them. */
  private isList(type: ts.Type): boolean {
    return this.checker.isArrayType(type) || this.checker.isTupleType(type);
  }

  /** An effect, and no operation that is one, too: of these it is a collection. */
  private isEffect(type: ts.Type): boolean {
    return (
      this.has(type, "enter") && this.has(type, "description") && this.iteration(type) === null
    );
  }

  /** A fiber, a task, and what else can be awaited: a promise is of something that was begun. */
  private runs(type: ts.Type): boolean {
    return this.has(type, "halt") || this.hasThen(type);
  }

  /** Operations of ours declare a `then` that they may not have, so that `await` is refused. */
  private hasThen(type: ts.Type): boolean {
    return this.returned(type, "then").length > 0;
  }

  private has(type: ts.Type, name: string): boolean {
    return this.checker.getPropertyOfType(this.checker.getApparentType(type), name) !== undefined;
  }

  private iteration(type: ts.Type): Iteration | null {
    const { checker } = this;
    const method = checker
      .getPropertiesOfType(checker.getApparentType(type))
      .find(({ escapedName }) => String(escapedName).startsWith("__@iterator@"));
    if (method === undefined) return null;
    const iterators = checker
      .getTypeOfSymbol(method)
      .getCallSignatures()
      .map((one) => one.getReturnType());
    const steps = iterators.flatMap((iterator) => this.returned(iterator, "next")).flatMap(members);
    const found: Iteration = { yields: [], returns: [] };
    for (const step of steps) {
      const value = checker.getPropertyOfType(step, "value");
      const done = checker.getPropertyOfType(step, "done");
      if (value === undefined || done === undefined) continue;
      const last = checker.typeToString(checker.getTypeOfSymbol(done)) === "true";
      found[last ? "returns" : "yields"].push(...members(checker.getTypeOfSymbol(value)));
    }
    return found;
  }

  /** What a method returns, by each of its signatures; none: it does not have the method, or not always. */
  private returned(type: ts.Type, name: string): ts.Type[] {
    const { checker } = this;
    const method = checker.getPropertyOfType(checker.getApparentType(type), name);
    if (method === undefined) return [];
    return checker
      .getTypeOfSymbol(method)
      .getCallSignatures()
      .map((one) => one.getReturnType());
  }
}

function members(type: ts.Type): ts.Type[] {
  return type.isUnion() ? type.types : [type];
}
