/**
 * npm run example:mail -- <server>[:<port>] <from> <to>[,<to> ...] <subject> [<file> ...]
 *
 * Sends a mail: its text is read from stdin, and the files are attached to it. Nothing is read before it is sent, however large it is. The port of
 * mail.lua, line for line.
 */
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import type { Readable } from "node:stream";
import type { Operation } from "effection";
import { run } from "cosocket";
import { ltn12 } from "cosocket/ltn12";
import { mime } from "cosocket/mime";
import { type Message, smtp } from "cosocket/smtp";

// text, in lines of any system's, as quoted-printable
function text(file: Readable): Message {
  return {
    headers: {
      "content-type": "text/plain; charset=utf-8",
      "content-transfer-encoding": "quoted-printable",
    },
    body: ltn12.source.chain(
      ltn12.source.file(file),
      mime.normalize(),
      mime.encode("quoted-printable"),
      mime.wrap("quoted-printable"),
    ),
  };
}

// any bytes, as base64
function attachment(path: string): Message {
  const name = basename(path).replaceAll(/["\\\r\n]/g, "_");
  return {
    headers: {
      "content-type": "application/octet-stream",
      "content-disposition": `attachment; filename="${name}"`,
      "content-transfer-encoding": "base64",
    },
    body: ltn12.source.chain(
      ltn12.source.file(createReadStream(path)),
      mime.encode("base64"),
      mime.wrap("base64"),
    ),
  };
}

function* send(
  at: string,
  from: string,
  to: string,
  subject: string,
  files: string[],
): Operation<void> {
  const [, server, port] = /^([^:]+):?(\d*)$/.exec(at) ?? [];
  const rcpt = to.split(",").map((address) => `<${address}>`);
  const parts = [text(process.stdin), ...files.map(attachment)];
  const [, err] = yield* smtp.send({
    server,
    port: port ? Number(port) : undefined,
    from: `<${from}>`,
    rcpt,
    source: smtp.message({
      headers: { from, to, subject },
      body: parts,
    }),
  });
  if (err) {
    console.error("mail:", err);
    process.exitCode = 1;
    return;
  }
  console.log(`sent to ${rcpt.length}`);
}

const [at, from, to, subject, ...files] = process.argv.slice(2);
if (at === undefined || from === undefined || to === undefined || subject === undefined) {
  console.error("usage: mail <server>[:<port>] <from> <to>[,<to> ...] <subject> [<file> ...]");
  process.exitCode = 2;
} else await run(() => send(at, from, to, subject, files));
