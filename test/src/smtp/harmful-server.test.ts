/** Servers of SMTP that mean harm. */
import { expect } from "chai";
import type { Operation } from "effection";
import { fork, serve, socket, within } from "cosocket";
import { ltn12 } from "cosocket/ltn12";
import { type Mail, smtp } from "cosocket/smtp";
import { simulate } from "cosocket/testing";
import { check } from "../../support/check.js";
import { inVirtualTime } from "../../support/simulated.js";
import { type Deed, endlessly, harmful, misbehave, slowly } from "../../support/harmful-server.js";

const mail = (): Mail => ({
  from: "<me@here>",
  rcpt: "<you@there>",
  source: ltn12.source.string("Subject: hello\r\n\r\nhow are you?\r\n"),
  server: "127.0.0.1",
  user: "me",
  password: "secret",
});

/** What `smtp.send` says of a server that does this; nothing is left of it. */
async function error(deeds: Deed[], more: Partial<Mail<string>> = {}): Promise<unknown> {
  let err: unknown;
  await check(function* () {
    yield* yield* fork(function* () {
      const port = yield* harmful(...deeds);
      [, err] = yield* smtp.send({ ...mail(), port, ...more });
    });
  });
  return err;
}

const GREETED = ["220 here\r\n"];
const IN = [...GREETED, "250 AUTH PLAIN\r\n", "235 in\r\n", "250 ok\r\n", "250 ok\r\n"];

describe("smtp.send, to a server that means harm", () => {
  it("takes no reply that has no end", async () => {
    expect(await error([endlessly("2")])).to.equal("line too long");
    expect(await error([...GREETED, endlessly(`250-${"x".repeat(1000)}\r\n`)])).to.equal(
      "server reply too long",
    );
    expect(await error([...GREETED, endlessly("\r\n")])).to.equal("invalid server reply");
    expect(await error([...IN, endlessly(`354-${"x".repeat(1000)}\r\n`)])).to.equal(
      "server reply too long",
    );
  });

  it("looks at what the server offers once, however much it is", async () => {
    const line = `250-${"AUTH".repeat(15_000)}\r\n`;
    const offer = `${line.repeat(16)}250 end\r\n`;
    expect(await error([...GREETED, offer])).to.equal("authentication not supported");
  });

  it("waits for nothing longer than TIMEOUT, and within a bound of the caller's for all", async () => {
    for (let silent = 0; silent <= IN.length + 2; silent++)
      await simulate({ seed: 1 }, function* (world) {
        const deeds = [...IN, "354 go\r\n", "250 ok\r\n"].slice(0, silent);
        yield* world.host("server", function* () {
          const server = socket.try(yield* socket.bind("*", 25));
          yield* serve(server, (client) => misbehave(client, deeds));
        });
        const begun = socket.gettime();
        const source = ltn12.source.string("\r\n.hello");
        const [, err] = yield* smtp.send({ ...mail(), source, server: "server" });
        expect(err).to.equal("timeout");
        expect(socket.gettime() - begun).to.be.closeTo(60, 1);
      });
    await simulate({ seed: 1 }, function* (world) {
      yield* world.host("server", function* () {
        const server = socket.try(yield* socket.bind("*", 25));
        yield* serve(server, (client) => misbehave(client, [slowly("220-wait\r\n")]));
      });
      const begun = socket.gettime();
      const sent = yield* within(300, () => smtp.send({ ...mail(), server: "server" }));
      expect(sent[1]).to.equal("timeout");
      expect(socket.gettime() - begun).to.be.closeTo(300, 1);
    });
  });

  it("says no password to whoever answers STARTTLS before it is said, or does not begin it", async () => {
    const offer = "250 STARTTLS\r\n";
    const heard: string[] = [];
    const hear: Deed = function* (client) {
      yield* client.send("220 go\r\n");
      heard.push(String((yield* client.receive("*a"))[0]));
    };
    for (const deeds of [
      [...GREETED, `${offer}220 go\r\n`, hear],
      [...GREETED, `${offer}220 go\r\n250 AUTH PLAIN\r\n235 in\r\n`, hear],
      [`220 here\r\n${offer}220 go\r\n250 AUTH PLAIN\r\n`, "", hear],
    ]) {
      const err = await error(deeds, { starttls: true });
      expect(err).to.match(/^(tls handshake failed|unread data before the tls handshake)/);
    }
    for (const text of heard) expect(text).to.not.match(/AUTH|MAIL/);
  });

  it("makes nobody wait longer for a server that does not read a message", () =>
    inVirtualTime(function* () {
      const source = function* (): Operation<[string]> {
        return ["x".repeat(60_000) + "\r\n"];
      };
      const unread: Deed = function* (client) {
        yield* client.send("354 go\r\n");
        yield* socket.sleep(3600);
      };
      const port = yield* harmful(...IN, unread);
      const begun = socket.gettime();
      // Its fiber has ended, too.
      yield* within(2, () => smtp.send({ ...mail(), port, source }));
      expect(socket.gettime() - begun).to.be.below(3);
    }));

  it("gives up a message that the server does not read, and leaves nothing of it", async () => {
    const { TIMEOUT } = smtp;
    smtp.TIMEOUT = 0.05;
    const endless = function* (): Operation<[string]> {
      return ["x".repeat(60_000) + "\r\n"];
    };
    const unread: Deed = function* (client) {
      yield* client.send("354 go\r\n");
      // Until the client has given up.
      yield* socket.sleep(3600);
    };
    try {
      expect(await error([...IN, unread], { source: endless })).to.equal("timeout");
      expect(
        await error([...GREETED, "250 STARTTLS\r\n", "220 go\r\n"], { starttls: true }),
      ).to.equal("timeout");
    } finally {
      smtp.TIMEOUT = TIMEOUT;
    }
  });
});
