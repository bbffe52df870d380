/** Mails that two have made. */
import { expect } from "chai";

/** Fields have no order in Lua, and boundaries are made up. */
export function comparable(text: string): string {
  const boundaries = [...text.matchAll(/boundary="([^"]+)"/g)].map(([, boundary]) => boundary!);
  expect(new Set(boundaries).size).to.equal(boundaries.length);
  for (const [i, boundary] of boundaries.entries())
    text = text.replaceAll(boundary, `boundary ${i}`);
  return text.replace(/(?:[!-9;-~]+: (?:.*\r\n)(?: .*\r\n)*)+(?=\r\n)/g, (fields) =>
    fields
      .split(/\r\n(?! )/)
      .sort()
      .join("\r\n"),
  );
}
