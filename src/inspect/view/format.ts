/** Values as people read them, in a page and in a terminal. */

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** Seconds, short: "0.4 ms", "12 ms", "4.2 s", "3 min 05 s", "2 h 10 min", "3 d 04 h". "" for what is not known. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return "";
  const s = Math.max(seconds, 0);
  if (s < 0.00995) return `${(s * 1000).toFixed(1)} ms`;
  if (s < 0.9995) return `${Math.round(s * 1000)} ms`;
  if (s < 9.95) return `${s.toFixed(1)} s`;
  if (s < MINUTE - 0.5) return `${Math.round(s)} s`;
  if (s < HOUR) return parts(s, MINUTE, "min", 1, "s");
  return s < DAY ? parts(s, HOUR, "h", MINUTE, "min") : parts(s, DAY, "d", HOUR, "h");
}

function parts(s: number, unit: number, word: string, less: number, lesser: string): string {
  const all = Math.round(s / less);
  const rest = String(all % (unit / less)).padStart(2, "0");
  return `${Math.floor(all / (unit / less))} ${word} ${rest} ${lesser}`;
}

/** "512 B", "1.2 kB", "340 MB": thousands, as disks and networks are measured. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  let unit = -1;
  let value = bytes;
  do {
    value /= 1000;
    unit++;
  } while (value >= 999.5 && unit < 4);
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${["kB", "MB", "GB", "TB", "PB"][unit]}`;
}

/** "12", "4.1 k", "2.3 M" */
export function count(number: number): string {
  if (number < 1000) return String(Math.round(number * 10) / 10);
  return size(number).replace("kB", "k").replace("B", "");
}

/** Control characters, ends of lines, and what changes the direction of writing. */
const OBEYED =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** One line without what a terminal would obey: names may come from anybody. */
export function plain(text: string): string {
  return text.replace(OBEYED, "\u00b7");
}

/** Levels that are indented: deeper ones are numbered. */
const MOST_INDENTED = 40;

/** What stands before a line of a tree. */
export function indentOf(depth: number): string {
  return depth <= MOST_INDENTED
    ? "  ".repeat(depth)
    : `${"  ".repeat(MOST_INDENTED)}(level ${depth}) `;
}
