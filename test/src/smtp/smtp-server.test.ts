/** A server of others', npm's smtp-server, with AUTH and TLS. */
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { run } from "effection";
import MailComposer from "nodemailer/lib/mail-composer/index.js";
import { SMTPServer } from "smtp-server";
import { ltn12 } from "cosocket/ltn12";
import { type Mail, smtp } from "cosocket/smtp";
import { check } from "../../support/check.js";
import { authority, identity } from "../../support/transports.js";

interface Got {
  secure: boolean;
  text: string;
  rcpt: string[];
}

type Options = ConstructorParameters<typeof SMTPServer>[0];

/** Mails to a server with these options; what it got. */
async function toServer(
  options: Options,
  mail: Partial<Mail>,
): Promise<[err: string | undefined, got: Got | undefined]> {
  let got: Got | undefined;
  const server = new SMTPServer({
    key: identity.key,
    cert: identity.certificate,
    disableReverseLookup: true,
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, done) => {
      if (username === "me" && password === "sécret") done(null, { user: username });
      else done(new Error("who?"));
    },
    onData: (stream, { secure, envelope }, done) => {
      const rcpt = envelope.rcptTo.map(({ address }) => address);
      got = { secure, text: "", rcpt };
      stream.on("data", (chunk: Buffer) => (got!.text += chunk.toString()));
      stream.on("end", () => done());
    },
    ...options,
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.server.address() as AddressInfo;
  const message = {
    headers: { subject: "hi" },
    body: [{ body: "one\r\n.two\r\n" }, { body: "three" }],
  };
  const [, err] = await run(() =>
    smtp.send({
      from: "<a@b.c>",
      rcpt: ["<x@y.z>", "<u@v.w>"],
      source: smtp.message(message),
      server: "localhost",
      port,
      user: "me",
      password: "sécret",
      ...mail,
    }),
  );
  await new Promise<void>((resolve) => void server.close(resolve));
  return [err, got];
}

const TLS = { cafile: authority.certificate, servername: "localhost" };

describe("smtp.send, to smtp-server", () => {
  for (const [name, options, mail, secure] of [
    ["by AUTH PLAIN", { authMethods: ["PLAIN"] }, {}, false],
    ["by AUTH LOGIN", { authMethods: ["LOGIN"] }, {}, false],
    ["by STARTTLS", { allowInsecureAuth: false }, { starttls: TLS }, true],
    ["encrypted from the first byte", { secure: true }, { sslparams: TLS }, true],
  ] as const)
    it(`sends a mail ${name}`, async () => {
      const [err, got] = await toServer(options as Options, mail);
      expect(err).to.equal(undefined);
      expect(got).to.deep.include({ secure, rcpt: ["x@y.z", "u@v.w"] });
      expect(got!.text)
        .to.match(/^MIME-Version|^Subject: hi/m)
        .and.to.include("\r\none\r\n.two\r\n");
    });

  it("says what it says of a wrong password, and trusts no certificate that it does not know", async () => {
    expect((await toServer({}, { password: "wrong" }))[0]).to.match(/^535 /);
    expect((await toServer({}, { starttls: true }))[0]).to.match(/^certificate verify failed/);
  });
});

it("smtp.send takes the stream of nodemailer's MailComposer as it is, whole", async () => {
  const picture = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * i * 7) & 255));
  const composed = new MailComposer({
    from: "Ada <ada@example.com>",
    subject: "ação",
    text: ".\r\n.a dot\nand a line",
    html: '<img src="cid:picture">',
    attachments: [{ filename: "a picture.png", content: picture, cid: "picture" }],
  }).compile();
  const source = ltn12.source.from(composed.createReadStream());
  const [err, got] = await toServer({}, { source });
  expect(err).to.equal(undefined);
  // Boundaries are made with the message: built again, it is the same.
  expect(got!.text).to.equal(`${(await composed.build()).toString()}\r\n`);
  const [, base64] = /Content-Id: <picture>[^]*?\r\n\r\n([^]*?)\r\n--/i.exec(got!.text)!;
  expect(Buffer.from(base64!, "base64").equals(picture)).to.equal(true);
});

it("smtp.send leaves nothing behind of a server that is not there", () =>
  check(function* () {
    const mail = { from: "<a@b.c>", rcpt: "<x@y.z>", source: smtp.message({ body: "x" }) };
    expect((yield* smtp.send({ ...mail, server: "127.0.0.1", port: 1 }))[1]).to.equal(
      "connection refused",
    );
  }));
