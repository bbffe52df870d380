/** CRC-32C (Castagnoli), which zlib does not have. (RFC 3720, B.4) */
const POLYNOMIAL = 0x82f63b78;

/** Of each byte. Made when it is first needed: no program is to wait for it as it starts. */
let table: Uint32Array | null = null;

function made(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    return crc;
  });
}

export function crc32c(bytes: Uint8Array): number {
  table ??= made();
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
