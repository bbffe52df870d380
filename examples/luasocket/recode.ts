/**
 * node dist/examples/luasocket/recode.js <encoding> [<file> ...]
 *
 * Writes what it reads, in another encoding: b64, qp, unb64, unqp, crlf or lf. Of the files, one after the other, or of stdin. The port of
 * recode.lua, line for line.
 */
import { createReadStream } from "node:fs";
import { run } from "cosocket";
import { type Filter, ltn12, type Source } from "cosocket/ltn12";
import { mime } from "cosocket/mime";

const filters = new Map<string | undefined, () => Filter>([
  ["b64", () => ltn12.filter.chain(mime.encode("base64"), mime.wrap("base64"))],
  ["unb64", () => mime.decode("base64")],
  [
    "qp",
    () =>
      ltn12.filter.chain(
        mime.normalize(),
        mime.encode("quoted-printable"),
        mime.wrap("quoted-printable"),
      ),
  ],
  ["unqp", () => mime.decode("quoted-printable")],
  ["crlf", () => mime.normalize("\r\n")],
  ["lf", () => mime.normalize("\n")],
]);

const [encoding, ...files] = process.argv.slice(2);
const make = filters.get(encoding);
if (make === undefined) {
  console.error("usage: recode.js b64|unb64|qp|unqp|crlf|lf [<file> ...]");
  process.exit(2);
}

await run(function* () {
  const sources: Source[] = files.map((file) => ltn12.source.file(createReadStream(file)));
  if (sources.length === 0) sources.push(ltn12.source.file(process.stdin));

  const source = ltn12.source.chain(ltn12.source.cat(...sources), make());
  const [, err] = yield* ltn12.pump.all(source, ltn12.sink.file(process.stdout));
  if (err) {
    console.error("recode:", err);
    process.exitCode = 1;
  }
});
