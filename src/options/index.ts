/** The table of the objects' options, and what those of each domain do. */
import { unknownName } from "../../reactor/index.js";
import { errorWord, fail, type Result } from "../object/index.js";
import type { Objects } from "./objects.js";
import type { Kind, Option, Row } from "./row.js";
import { OPTIONS as TABLE } from "./table.js";
import { Unsupported, type OptionValue } from "./values.js";

export type { Kind } from "./row.js";
export type { OptionsOf, Setting, SettingsOf } from "./types.js";
export type { Linger, Membership, OptionValue } from "./values.js";

/** Line by line. */
export const OPTIONS: readonly Row[] = TABLE;

/** A name of an option that is only known when the program runs: string, or a template with a string in it. Others are never. */
export type Dynamic<N extends string> = Record<never, never> extends Record<N, unknown> ? N : never;

function find<K extends Kind>(what: string, kind: K, name: string): Option<Objects[K]> {
  const row = OPTIONS.find((option) => option.name === name);
  const option: Option<Objects[K]> | undefined = row?.in[kind];
  if (option !== undefined) return option;
  const names = OPTIONS.filter((option) => option.in[kind] !== undefined).map(({ name }) => name);
  throw new TypeError(
    `${what} of a ${kind} object: unsupported option ${unknownName(name, names)}`,
  );
}

/** Without a value it is true, as in Lua code that just names an option. */
export function setOption<K extends Kind>(
  object: Objects[K],
  kind: K,
  name: string,
  value: unknown = true,
): Result<1> {
  const { set, works } = find("setoption", kind, name);
  if (set === undefined || works?.() === false) return fail("option not supported by Node");
  return answer(() => {
    set(object, value, name);
    return 1;
  });
}

export function getOption<K extends Kind>(
  object: Objects[K],
  kind: K,
  name: string,
): Result<OptionValue> {
  const { get, works } = find("getoption", kind, name);
  if (get === undefined || works?.() === false) return fail("option not supported by Node");
  return object.closed ? fail("closed") : answer(() => get(object));
}

/** What the system refuses is an answer; what the caller got wrong is a bug. */
function answer<T>(ask: () => T): Result<T> {
  try {
    return [ask()];
  } catch (error) {
    if (error instanceof Unsupported) return fail("option not supported by Node");
    if (error instanceof TypeError || error instanceof RangeError) throw error;
    return fail(errorWord(error as Error));
  }
}
export type { Sending } from "./sending.js";
export { DEFAULT_TCP_OPTIONS, type Optioned, type TcpOptions } from "./tcp.js";
export { Settings } from "./udp.js";
