/** Where data connections go, in commands and replies. (RFC 959, 4.1.2; RFC 2428) */

// The server may have written anything, as long as a reply may be: none of the patterns goes back over more than a few characters.
const NUMBER = "(?<!\\d)(\\d{1,3})(?!\\d)";
const SIX = new RegExp(Array(6).fill(NUMBER).join("\\D"));
const BETWEEN_DELIMITERS = /\(([!-~])(?:(?!\1).)*\1(?:(?!\1).)*\1(\d{1,5})\1\)/s;

/** The port of "227 Entering Passive Mode (127,0,0,1,200,13)"; undefined if it tells none. */
export function pasvPort(reply: string): number | undefined {
  const numbers = SIX.exec(reply.slice("227".length))?.slice(1).map(Number);
  if (numbers === undefined || numbers.some((byte) => byte > 255)) return undefined;
  return usable(numbers[4]! * 256 + numbers[5]!);
}

/** The port of "229 Entering Extended Passive Mode (|||6446|)"; undefined if it tells none. */
export function epsvPort(reply: string): number | undefined {
  const port = BETWEEN_DELIMITERS.exec(reply)?.[2];
  return port === undefined ? undefined : usable(Number(port));
}

function usable(port: number): number | undefined {
  return port >= 1 && port <= 65535 ? port : undefined;
}

/** What PORT tells: "127,0,0,1,200,13". */
export function portArgument(address: string, port: number): string {
  return [...address.split("."), port >> 8, port & 255].join(",");
}

/** What EPRT tells: "|2|::1|6446|". */
export function eprtArgument(family: number | string, address: string, port: number): string {
  return `|${family}|${address}|${port}|`;
}
