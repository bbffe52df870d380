import { expect } from "chai";
import type { Operation } from "effection";
import { fork, serve, sleep, socket, within } from "cosocket";
import { copas } from "cosocket/copas";
import { ltn12 } from "cosocket/ltn12";
import { type Mail, smtp } from "cosocket/smtp";
import { simulate } from "cosocket/testing";
import { check } from "../../support/check.js";
import { times } from "../../support/counts.js";
import { type Heard, nothingHeard, type Replies, smtpServer } from "../../support/mail-server.js";
import { listening, portOf } from "../../support/pairs.js";

const MAIL = { from: "<me@here>", rcpt: ["<you@there>"], server: "127.0.0.1" };
const hello = (): Mail["source"] => ltn12.source.string("Subject: hello\r\n\r\nhow are you?\r\n");

/** A server on a port of its own. */
function* serving(replies?: Replies): Operation<[port: number, heard: Heard]> {
  const server = yield* listening();
  const heard = nothingHeard();
  yield* fork(() => serve(server, (client) => smtpServer(client, heard, replies)));
  return [portOf(server), heard];
}

/** Mails to a server with these replies. */
function failing(mail: Partial<Mail<string>>, replies?: Replies): Promise<[unknown, Heard]> {
  return new Promise((resolve, reject) => {
    check(function* () {
      const done = yield* fork(function* () {
        const [port, heard] = yield* serving(replies);
        resolve([(yield* smtp.send({ ...MAIL, source: hello(), port, ...mail }))[1], heard]);
      });
      yield* done;
    }).catch(reject);
  });
}

describe("smtp.send", () => {
  it("takes no line breaks in addresses, names and fields", async () => {
    for (const mail of [
      { from: "<me@here>\r\nRCPT TO:<boss@there>" },
      { rcpt: ["<you@there>", "<you@there>\nDATA"] },
      { domain: "here\r\nMAIL FROM:<a@b>" },
    ]) {
      const [err, heard] = await failing(mail);
      expect(err).to.equal("line break in a command");
      expect(heard.lines).to.not.match(/boss|DATA|a@b/);
      expect(heard.messages).to.deep.equal([]);
    }
    for (const headers of [
      { subject: "a\r\nBcc: b" },
      { "a\r\nb": "c" },
      { "a:b": "c" },
      { x: "a\n \nb" },
    ]) {
      const [err, heard] = await failing({ source: smtp.message({ headers, body: "x" }) });
      expect(err).to.match(/^invalid header field "/);
      expect(heard.messages).to.deep.equal([]);
    }
  });

  it("takes no characters in addresses, names, passwords and fields at which a server may cut", async () => {
    for (const [mail, word] of [
      [{ from: "<me@here\0>" }, "control character in a command"],
      [{ rcpt: "<you@there\v>" }, "control character in a command"],
      [{ user: "me\0you", password: "x" }, "null character in a user or password"],
      [{ user: "me", password: "x\0y" }, "null character in a user or password"],
      [
        { source: smtp.message({ headers: { subject: "a\0b" }, body: "x" }) },
        'invalid header field "subject"',
      ],
    ] as const) {
      const [err, heard] = await failing(mail);
      expect(err).to.equal(word);
      expect(heard.lines).to.not.match(/\0|\v|AUTH/);
      expect(heard.messages).to.deep.equal([]);
    }
  });

  it("leaves fields out that are undefined, as Lua's nil, and gives such of its own", () =>
    check(function* () {
      const headers = { subject: undefined, date: undefined, to: "you" };
      const pieces: Buffer[] = [];
      yield* ltn12.pump.all(smtp.message({ headers, body: "x" }), ltn12.sink.table(pieces));
      expect(String(Buffer.concat(pieces))).to.match(/^To: you\r\nDate: \w{3}, /);
    }));

  it("sends no dot that a careless server would take for the end of the mail", async () => {
    for (const body of ["a\n.\nMAIL", "a\n.\r\nMAIL", "a\r.\r\nMAIL", "a\r.\rMAIL", "a\n."]) {
      for (const source of [() => ltn12.source.string(body), () => ltn12.source.table([...body])]) {
        const [err, heard] = await failing({ source: source() });
        expect(err, JSON.stringify(body)).to.equal("bare line end before a dot in the message");
        expect(heard.messages).to.deep.equal([]);
      }
    }
    for (const body of [".\r\n.\n", "a\r\n.\nb", "a\n.b", "a\r\n.\r\nb", "a\n"])
      expect(
        (await failing({ source: ltn12.source.string(body) }))[0],
        JSON.stringify(body),
      ).to.equal(undefined);
  });

  it("says nothing where STARTTLS is not offered, is refused, or is followed by something in the clear", async () => {
    const offer = "250-here\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n";
    const mail = { starttls: true as const, user: "me", password: "secret" };
    const cases: [Replies, RegExp][] = [
      [() => undefined, /^STARTTLS not supported$/],
      [
        (command) =>
          command.startsWith("EHLO") ? offer : command === "STARTTLS" ? "454 no\r\n" : undefined,
        /^454 no$/,
      ],
      [
        (command) =>
          command.startsWith("EHLO")
            ? offer
            : command === "STARTTLS"
              ? "220 go\r\n250 AUTH LOGIN\r\n"
              : undefined,
        /^(unread data before the tls handshake|tls handshake failed)/,
      ],
    ];
    for (const [replies, error] of cases) {
      const [err, heard] = await failing(mail, replies);
      expect(err).to.match(error);
      expect(heard.lines).to.not.match(/AUTH|MAIL/);
    }
  });

  it("tells of misuse at the call", () => {
    const source = hello();
    for (const [mail, text] of [
      [{ ...MAIL, source: "text" }, "source is a function"],
      [{ ...MAIL, rcpt: [], source }, "rcpt is an address"],
      [{ rcpt: "<a@b>", source }, "from is an address"],
      [{ ...MAIL, source, startTLS: true }, 'did you mean "starttls"'],
      [{ ...MAIL, source, user: "me" }, "both user and password"],
      [{ ...MAIL, source, port: 99999 }, "port"],
      [{ ...MAIL, source, create: {} }, "create is a function"],
      [{ ...MAIL, source, step: 1 }, "step is a function"],
      [{ ...MAIL, source, domain: 1 }, "domain is a string, not 1"],
      [{ ...MAIL, source, user: "me", password: 1234 }, "password is a string, not number"],
      [{ ...MAIL, source, starttls: false }, "starttls is true, or parameters of TLS"],
    ] as const)
      expect(() => smtp.send(mail as never)).to.throw(TypeError, text);
    expect(copas.smtp).to.equal(smtp);
  });

  it("has TIMEOUT for each wait, and `within` for all", () =>
    simulate({ seed: 1 }, function* (world) {
      yield* world.host("server", function* () {
        yield* serve(socket.try(yield* socket.bind("*", 25)), () => sleep(100_000));
      });
      const mail = { ...MAIL, source: hello(), server: "server" };
      const begun = socket.gettime();
      expect((yield* smtp.send(mail))[1]).to.equal("timeout");
      expect(socket.gettime() - begun).to.be.closeTo(60, 0.1);
      expect((yield* within(5, () => smtp.send(mail)))[1]).to.equal("timeout");
      expect(socket.gettime() - begun).to.be.closeTo(65, 0.1);
    }));

  it("leaves nothing behind, and no half of a message that looks whole, wherever it is halted", async () => {
    let sent = 0;
    for (let step = 0; step < 40; step += times(3, 1))
      await simulate({ seed: 1 }, function* (world) {
        const heard = nothingHeard();
        yield* world.host("server", function* () {
          yield* serve(socket.try(yield* socket.bind("*", 25)), (client) =>
            smtpServer(client, heard),
          );
        });
        const source = ltn12.source.table(["a\r\n", "b\r\n", "c"]);
        const sending = yield* fork(() => smtp.send({ ...MAIL, source, server: "server" }));
        yield* sleep(step * 0.0001);
        yield* sending.halt();
        yield* sleep(1);
        for (const message of heard.messages) expect(message).to.equal("a\r\nb\r\nc");
        sent += heard.messages.length;
      });
    expect(sent).to.be.within(1, 39);
  });

  it("says of each mail whether it was taken, whatever the network does", async () => {
    const words = new Set<string>();
    for (let seed = 1; seed <= 40; seed++)
      await simulate(
        {
          seed,
          faults: {
            latency: [0.0001, 0.01],
            split: 0.5,
            join: 0.2,
            reset: 0.03,
            halfclose: 0.02,
            stall: 0.01,
            refuse: 0.05,
          },
        },
        function* (world) {
          const heard = nothingHeard();
          yield* world.host("server", function* () {
            yield* serve(socket.try(yield* socket.bind("*", 25)), (client) =>
              smtpServer(client, heard),
            );
          });
          const source = ltn12.source.table(["a\r\n", "b\r\n", "c"]);
          const [, err] = yield* smtp.send({ ...MAIL, source, server: "server" });
          words.add(err ?? "sent");
          for (const message of heard.messages) expect(message).to.equal("a\r\nb\r\nc");
          if (err === undefined) expect(heard.messages).to.have.length(1);
        },
      );
    expect([...words]).to.include.members(["sent", "closed"]);
  });
});
