/** Names and values of options, for the compiler. */
import type { Kind, Row } from "./row.js";
import type { OPTIONS } from "./table.js";

type Rows = (typeof OPTIONS)[number];

/** The options of a kind of object ("tcp", "unix", "udp", "stream"): what getoption gives for each name. See docs/options.md. */
export type OptionsOf<K extends Kind> = {
  [
    R in Rows as R extends Row<string, infer Of, unknown>
      ? K extends Of
        ? R["name"]
        : never
      : never
  ]: R extends Row<string, Kind, infer Given> ? Given : never;
};

/** What setoption takes for each name. (What may hold nothing is only for getoption.) */
export type SettingsOf<K extends Kind> = {
  [N in keyof OptionsOf<K> as undefined extends OptionsOf<K>[N] ? never : N]: OptionsOf<K>[N];
};

/** What setoption takes after a name; true need not be said. */
export type Setting<K extends Kind, N extends keyof SettingsOf<K>> = true extends SettingsOf<K>[N]
  ? [value?: SettingsOf<K>[N]]
  : [value: SettingsOf<K>[N]];
