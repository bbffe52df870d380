/** Names and values of options, for the compiler. */
import type { Settable } from "../object/index.js";
import type { Kind, Row } from "./row.js";
import type { OPTIONS } from "./table.js";

type Rows = (typeof OPTIONS)[number];

/** The options of a kind of object ("tcp", "unix", "udp", "stream"), or of all of several kinds: what getoption gives for each name. See docs/options.md. */
export type OptionsOf<K extends Kind> = {
  [
    R in Rows as R extends Row<string, infer Of, unknown>
      ? [K] extends [Of]
        ? R["name"]
        : never
      : never
  ]: R extends Row<string, Kind, infer Given> ? Given : never;
};

/** What setoption takes for each name. */
export type SettingsOf<K extends Kind> = Settable<OptionsOf<K>>;

/** The options that all streams have. (Written so that the compiler compares it name by name.) */
export type CommonOptions = Pick<OptionsOf<"tcp">, keyof OptionsOf<"tcp" | "unix" | "stream">>;
