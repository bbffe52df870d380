/** The fields of a request, and of an answer. */
import process from "node:process";
import { headers as names } from "../headers/index.js";
import type { HttpHeaders, HttpRequest } from "./types.js";

type Known<T> = [T, undefined?] | [undefined, `invalid ${string}`];

/** Methods whose requests have no body unless they say so; those of the others say so if they have none. (RFC 9110, 8.6) */
const WITHOUT_BODY = new Set(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "CONNECT"]);

/** Those of `request` over the others, by their names in lower case; each character is a byte. Or which of them cannot be sent. */
export function fieldsOf(
  request: HttpRequest<string>,
  others: ReadonlyMap<string, string>,
): Known<ReadonlyMap<string, string>> {
  const fields = new Map(others);
  for (const [name, value] of Object.entries(request.headers ?? {}))
    if (value !== undefined) fields.set(name.toLowerCase(), String(value));
  for (const [name, value] of fields) {
    const bytes = Buffer.from(value).toString("latin1");
    if (!sendable(name, bytes)) return [undefined, `invalid header ${JSON.stringify(name)}`];
    fields.set(name, bytes);
  }
  return framed(request, fields);
}

/** Whether Node sends it: no line end, no control character. */
function sendable(name: string, value: string): boolean {
  const http = process.getBuiltinModule("node:http");
  try {
    http.validateHeaderName(name);
    http.validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}

/** How long the body is, in one way: two that differ are how requests are smuggled. */
function framed(
  { source, method }: HttpRequest<string>,
  fields: Map<string, string>,
): Known<ReadonlyMap<string, string>> {
  const length = fields.get("content-length");
  const coding = fields.get("transfer-encoding");
  if (length !== undefined && !/^\d{1,15}$/.test(length))
    return [undefined, 'invalid header "content-length": it is a number of bytes'];
  if (coding !== undefined && !/(?:^|[,\s])chunked\s*$/i.test(coding))
    return [undefined, 'invalid header "transfer-encoding": the last of its codings is "chunked"'];
  if (length !== undefined && coding !== undefined)
    return [undefined, 'invalid header "transfer-encoding": there is a "content-length", too'];
  if (length === undefined && coding === undefined) {
    if (source !== undefined) fields.set("transfer-encoding", "chunked");
    else if (!WITHOUT_BODY.has((method || "GET").toUpperCase())) fields.set("content-length", "0");
  }
  return [fields];
}

/** As they are written: names as is customary, and values, in turns. */
export function written(fields: ReadonlyMap<string, string>): string[] {
  return [...fields].flatMap(([name, value]) => [names.canonic[name] ?? name, value]);
}

/** Those of an answer, as LuaSocket has them. @param raw names and values in turns, each character a byte */
export function received(raw: readonly string[]): HttpHeaders {
  const fields = Object.create(null) as HttpHeaders;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    const value = textOf(raw[i + 1]!);
    fields[name] = name in fields ? `${fields[name]!}, ${value}` : value;
  }
  return fields;
}

/** Bytes as UTF-8, without CR: as lines are received. */
export function textOf(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString().replaceAll("\r", "");
}
