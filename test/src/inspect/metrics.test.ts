import { expect } from "chai";
import { ensure, type Operation, until as awaiting } from "effection";
import prom from "prom-client";
import { fork, serve, socket, type Tcp } from "cosocket";
import { metrics, metricsText, registerMetrics, watch } from "cosocket/inspect";
import { check } from "../../support/check.js";
import { portOf, until } from "../../support/pairs.js";
import { serves, serverParams, shake, trusting } from "../../support/tls.js";

/** How much each has grown, of those that have. */
function growth(before: Record<string, number>): Record<string, number> {
  const grown = Object.entries(metrics()).filter(([name, now]) => now !== before[name]);
  return Object.fromEntries(grown.map(([name, now]) => [name, now - before[name]!]));
}

describe("metrics", () => {
  it("count connections, bytes, handshakes and errors, of sockets that are open and of those that were", () =>
    check(function* () {
      const before = metrics();
      const server = socket.try(yield* socket.bind("127.0.0.1", 0));
      const service = yield* fork(() =>
        serve(
          server,
          function* (client) {
            const [line] = yield* client.receive();
            yield* client.send(`${line}\n`);
            if (line === "fail") throw new Error(line);
          },
          { errorhandler() {} },
        ),
      );
      for (const line of ["one", "fail"]) {
        const client = socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
        yield* client.send(`${line}\n`);
        expect(yield* client.receive("*a")).to.deep.equal([`${line}\n`]);
        if (line === "one") client.close();
        else yield* ensure(() => void client.close());
      }
      yield* socket.connect("127.0.0.1", 1);
      expect(growth(before)).to.deep.include({
        cosocket_connections_accepted_total: 2,
        cosocket_connections_made_total: 2,
        cosocket_connections_failed_total: 1,
        cosocket_handler_errors_total: 1,
        cosocket_received_bytes_total: 18,
        cosocket_sent_bytes_total: 18,
        cosocket_sockets: 2,
        cosocket_sockets_opened_total: 5,
        cosocket_sockets_closed_total: 3,
      });
      yield* service.halt();
      const once = function* (client: Tcp): Operation<void> {
        yield* client.receive();
      };
      const [secure] = yield* serves(once, { tls: serverParams });
      const [client] = yield* shake(secure, trusting);
      client.close();
      const plain = socket.try(yield* socket.connect("127.0.0.1", portOf(secure)));
      yield* plain.send("no handshake\n");
      yield* until(() => growth(before)["cosocket_tls_handshakes_failed_total"] === 1);
      expect(growth(before)["cosocket_tls_handshakes_total"]).to.equal(2);
      plain.close();
    }));

  it("never shrink, also when setstats changes what is counted from, or an object is connected again", () =>
    check(function* () {
      const before = metrics();
      const server = socket.try(yield* socket.bind("127.0.0.1", 0));
      const client = socket.tcp();
      yield* client.connect("127.0.0.1", portOf(server));
      const [served] = yield* server.accept();
      yield* client.send("12345");
      yield* served!.receive(5);
      client.setstats(0, 0);
      served!.setstats(100, 0);
      yield* client.send("67");
      yield* served!.receive(2);
      for (const one of [client, served!, server]) one.close();
      expect(growth(before)).to.include({
        cosocket_received_bytes_total: 7,
        cosocket_sent_bytes_total: 7,
      });
    }));

  it("are shown in Prometheus's text format, and by prom-client beside the program's own", () =>
    check(function* () {
      const values = (text: string): Record<string, number> =>
        Object.fromEntries(
          [...text.matchAll(/^(cosocket_\w+) (\S+)$/gm)].map(([, name, value]) => [
            name,
            Number(value),
          ]),
        );
      const stop = watch({ lag: true });
      const registry = new prom.Registry();
      registerMetrics(prom, registry);
      const theirs = yield* shownBy(registry);
      const ours = metricsText();
      const kinds = (text: string): string[] => text.match(/^# .*$/gm)!.toSorted();
      const known = new Set(Object.keys(values(ours)));
      expect(kinds(theirs).filter((line) => known.has(line.split(" ")[2]!))).to.deep.equal(
        kinds(ours),
      );
      expect(Object.keys(values(ours))).to.deep.equal(Object.keys(metrics()));
      for (const [name, value] of Object.entries(values(theirs)))
        if (name.endsWith("_total") && !name.includes("turns"))
          expect(value, name).to.equal(values(ours)[name]);
      stop();
      expect(metrics()).to.not.have.property("cosocket_turn_seconds_max");
    }));
});

function* shownBy(registry: prom.Registry): Operation<string> {
  return yield* awaiting(registry.metrics());
}
