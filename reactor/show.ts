/**
 * Values in words: what the text of an error says of what was given, and what this package's own objects say of themselves. Always
 * short, and never what is inside of something: that may be long, or a secret. Only what was thrown ({@link textOf}) is shown whole.
 */
import { inspect } from "node:util";

/** For `console.log`. */
export const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** How much of a text is shown. */
const LONGEST = 60;
const MOST_KEYS = 4;

/**
 * Let objects be the one line of their `toString` wherever they are printed: by `console.log`, by `util.inspect`, and in JSON (unless
 * they have a `toJSON` of their own). What they are made of is the engine's.
 *
 * @param object the prototype of a class, or an object alone
 *
 * @example
 * class Point {
 *   constructor(readonly x: number) {}
 *   toString(): string {
 *     return `point ${this.x}`;
 *   }
 *   static {
 *     oneLine(this.prototype);
 *   }
 * }
 */
export function oneLine(object: { toString(): string }): void {
  const value = line;
  Object.defineProperty(object, INSPECT, { value, configurable: true, writable: true });
  if (!Object.hasOwn(object, "toJSON"))
    Object.defineProperty(object, "toJSON", { value, configurable: true, writable: true });
}

function line(this: object): string {
  return String(this);
}

/** Whether it is an object that {@link oneLine} has looked after. */
function isOurs(value: unknown): boolean {
  const own = (typeof value === "object" && value !== null) || typeof value === "function";
  return own && (value as { [INSPECT]?: unknown })[INSPECT] === line;
}

/**
 * What was given, for the text of an error: never throws, whatever it is.
 *
 * @example throw new TypeError(`sleep takes a number, not ${shown("soon")}`);
 */
export function shown(value: unknown): string {
  try {
    if (isOurs(value)) return String(value);
    return inWords(value);
  } catch {
    return "something that cannot be shown";
  }
}

const THROWN = { depth: 3, breakLength: Infinity, maxStringLength: 1000 };

/** How much of a name, or of what is waited for, is told: both may be put together by a program from whatever it has. */
const MOST_TOLD = 500;

/**
 * A name, or what is waited for in words, as tools are told of it: a string, whatever it is, and no longer than they can use.
 *
 * @example console.log(told("x".repeat(1e6)).length); // 503
 */
export function told(text: unknown): string {
  const whole = typeof text === "string" ? text : shown(text);
  if (whole.length <= MOST_TOLD) return whole;
  return `${whole.slice(0, endOf(whole, MOST_TOLD))}...`;
}

/**
 * What was thrown, as text: never throws, whatever it is. What has a text of its own (an Error, a string, an object with `toString`)
 * is that; of anything else it is what it is made of, as `console.log` shows it: it was thrown to say what is wrong.
 *
 * @example console.error(textOf({ code: 5 }));
 */
export function textOf(thrown: unknown): string {
  try {
    const bare = Array.isArray(thrown) || typeof thrown === "function";
    const text = bare ? "[object " : String(thrown);
    if (!text.startsWith("[object ")) return text;
  } catch {
    // Neither has this.
  }
  try {
    return inspect(thrown, THROWN);
  } catch {
    return shown(thrown);
  }
}

/**
 * What was thrown, or was told as an error, as an Error that can be read: itself, or, where programs have thrown or told anything else, one
 * that has its text, and it as its cause.
 *
 * @example console.error(asError("on fire").message); // on fire
 */
export function asError(thrown: unknown): Error {
  try {
    if (thrown instanceof Error && isReadable(thrown)) return thrown;
  } catch {
    // A getter of its own, or a Proxy.
  }
  return new Error(textOf(thrown), { cause: thrown });
}

function isReadable({ name, message, code = "" }: Error & { code?: unknown }): boolean {
  return (
    [name, message].every((text) => typeof text === "string") &&
    Object(code) !== code &&
    typeof code !== "symbol"
  );
}

/**
 * What was thrown, as who may see no text of the program's is told of it: the class of an error, which stands in the program's source. Its message and
 * its `name` may be anything.
 *
 * @example console.log(kindOf(new TypeError("no such user: ada"))); // TypeError
 */
export function kindOf(thrown: unknown): string {
  try {
    if (!(thrown instanceof Error)) return "error";
    const { name } = thrown.constructor;
    return typeof name === "string" && name !== "" ? name : "error";
  } catch {
    // A getter of its own, or a Proxy.
    return "error";
  }
}

function inWords(value: unknown): string {
  switch (typeof value) {
    case "string":
      return quoted(value);
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "bigint":
      return `${cut(String(value))}n`;
    case "symbol":
      return cut(String(value));
    case "function":
      return functionInWords(value);
    case "object":
      return value === null ? "null" : objectInWords(value);
    default:
      return String(value);
  }
}

function cut(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}...`;
}

function quoted(text: string): string {
  if (text.length <= LONGEST) return JSON.stringify(text);
  return `${JSON.stringify(text.slice(0, endOf(text, LONGEST)))}... (${text.length} characters)`;
}

/** Where a longer text is cut: half of a pair would be no character. */
function endOf(text: string, longest: number): number {
  return /[\ud800-\udbff]/.test(text[longest - 1]!) ? longest - 1 : longest;
}

/** Functions by name, as they are written. */
function functionInWords(fn: { readonly name?: unknown }): string {
  const kind = Object.prototype.toString.call(fn);
  const name = typeof fn.name === "string" ? cut(fn.name) : "";
  if (Function.prototype.toString.call(fn).startsWith("class")) return `class ${name}`.trim();
  const word = kind.startsWith("[object Async") ? "async function" : "function";
  const star = kind.endsWith("GeneratorFunction]") ? "*" : "";
  if (name === "") return `${word === "function" ? "a" : "an"} ${word}${star}`;
  return `${word}${star} ${name}`;
}

/** Objects by kind. */
function objectInWords(value: object): string {
  if (Array.isArray(value)) return arrayInWords(value);
  if (ArrayBuffer.isView(value)) return `${nameOf(value)} of ${value.byteLength} bytes`;
  if (typeof (value as { then?: unknown }).then === "function") return "a promise";
  const tag = Object.prototype.toString.call(value);
  if (tag === "[object AsyncGenerator]") return "an async generator";
  if (tag === "[object Generator]")
    return "a generator, which calling a generator function gives: pass the function itself, or write `yield*` before the call";
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return nameOf(value);
  const keys = Object.keys(value).map(cut);
  const more = keys.length > MOST_KEYS ? [...keys.slice(0, MOST_KEYS), "..."] : keys;
  return keys.length === 0 ? "an empty object" : `an object { ${more.join(", ")} }`;
}

/** Most arrays that come where they should not are results. */
function arrayInWords(list: readonly unknown[]): string {
  const [first, second] = list;
  if (first === undefined && typeof second === "string" && list.length <= 3)
    return `a result that is the error ${quoted(second)}: look at it first, as in const [value, err] = yield* ...`;
  if (isOurs(first) && list.length <= 3)
    return `a result, with ${String(first)} in it: take it apart, as in const [value, err] = yield* ...`;
  if (list.length === 0) return "an empty array";
  const short = list.length <= 3 && list.every((item) => Object(item) !== item);
  return short ? `[${list.map(shown).join(", ")}]` : `an array of ${list.length}`;
}

function nameOf(value: object): string {
  const { constructor } = value as { constructor?: { name?: unknown } };
  const name = typeof constructor?.name === "string" ? cut(constructor.name) : "";
  if (name === "") return "an object";
  return `${/^[AEIO]/i.test(name) ? "an" : "a"} ${name}`;
}
