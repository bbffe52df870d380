/** Filters, by their names. */
import { shown, unknownName } from "../../reactor/index.js";
import { type Filter, filter } from "../ltn12/index.js";
import { b64, unb64 } from "./base64.js";
import { wrp } from "./lines.js";
import { qp, qpwrp, unqp } from "./quoted-printable.js";

/** What makes filters, by their names. */
export interface FilterTable {
  [name: string]: (option?: never) => Filter;
}

/** @see mime.encodet */
export const encodet: FilterTable = {
  base64: (): Filter => filter.cycle(b64, ""),
  "quoted-printable": (mode?: string): Filter =>
    filter.cycle(qp, "", mode === "binary" ? "=0D=0A" : "\r\n"),
};

/** @see mime.decodet */
export const decodet: FilterTable = {
  base64: (): Filter => filter.cycle(unb64, ""),
  "quoted-printable": (): Filter => filter.cycle(unqp, ""),
};

function text(length = 76): Filter {
  if (!Number.isInteger(length))
    throw new TypeError(`mime.wrap takes a length in bytes, not ${shown(length)}`);
  return filter.cycle(wrp, length, length);
}

/** @see mime.wrapt */
export const wrapt: FilterTable = {
  text,
  base64: text,
  default: text,
  "quoted-printable": (): Filter => filter.cycle(qpwrp, 76, 76),
};

/** LuaSocket's `choose`: whoever gives no name means the default one. */
export function choose(what: string, table: FilterTable, name: unknown, option: unknown): Filter {
  const [key, given] = typeof name === "string" ? [name, option] : ["default", name];
  if (!Object.hasOwn(table, key))
    throw new TypeError(
      `${what}: unknown key (${shown(key)}): there is none ${unknownName(key, Object.keys(table))}`,
    );
  return table[key]!(given as never);
}
