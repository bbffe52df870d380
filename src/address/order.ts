import type { Address } from "../network/index.js";

/**
 * The order in which addresses are tried: the families take turns, beginning with that of the first, each in the resolver's
 * order. (RFC 8305, section 4, with a First Address Family Count of 1)
 */
export function interleaved(addresses: readonly Address[]): Address[] {
  const first = addresses.filter(({ family }) => family === addresses[0]!.family);
  const others = addresses.filter(({ family }) => family !== addresses[0]!.family);
  const turns = Math.max(first.length, others.length);
  return Array.from({ length: turns }, (_, i) => [first[i], others[i]])
    .flat()
    .filter((address) => address !== undefined);
}
