/** What a line of the table of options is. */
import type { OptionValue } from "../object/index.js";
import type { Objects } from "./objects.js";
import { type Check, refused } from "./values.js";

/** What an option does on one kind of object. What is absent, Node has no way to do. */
export interface Option<Object, Value = unknown> {
  get?: (object: Object) => OptionValue;
  set?: (object: Object, value: Value, name: string) => void;
  /** Whether it works with this Node, on this system; absent: always. */
  works?: () => boolean;
}

/** The kinds of objects that options are of: "tcp", "unix", "udp", "stream". */
export type Kind = keyof Objects;

/** What it does on each kind of object that has it. */
type Where<K extends Kind, Value> = { [P in K]: Option<Objects[P], Value> };

export interface Row<Name extends string = string, K extends Kind = Kind, Given = unknown> {
  name: Name;
  /** The value, and what it does, in words for the documentation. */
  value: string;
  does: string;
  /** LuaSocket has it, too. */
  luasocket: boolean;
  in: Partial<Where<Kind, unknown>>;
  /** For the compiler only. */
  readonly of?: K;
  readonly given?: Given;
}

export function row<const Name extends string, Value, Given, K extends Kind>(
  name: Name,
  value: string,
  does: string,
  check: Check<Value, Given>,
  where: Where<K, Value>,
  luasocket = true,
): Row<Name, K, Given> {
  const { tcp, unix, udp, stream } = where as Partial<Where<Kind, Value>>;
  return {
    name,
    value,
    does,
    luasocket,
    in: {
      ...(tcp && { tcp: checked(tcp, check) }),
      ...(unix && { unix: checked(unix, check) }),
      ...(udp && { udp: checked(udp, check) }),
      ...(stream && { stream: checked(stream, check) }),
    },
  };
}

/** As LuaSocket: a value of the wrong kind is a bug also where the object is closed. */
function checked<Object extends { readonly closed: boolean }, Value>(
  { set, ...option }: Option<Object, Value>,
  check: (value: unknown, name: string) => Value,
): Option<Object> {
  if (set === undefined) return option;
  return {
    ...option,
    set: (object, value, name) => {
      const wanted = check(value, name);
      if (object.closed) throw refused("ERR_SOCKET_CLOSED");
      set(object, wanted, name);
    },
  };
}
