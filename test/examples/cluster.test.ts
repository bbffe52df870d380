/**
 * The chat of examples/cluster under chaos: two nodes behind HAProxy, their log in Redis, and in NATS; clients speak all the time.
 *
 * COSOCKET_CHAOS=60: for so many seconds. COSOCKET_SEED: another seed than 6, which begins with killing a node.
 */
import { expect } from "chai";
import { type Operation, spawn } from "effection";
import { socket, within } from "cosocket";
import { openLog } from "../../examples/cluster/log.js";
import { missing } from "../libraries/servers.js";
import { check } from "../support/check.js";
import { onlyInCI, times } from "../support/counts.js";
import { breakRedis, chaos, type Cluster } from "./cluster/chaos.js";
import { Load } from "./cluster/load.js";
import {
  Balancer,
  chatNode,
  folder,
  freePorts,
  natsServer,
  redisServer,
  serving,
} from "./cluster/processes.js";

const seconds = Number(process.env["COSOCKET_CHAOS"] ?? 0);
const seed = Number(process.env["COSOCKET_SEED"] ?? 6);
const CLIENTS = times(2, 4);

const STORES = {
  redis: { command: "redis-server", server: redisServer, breaks: breakRedis },
  nats: { command: "nats-server", server: natsServer, breaks: undefined },
};

/** By time where that is asked for, otherwise by number. */
function more(begun: number, count: number): (done: number) => boolean {
  if (seconds > 0) return () => performance.now() - begun < seconds * 1000;
  return (done) => done < count;
}

for (const [protocol, { command, server, breaks }] of Object.entries(STORES))
  describe(`a cluster with its log in ${protocol}`, function () {
    this.timeout(60_000 + seconds * 2000);

    before(function () {
      if (protocol === "nats" && seconds === 0) onlyInCI(this, "starts as many processes again");
      const why = [command, "haproxy"].map(missing).find((why) => why !== undefined);
      if (why === undefined) return;
      console.log(`      skipped: ${why}`);
      this.skip();
    });

    it("loses nothing, doubles nothing, and keeps the order of a room, whatever is killed", () =>
      check(function* () {
        const path = yield* folder();
        const [port, entrance, ...ports] = yield* freePorts(4);
        const url = `${protocol}://127.0.0.1:${port}`;
        const store = server(port!, path);
        const nodes = ports.map((each) => chatNode(each, url));
        const balancer = new Balancer(entrance!, ports, path);
        yield* serving(store, balancer, ...nodes);
        const log = yield* openLog(url);
        const breakConnections = breaks && ((): Operation<void> => breaks(port!));
        const cluster: Cluster = { nodes, store, balancer, breakConnections };

        const load = new Load(CLIENTS, () => within(5, socket.connect("127.0.0.1", entrance!)));
        const running = yield* spawn(() => load.run(log));
        const done = yield* chaos(cluster, load, seed, more(performance.now(), times(1, 20)));
        load.end();
        yield* running;
        yield* load.verify(log);
        // Not each of them ends a connection.
        if (done.length >= 20) expect(load.lost).to.be.above(0);
        if (seconds > 0)
          console.log(`      ${load.count} messages, ${load.lost} losses, ${done.length} events`);
      }));
  });
