import { inspect } from "node:util";
import type { Operation } from "effection";
import { expect } from "chai";
import { fork, serve, socket, type Tcp, type TlsParams } from "cosocket";
import { certificate } from "../../../examples/support/certificate.js";
import { check } from "../../support/check.js";
import { listening } from "../../support/pairs.js";
import { params, serverParams, shake, trusting } from "../../support/tls.js";
import { authority, identity } from "../../support/transports.js";

const known = certificate(["client"], { issuer: authority });
const own: TlsParams = { key: known.key, certificate: known.certificate };
const insisting: TlsParams = { ...trusting, verify: ["peer", "fail_if_no_peer_cert"] };

/** A server that greets at once, by its client's name. */
function* greeting(tls: TlsParams): Operation<Tcp> {
  const server = yield* listening();
  const greet = function* (client: Tcp): Operation<void> {
    yield* client.send(`${client.getpeercertificate()[0]?.subject ?? "nobody"}\n`);
    yield* client.receive();
  };
  yield* fork(() => serve(server, greet, { tls }));
  return server;
}

interface Visit {
  error: string | undefined;
  greeting: string | undefined;
  reused: boolean | undefined;
  session: Buffer | undefined;
}

function* visit(server: Tcp, how: TlsParams): Operation<Visit> {
  const [client, error] = yield* shake(server, how, "localhost");
  const [greeting] = yield* client.receive();
  const reused = client.info()[0]?.reused;
  const [session] = client.getsession();
  client.close();
  return { error, greeting, reused, session };
}

for (const protocol of ["tlsv1_2", "tlsv1_3"] as const) {
  const trust: TlsParams = { ...trusting, protocol };

  describe(`sessions, ${protocol}`, () => {
    it("asked for after a greeting, a session can be resumed", () =>
      check(function* () {
        const server = yield* greeting(serverParams);
        const first = yield* visit(server, trust);
        const second = yield* visit(server, { ...trust, session: first.session! });
        expect([first.reused, second.reused]).to.deep.equal([false, true]);
        let { session } = second;
        // Whoever always takes the last one always resumes.
        for (let i = 0; i < 3; i++) {
          const next = yield* visit(server, { ...trust, session: session! });
          expect(next.reused).to.equal(true);
          session = next.session;
        }
      }));

    for (const verify of ["peer", ["peer", "fail_if_no_peer_cert"]] as const) {
      it(`a server that asks for certificates (${String(verify)}) resumes`, () =>
        check(function* () {
          const server = yield* greeting({ ...serverParams, ...trusting, verify });
          const first = yield* visit(server, { ...trust, ...own });
          expect(first).to.deep.include({ greeting: "CN=client", reused: false });
          const second = yield* visit(server, { ...trust, ...own, session: first.session! });
          expect(second).to.deep.include({ greeting: "CN=client", reused: true });
        }));
    }

    it("an anonymous client does not become another one by a session that it was handed", () =>
      check(function* () {
        const server = yield* greeting({ ...serverParams, ...trusting, verify: "peer" });
        const { session } = yield* visit(server, { ...trust, ...own });
        const anonymous = yield* visit(server, { ...trust, session: session! });
        expect(anonymous).to.deep.include({ greeting: "nobody", reused: false });
      }));

    it("a server that insists on certificates takes no session made without one", () =>
      check(function* () {
        const ticketKeys = Buffer.alloc(48, 7);
        const open = yield* greeting({ ...serverParams, ticketKeys });
        const closed = yield* greeting({ ...serverParams, ...insisting, ticketKeys });
        const { session } = yield* visit(open, trust);
        expect((yield* visit(closed, { ...trust, session: session! })).greeting).to.equal(
          undefined,
        );
        const same = { ...serverParams, ...insisting, ticketKeys, sessionIdContext: "one" };
        const lax = yield* greeting({ ...serverParams, ticketKeys, sessionIdContext: "one" });
        const strict = yield* greeting(same);
        const bought = yield* visit(lax, trust);
        const entered = yield* visit(strict, { ...trust, session: bought.session! });
        expect(entered.greeting).to.equal(undefined);
      }));

    it("a session that nobody has verified does not spare the verification", () =>
      check(function* () {
        const server = yield* greeting(serverParams);
        const { session } = yield* visit(server, { protocol, verify: "none" });
        const verifying = yield* visit(server, { ...trust, session: session! });
        expect(verifying).to.deep.include({ error: undefined, reused: false });
        const doubting = yield* visit(server, { protocol, session: Buffer.from(session!) });
        expect(doubting.error).to.match(/^certificate verify failed/);
      }));

    it("a session of one server does not make another one known", () =>
      check(function* () {
        const ticketKeys = Buffer.alloc(48, 9);
        const sessionIdContext = "shared";
        const server = yield* greeting({ ...serverParams, ticketKeys, sessionIdContext });
        const other = yield* greeting({
          ...params(certificate(["evil.test"], { issuer: authority })),
          ticketKeys,
          sessionIdContext,
        });
        const { session } = yield* visit(other, { ...trust, servername: "evil.test" });
        for (const offered of [session!, Buffer.from(session!)]) {
          const verifying = yield* visit(server, { ...trust, session: offered });
          expect(verifying).to.deep.include({ error: undefined, reused: false });
        }
        const tricked = yield* visit(other, { ...trust, session: Buffer.from(session!) });
        expect(tricked.error).to.equal("certificate verify failed: hostname mismatch");
      }));

    it("a resumed connection knows the certificate, and checks it by the function given", () =>
      check(function* () {
        const server = yield* greeting(serverParams);
        const { session } = yield* visit(server, trust);
        const seen: string[] = [];
        const [client, error] = yield* shake(
          server,
          {
            ...trust,
            session: session!,
            checkServerIdentity: (host, { subject }) => void seen.push(host, String(subject.CN)),
          },
          "localhost",
        );
        expect(error).to.equal(undefined);
        expect(socket.try(client.info())).to.include({ reused: true, verified: true });
        expect(client.getpeercertificate()[0]?.subject).to.equal("CN=localhost");
        expect(seen).to.deep.equal(["localhost", "localhost"]);
      }));

    it("bytes that are no session are passed over", () =>
      check(function* () {
        const server = yield* greeting(serverParams);
        for (const session of [Buffer.of(), Buffer.from("x"), Buffer.of(0x30, 0x84, 255)])
          expect(yield* visit(server, { ...trust, session })).to.deep.include({
            error: undefined,
            reused: false,
          });
      }));
  });
}

it("what is printed of a connection shows no session", () =>
  check(function* () {
    const server = yield* greeting(serverParams);
    const { session } = yield* visit(server, trusting);
    const [client] = yield* shake(server, { ...trusting, session: session! }, "localhost");
    yield* client.receive();
    const printed = inspect(client);
    const start = session!.subarray(0, 40);
    expect(printed.replaceAll(" ", "")).not.to.contain(start.toString("hex"));
  }));

it("a server has no session to give away", () =>
  check(function* () {
    const server = yield* listening();
    let given: unknown = "not asked";
    yield* fork(() =>
      serve(
        server,
        function* (client) {
          given = client.getsession();
          yield* client.send("hello\n");
        },
        { tls: { key: identity.key, certificate: identity.certificate } },
      ),
    );
    const [client] = yield* shake(server, trusting);
    yield* client.receive();
    expect(given).to.deep.equal([undefined]);
  }));
