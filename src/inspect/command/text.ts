/** Texts in columns of a terminal. */
import { plain } from "../view/format.js";

/** Characters that take two columns: of East Asia, and pictures. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
/** Those that take none. */
const NONE = /\p{Mn}|\p{Me}|\p{Cf}/u;

function columns(character: string): number {
  if (NONE.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** As many columns as `width`, filled or cut; nothing in it that a terminal would obey. */
export function fit(text: string, width: number, right = false): string {
  let fitted = "";
  let used = 0;
  for (const character of plain(text)) {
    const more = columns(character);
    if (used + more > width) {
      // The last one gives way to a mark that there is more.
      const cut = [...fitted];
      while (used > width - 1 && cut.length > 0) used -= columns(cut.pop()!);
      return width < 1 ? "" : `${cut.join("")}\u2026${" ".repeat(Math.max(width - 1 - used, 0))}`;
    }
    fitted += character;
    used += more;
  }
  const space = " ".repeat(width - used);
  return right ? space + fitted : fitted + space;
}

export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  inverse(text: string): string;
  warning(text: string): string;
}

const sgr =
  (on: number, off: number) =>
  (text: string): string =>
    `\u001b[${on}m${text}\u001b[${off}m`;
const same = (text: string): string => text;

/** https://no-color.org: what stands out does so without colours. */
export function styleFor(env: NodeJS.ProcessEnv): Style {
  const coloured = env["NO_COLOR"] === undefined || env["NO_COLOR"] === "";
  return {
    bold: sgr(1, 22),
    dim: sgr(2, 22),
    inverse: sgr(7, 27),
    warning: coloured ? sgr(33, 39) : same,
  };
}
