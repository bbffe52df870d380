/** What `inspect` is given, checked. */
import { randomBytes } from "node:crypto";
import { type Check, checkOptions } from "../../../reactor/index.js";
import { isIP } from "../../network/index.js";
import type { TlsContext, TlsParams } from "../../tls/index.js";

/** Options of `inspect`. TypeError for others, at the call. */
export interface InspectOptions {
  /** Port of the page; 0: any that is free. Default: there is no page, and the terminal alone can look. */
  port?: number;
  /** Address to listen at. Default "127.0.0.1": who is at this machine. */
  host?: string;
  /**
   * What a browser has to show, 16 characters or more. Default: for loopback addresses none; otherwise one is made, and is in the `url`.
   */
  token?: string;
  /** Names under which a browser may ask for the page, beside addresses and "localhost": those of a proxy in front of it, say. */
  hosts?: readonly string[];
  /** Encrypt: parameters of dohandshake, or a context, as `serve` takes them. */
  tls?: TlsParams | TlsContext;
}

/** With defaults. */
export interface Settings {
  port: number | null;
  host: string;
  token: string | null;
  hosts: readonly string[];
  tls: TlsParams | TlsContext | undefined;
}

const LEAST_TOKEN = 16;

/** What each option has to be, in words and by test. */
const OPTIONS: Readonly<Record<string, Check>> = {
  port: [
    "a port, 0 to 65535",
    (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65535,
  ],
  host: ["an address or a name", (value) => typeof value === "string" && value !== ""],
  token: [
    `a string of ${LEAST_TOKEN} letters, digits, "-", "_" or more`,
    (value) => typeof value === "string" && /^[\w-]{16,}$/.test(value),
    () => "another",
  ],
  hosts: [
    "an array of names",
    (value) => Array.isArray(value) && value.every((name) => typeof name === "string"),
  ],
  tls: [
    "parameters of dohandshake, or a context",
    (value) => typeof value === "object" && value !== null,
  ],
};

export function checkInspect(options: InspectOptions): Settings {
  checkOptions("inspect", options, OPTIONS);
  const { port = null, host = "127.0.0.1", hosts = [], tls } = options;
  const { token = isLoopback(host) ? null : randomBytes(24).toString("base64url") } = options;
  return { port, host, token, hosts: hosts.map((name) => name.toLowerCase()), tls };
}

function isLoopback(host: string): boolean {
  if (host.toLowerCase() === "localhost" || host === "::1") return true;
  return isIP(host) === 4 && host.startsWith("127.");
}
