/** Names that programs give (of options, parameters, modes, ...): what to say of one that there is not. */
import { shown } from "./show.js";

/** A longer list helps nobody who has misspelt a name. */
const LONG_LIST = 12;

/**
 * For the text of an error: the name, the one that was probably meant, and those that there are.
 *
 * @example
 * throw new TypeError(`serve has no option ${unknownName("gracee", ["name", "grace"])}`);
 * // serve has no option "gracee": did you mean "grace"? There are "name", "grace"
 */
export function unknownName(given: unknown, known: readonly string[]): string {
  const near = typeof given === "string" ? nearest(given, known) : undefined;
  const list = `here are ${known.map((name) => JSON.stringify(name)).join(", ")}`;
  if (near === undefined) return `${shown(given)}: t${list}`;
  const guess = `${shown(given)}: did you mean ${JSON.stringify(near)}?`;
  return known.length > LONG_LIST ? guess : `${guess} T${list}`;
}

/**
 * Options are an object, and a name that is not among `known` is misspelt, and would do nothing: TypeError.
 *
 * @example checkOptionNames("serve", { gracee: 5 }, ["name", "grace"]); // TypeError
 */
export function checkOptionNames(what: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new TypeError(`${what} takes options as an object, not ${shown(options)}`);
  for (const name of Object.keys(options))
    if (!known.includes(name))
      throw new TypeError(`${what} has no option ${unknownName(name, known)}`);
}

/** What a value has to be, in words and by test; and how errors show one that is not, where it may be a secret. */
export type Check = readonly [
  what: string,
  test: (value: unknown) => boolean,
  show?: (value: unknown) => string,
];

/**
 * TypeError for a value that is not what `check` wants. What is undefined is left out.
 *
 * @example mustBe(["a positive number of seconds", (value) => Number(value) > 0], "cache: ttl", -1); // TypeError
 */
export function mustBe([what, test, show = shown]: Check, name: string, value: unknown): void {
  if (value !== undefined && !test(value))
    throw new TypeError(`${name} must be ${what}, not ${show(value)}`);
}

/**
 * {@link checkOptionNames} and {@link mustBe} for each option.
 *
 * @param checks of each option that there is
 *
 * @example checkOptions("cache", { ttl: 60 }, { ttl: ["a number of seconds", (value) => typeof value === "number"] });
 */
export function checkOptions(
  what: string,
  options: unknown,
  checks: Readonly<Record<string, Check>>,
): void {
  checkOptionNames(what, options, Object.keys(checks));
  for (const [name, value] of Object.entries(options as object))
    mustBe(checks[name]!, `${what}: ${name}`, value);
}

/**
 * The one of `known` that was probably meant.
 *
 * @example console.log(nearest("sgnal", ["signal", "grace"])); // signal
 */
export function nearest(given: string, known: readonly string[]): string | undefined {
  const name = plain(given);
  // Nothing known is as long.
  if (name.length === 0 || name.length > 40) return undefined;
  let best: string | undefined;
  let least = Infinity;
  for (const each of known) {
    const other = plain(each);
    const steps = distance(name, other);
    // A third of the letters may be wrong, or a part be left out.
    const near = steps <= Math.max(name.length, other.length) / 3 || isPart(name, other);
    if (near && steps < least) [best, least] = [each, steps];
  }
  return best;
}

/** What people confuse: upper and lower case, and what stands between words. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[-_ *.]/g, "");
}

function isPart(one: string, other: string): boolean {
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  return short.length >= 4 && long.includes(short);
}

/** How many letters must be put in, left out, replaced, or swapped with their neighbour. (Damerau and Levenshtein) */
function distance(one: string, other: string): number {
  const rows = [Array.from({ length: other.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= one.length; i++) {
    const [row, above] = [[i], rows[i - 1]!];
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1];
      let steps = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1])
        steps = Math.min(steps, rows[i - 2]![j - 2]! + 1);
      row.push(steps);
    }
    rows.push(row);
  }
  return rows[one.length]![other.length]!;
}
