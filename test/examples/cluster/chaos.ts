/** What happens to a cluster, by a seed: nodes, their connections, the store and the balancer's servers go away and come back, while clients work. */
import type { Operation } from "effection";
import { all, reconnecting, socket } from "cosocket";
import { SeededRandom, type Draw } from "../../../src/testing/seeded-random.js";
import type { Balancer, Service } from "./processes.js";
import type { Load } from "./load.js";

export interface Cluster {
  nodes: readonly Service[];
  store: Service;
  balancer: Balancer;
  /** Breaks the nodes' connections to the store; not every one can. */
  breakConnections: (() => Operation<void>) | undefined;
}

/** @param last nothing comes behind it: then one node is enough */
type Action = (cluster: Cluster, load: Load, draw: Draw, last: boolean) => Operation<void>;

/** What was done while it was away needs others: so they do it. */
const A_FEW = 5;

const ACTIONS: Record<string, Action> = {
  *"kill a node"({ nodes }, load, draw, last) {
    const node = nodes[draw.below(nodes.length)]!;
    yield* node.end("SIGKILL");
    yield* load.progress(A_FEW);
    if (!last) yield* node.start();
  },
  *"drain a node"({ nodes }, load, draw, last) {
    const node = nodes[draw.below(nodes.length)]!;
    yield* node.end("SIGTERM");
    yield* load.progress(A_FEW);
    if (!last) yield* node.start();
  },
  *"kill all nodes"({ nodes }) {
    yield* all(nodes.map((node) => () => node.end("SIGKILL")));
    yield* all(nodes.map((node) => () => node.start()));
  },
  *"kill the store"({ store }) {
    yield* store.end("SIGKILL");
    yield* store.start();
  },
  *"break the store's connections"({ breakConnections }) {
    yield* breakConnections!();
  },
  *"take a node out"({ nodes, balancer }, load, draw) {
    const server = `chat/node${1 + draw.below(nodes.length)}`;
    yield* balancer.ask(`set server ${server} state maint`);
    yield* balancer.ask(`shutdown sessions server ${server}`);
    yield* load.progress(A_FEW);
    yield* balancer.ask(`set server ${server} state ready`);
  },
  *"cut the sessions of a node"({ nodes, balancer }, _load, draw) {
    yield* balancer.ask(`shutdown sessions server chat/node${1 + draw.below(nodes.length)}`);
  },
};

/**
 * One thing after the other, between which clients get on with their work: so a slow machine does the same as a fast one.
 *
 * @param more asked before each with how many there were; each kind comes once before any comes twice
 */
export function* chaos(
  cluster: Cluster,
  load: Load,
  seed: number,
  more: (done: number) => boolean,
): Operation<string[]> {
  const draw = new SeededRandom(seed).draw("chaos");
  const possible = Object.keys(ACTIONS).filter(
    (name) => cluster.breakConnections !== undefined || !name.includes("connections"),
  );
  const done: string[] = [];
  let kinds: string[] = [];
  while (more(done.length)) {
    yield* load.progress(1 + draw.below(20));
    if (kinds.length === 0) kinds = [...possible];
    const [name] = kinds.splice(draw.below(kinds.length), 1);
    done.push(name!);
    yield* ACTIONS[name!]!(cluster, load, draw, !more(done.length));
  }
  yield* load.progress(A_FEW);
  return done;
}

/** Of Redis: whoever is connected, those who wait for hints included. */
export function* breakRedis(port: number): Operation<void> {
  yield* reconnecting(
    () => socket.connect("127.0.0.1", port),
    (client) => client.send("CLIENT KILL TYPE normal SKIPME yes\r\nCLIENT KILL TYPE pubsub\r\n"),
  );
}
