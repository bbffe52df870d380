import { errorWord } from "../errors.js";
import { fail, type Result } from "../result.js";
import { OPTIONS, type Kind, type Objects, type Option } from "./table.js";
import type { OptionValue } from "./values.js";

export { OPTIONS } from "./table.js";
export type { Linger, Membership, OptionValue } from "./values.js";

function find<K extends Kind>(kind: K, name: string): Option<Objects[K]> {
  const row = OPTIONS.find((option) => option.name === name);
  const option: Option<Objects[K]> | undefined = row?.in[kind];
  if (option !== undefined) return option;
  const names = OPTIONS.filter((option) => option.in[kind] !== undefined).map(({ name }) => name);
  throw new TypeError(
    `unsupported option ${JSON.stringify(name)}: a ${kind} object has ${names.join(", ")}`,
  );
}

/** Without a value it is true, as in Lua code that just names an option. */
export function setOption<K extends Kind>(
  object: Objects[K],
  kind: K,
  name: string,
  value: unknown = true,
): Result<1> {
  const { set, when } = find(kind, name);
  if (set === undefined || when?.(value) === false) return fail("option not supported by Node");
  try {
    set(object, value, name);
  } catch (error) {
    // What the system refuses is an answer; what the caller got wrong is a bug.
    if (error instanceof TypeError || error instanceof RangeError) throw error;
    return fail(errorWord(error as Error));
  }
  return [1];
}

export function getOption<K extends Kind>(
  object: Objects[K],
  kind: K,
  name: string,
): Result<OptionValue> {
  const { get, when } = find(kind, name);
  if (get === undefined || when?.(true) === false) return fail("option not supported by Node");
  return [get(object)];
}
