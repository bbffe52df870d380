/** Where data connections go, in commands and replies. (RFC 959, 4.1.2; RFC 2428) */

/** The port of "227 Entering Passive Mode (127,0,0,1,200,13)"; undefined if it tells none. */
export function pasvPort(reply: string): number | undefined {
  const numbers = /(\d+)\D(\d+)\D(\d+)\D(\d+)\D(\d+)\D(\d+)/.exec(reply)?.slice(1).map(Number);
  if (numbers === undefined || numbers.some((byte) => byte > 255)) return undefined;
  return usable(numbers[4]! * 256 + numbers[5]!);
}

/** The port of "229 Entering Extended Passive Mode (|||6446|)"; undefined if it tells none. */
export function epsvPort(reply: string): number | undefined {
  const port = /\((.)(.*?)\1(.*?)\1(.*?)\1\)/s.exec(reply)?.[4] ?? "";
  return /^\d{1,5}$/.test(port) ? usable(Number(port)) : undefined;
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
