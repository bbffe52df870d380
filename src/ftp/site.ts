/** Where a file is: a URL, or parts of one. What is wrong with it may have come from outside, and is thrown as a SocketException. */
import { portNumber } from "../address/index.js";
import { socket } from "../socket.js";
import { type ParsedUrl, url } from "../url/index.js";
import { PORT } from "./settings.js";
import type { Site } from "./types.js";

/** With the parts of its URL, where it says nothing else. */
export function override<S extends Site>(site: S): S {
  if (site.url === undefined) return site;
  const said = Object.entries(site).filter(([, value]) => value !== undefined);
  return { ...socket.try(url.parse(site.url)), ...Object.fromEntries(said) } as S;
}

/** @see ftp.genericform */
export function genericform(address: string): ParsedUrl & { type?: string } {
  const form = socket.try(url.parse(address, { path: "/", scheme: "ftp" }));
  if (form.scheme !== "ftp") return socket.try([undefined, `wrong scheme '${form.scheme}'`]);
  if (!form.host) return socket.try([undefined, "missing hostname"]);
  if (form.params === undefined) return form;
  const type = /^type=(.)$/.exec(form.params)?.[1] ?? form.params;
  if (type !== "a" && type !== "i") return socket.try([undefined, `invalid type '${type}'`]);
  return { ...form, type };
}

/** Of a URL it is text, and may be anything. */
export function portOf(port: string | number = PORT): number {
  if (port === "") return PORT;
  if (typeof port === "string" && !(/^\d+$/.test(port) && Number(port) <= 65535))
    return socket.try([undefined, "service not supported for socket type"]);
  return portNumber(port, "ftp");
}
