/** examples/luasocket/mail.lua and its port, beside each other. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Operation } from "effection";
import { fork, serve } from "cosocket";
import { check } from "../../support/check.js";
import { type Heard, nothingHeard, type Replies, smtpServer } from "../../support/mail-server.js";
import { comparable } from "../../support/messages.js";
import { type Told, told } from "../../support/originals.js";
import { listening, portOf } from "../../support/pairs.js";
import { needs } from "../../support/peers.js";

const TEXT = "Olá,\nhere = is it.\n.\n";
const PICTURE = Buffer.from(Array.from({ length: 10_000 }, (_, i) => (i * i * 7) & 255));

needs(
  "LuaSocket for Lua 5.4",
  "lua5.4",
  "-e",
  "require'socket.smtp'",
)("examples/luasocket/mail", () => {
  const folder = mkdtempSync(join(tmpdir(), "cosocket-mail-"));
  after(() => rmSync(folder, { recursive: true }));

  /** What is said to it, and to a server of these replies. */
  function* sent(
    language: "lua" | "ts",
    files: string[],
    replies?: Replies,
  ): Operation<Told & { heard: Heard }> {
    const heard = nothingHeard();
    const server = yield* listening();
    const serving = yield* fork(() =>
      serve(server, (client) => smtpServer(client, heard, replies)),
    );
    const at = `127.0.0.1:${portOf(server)}`;
    const args = [at, "me@here", "you@there,all@there", "a picture", ...files];
    const said = yield* told(language, "mail", args, TEXT);
    yield* serving.halt();
    return { ...said, heard };
  }

  /** Without when it was sent, and by what. */
  function known({ heard: { lines, messages }, ...said }: Told & { heard: Heard }): unknown {
    const text = (some: string): string =>
      comparable(some.replaceAll(/^(Date|X-Mailer): .*\r\n/gm, "$1: known\r\n"));
    return { ...said, lines: text(lines), messages: messages.map(text) };
  }

  it("send the same mail with two attachments, which is what was given", () =>
    check(function* () {
      const files = [join(folder, "a picture.png"), join(folder, "empty")];
      writeFileSync(files[0]!, PICTURE);
      writeFileSync(files[1]!, "");
      const ours = yield* sent("ts", files);
      expect(ours).to.deep.include({ out: "sent to 2\n", exit: { code: 0, signal: null } });
      const [message] = ours.heard.messages;
      const [, base64] = /filename="a picture.png"[^]*?\r\n\r\n([^]*?)\r\n--/.exec(message!)!;
      expect(Buffer.from(base64!, "base64").equals(PICTURE)).to.equal(true);
      expect(message).to.include("Ol=C3=A1,\r\nhere =3D is it.\r\n..\r\n");
      expect(known(yield* sent("lua", files))).to.deep.equal(known(ours));
    }));

  it("say what the server says of whom it does not know", () =>
    check(function* () {
      const replies: Replies = (command) =>
        command === "RCPT TO:<all@there>" ? "550 no such user\r\n" : undefined;
      const ours = yield* sent("ts", [], replies);
      expect(ours).to.deep.include({
        out: "mail: 550 no such user\n",
        exit: { code: 1, signal: null },
      });
      expect(known(yield* sent("lua", [], replies))).to.deep.equal(known(ours));
    }));
});
