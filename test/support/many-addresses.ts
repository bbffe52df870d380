/** A simulated network where the addresses of a name do what a script says. */
import { ensure, type Operation } from "effection";
import { sleep, socket, type Tcp } from "cosocket";
import { reactor } from "cosocket/reactor";
import type { World } from "cosocket/testing";
import {
  type Attempt,
  type ConnectAddress,
  current,
  type Network,
} from "../../src/network/index.js";

/** Seconds after which an address answers, or refuses with a code; or it never says anything. */
export type Answer = { after: number; code?: string | undefined } | "nothing";

export interface ManyAddresses {
  /** What was tried, and when, in the world's seconds. */
  readonly tried: [address: string, at: number][];
  /** What is tried, and has not answered. */
  readonly underWay: Set<string>;
  /** Who has answered. */
  readonly answered: string[];
  /** How often the name was looked up. */
  lookups: number;
  /** Where those arrive that are answered. */
  readonly server: Tcp;
}

type Script = readonly (readonly [address: string, answer: Answer])[];

/** From now on, until the caller's scope ends, every name has these addresses. They are reached in no time. */
export function* manyAddresses(world: World, script: Script): Operation<ManyAddresses> {
  const { network } = current;
  const many: ManyAddresses = {
    tried: [],
    underWay: new Set(),
    answered: [],
    lookups: 0,
    server: socket.try(yield* socket.bind("127.0.0.1", 7)),
  };
  const { tried, underWay } = many;
  const lookup: Network["lookup"] = (_name, asked, done) => {
    many.lookups++;
    const found = script.map(
      ([address]) => ({ address, family: address.includes(":") ? 6 : 4 }) as const,
    );
    done(
      null,
      found.filter(({ family }) => asked === 0 || family === asked),
    );
  };
  const connect: Network["connect"] = (target, protocol, done) => {
    const { address } = target as ConnectAddress & { address: string };
    const answer = script.find(([one]) => one === address)?.[1];
    if (answer === undefined) return network.connect(target, protocol, done);
    tried.push([address, world.now()]);
    underWay.add(address);
    let inner: Attempt | undefined;
    let over = false;
    const settle = (error: Error | null): void => {
      if (over) return;
      over = true;
      underWay.delete(address);
      if (error === null) many.answered.push(address);
      done(error);
    };
    if (answer !== "nothing") {
      const { after, code } = answer;
      // It is there by then: a packet takes a fraction of a millisecond.
      if (code === undefined)
        inner = network.connect({ address: "127.0.0.1", port: 7 }, protocol, () => {});
      reactor.clock.setAlarm(
        () => settle(code === undefined ? null : Object.assign(new Error(address), { code })),
        after,
      );
    }
    return {
      // Of no use before it has answered.
      transport: inner?.transport as Attempt["transport"],
      abort: () => {
        over = true;
        underWay.delete(address);
        inner?.abort();
      },
    };
  };
  // The rest is on its prototype.
  current.network = Object.assign(Object.create(network) as Network, { connect, lookup });
  yield* ensure(() => void (current.network = network));
  return many;
}

/** How many connections are open at the server, counted after what is on its way has arrived. */
export function* openAt(server: Tcp): Operation<number> {
  yield* sleep(1);
  server.settimeout(0);
  let open = 0;
  for (;;) {
    const [client] = yield* server.accept();
    if (client === undefined) return open;
    client.settimeout(0);
    if ((yield* client.receive(1))[1] === "timeout") open++;
    client.close();
  }
}
