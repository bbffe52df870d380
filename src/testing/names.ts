/**
 * Names of what may go wrong: each names one opportunity in every run of a seed, and can stand in COSOCKET_REPLAY, between spaces
 * and within quotes of a shell.
 */

/** What separates names, or their parts, or means something to a shell. */
const SPECIAL = /[\s\p{C}%'"`\\!$<>#@,]/gu;

/** A host, a path, ... as a part of a name. Different texts stay different. */
export function word(text: string): string {
  return text.replaceAll(SPECIAL, (char) => `%${char.codePointAt(0)!.toString(16)};`);
}

/** All that is late, as one: of many small delays it is often only the sum that matters. */
export const ALL_LATENCY = "latency:*";

/** Under which a host is known: names differ neither by case nor by a final dot. (RFC 4343) */
export function hostKey(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

/** Two hosts, whichever is said first. */
export function pairName(a: string, b: string): string {
  const [first, second] = a < b ? [a, b] : [b, a];
  return `${word(first)}<>${word(second)}`;
}

/** Counts what happens again and again in the same place, and needs a name each time. */
export class Numbering {
  private readonly last = new Map<string, number>();

  /** From 1, for each `place`. */
  next(place: string): number {
    const number = (this.last.get(place) ?? 0) + 1;
    this.last.set(place, number);
    return number;
  }
}
