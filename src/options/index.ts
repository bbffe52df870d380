/** The table of the objects' options, and what those of each domain do. */
import { unknownName } from "../../reactor/index.js";
import {
  errorWord,
  fail,
  type OptionAccess,
  type OptionValue,
  type Result,
} from "../object/index.js";
import type { Objects } from "./objects.js";
import type { Kind, Option, Row } from "./row.js";
import { OPTIONS as TABLE } from "./table.js";
import { Unsupported } from "./values.js";

export type { Kind } from "./row.js";
export type { CommonOptions, OptionsOf, SettingsOf } from "./types.js";
export type { Membership } from "./values.js";

/** Line by line. */
export const OPTIONS: readonly Row[] = TABLE;

/** The options of one object. */
export class NamedOptions<K extends Kind> implements OptionAccess {
  constructor(
    private readonly kind: K,
    private readonly object: Objects[K],
  ) {}

  /** Without a value it is true, as in Lua code that just names an option. */
  set(name: string, value: unknown = true): Result<1> {
    const { set, works } = this.find("setoption", name);
    if (set === undefined || works?.() === false) return fail("option not supported by Node");
    return answer("setoption", () => {
      set(this.object, value, name);
      return 1;
    });
  }

  get(name: string): Result<OptionValue> {
    const { get, works } = this.find("getoption", name);
    if (get === undefined || works?.() === false) return fail("option not supported by Node");
    return this.object.closed ? fail("closed") : answer("getoption", () => get(this.object));
  }

  private find(what: string, name: string): Option<Objects[K]> {
    const { kind } = this;
    const row = OPTIONS.find((option) => option.name === name);
    const option: Option<Objects[K]> | undefined = row?.in[kind];
    if (option !== undefined) return option;
    const names = OPTIONS.filter((option) => option.in[kind] !== undefined).map(({ name }) => name);
    throw new TypeError(
      `${what} of a ${kind} object: unsupported option ${unknownName(name, names)}`,
    );
  }
}

/** What the system refuses is an answer; what the caller got wrong is a bug. */
function answer<T>(operation: string, ask: () => T): Result<T> {
  try {
    return [ask()];
  } catch (error) {
    if (error instanceof Unsupported) return fail("option not supported by Node");
    if (error instanceof TypeError || error instanceof RangeError) throw error;
    return fail(errorWord(error as Error), { operation, cause: error as Error });
  }
}
export { DEFAULT_TCP_OPTIONS, type Optioned, type TcpOptions } from "./tcp.js";
export { Settings } from "./udp.js";
