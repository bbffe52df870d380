/**
 * npm run example:mirror -- ftp://[<user>:<password>@]<host>[:<port>]/<folder> <local folder>
 *
 * Gets all files of a folder of an FTP server, and of the folders in it, over one connection. A file has its name when it is whole. The port of
 * mirror.lua, line for line.
 */
import { createWriteStream, mkdirSync, renameSync } from "node:fs";
import type { Operation } from "effection";
import { type Data, run, socket } from "cosocket";
import { type Ftp, ftp } from "cosocket/ftp";
import { ltn12 } from "cosocket/ltn12";
import { url } from "cosocket/url";

interface Entry {
  kind: string;
  name: string;
}

// of each line that the server says of a folder: "d" for a folder, "-" for a file; and its name
const LINE = /^([d-])\S+ +\d+ +\S+ +\S+ +\d+ +\S+ +\S+ +\S+ (.+)$/;

function* list(f: Ftp, folder: string): Operation<Entry[]> {
  const pieces: Buffer[] = [];
  yield* f.epsv();
  yield* f.receive({ command: "list", argument: folder, sink: ltn12.sink.table(pieces) });
  const entries: Entry[] = [];
  for (const line of Buffer.concat(pieces)
    .toString()
    .match(/[^\r\n]+/g) ?? []) {
    const [, kind, name] = LINE.exec(line) ?? [];
    // a name that leads elsewhere is not taken
    if (kind && name && name !== "." && name !== ".." && !name.includes("/")) {
      entries.push({ kind, name });
    }
  }
  return entries;
}

function* get(f: Ftp, from: string, to: string): Operation<number> {
  let size = 0;
  function count(piece?: Data): Data | undefined {
    size += piece?.length ?? 0;
    return piece;
  }
  const part = `${to}.part`;
  yield* f.epsv();
  const file = ltn12.sink.file(createWriteStream(part));
  yield* f.receive({ argument: from, sink: ltn12.sink.chain(count, file) });
  renameSync(part, to);
  console.log(`${from}: ${size} bytes`);
  return size;
}

function* mirror(f: Ftp, from: string, to: string): Operation<[files: number, bytes: number]> {
  let [files, bytes] = [0, 0];
  mkdirSync(to, { recursive: true });
  for (const entry of yield* list(f, from)) {
    const [there, here] = [`${from}/${entry.name}`, `${to}/${entry.name}`];
    if (entry.kind === "d") {
      const [more, their] = yield* mirror(f, there, here);
      [files, bytes] = [files + more, bytes + their];
    } else {
      [files, bytes] = [files + 1, bytes + (yield* get(f, there, here))];
    }
  }
  return [files, bytes];
}

const main = socket.protect(function* (address: string, folder: string) {
  const at = ftp.genericform(address);
  const f = yield* ftp.open(at.host!, at.port);
  yield* f.greet();
  yield* f.login(at.user, at.password);
  yield* f.type("i");
  const from = url.unescape(at.path!).replace(/^\//, "").replace(/\/$/, "");
  const [files, bytes] = yield* mirror(f, from, folder);
  yield* f.quit();
  f.close();
  console.log(`${files} files, ${bytes} bytes`);
  return 1;
});

const [address, folder, ...more] = process.argv.slice(2);
if (address === undefined || folder === undefined || more.length > 0) {
  console.error("usage: mirror ftp://[<user>:<password>@]<host>[:<port>]/<folder> <local folder>");
  process.exitCode = 2;
} else {
  const [, err] = await run(() => main(address, folder));
  if (err) {
    console.error("mirror:", err);
    process.exitCode = 1;
  }
}
