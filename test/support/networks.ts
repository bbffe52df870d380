/** Both of the transports that connections of the real network can be on, in one process. */
import type { Operation } from "effection";
import { current, type Network } from "../../src/network/index.js";
import { handles } from "../../src/network/handle/index.js";
import { networkOn } from "../../src/network/node.js";
import { check } from "./check.js";

export interface Ground {
  /** "handle" or "socket" */
  readonly name: string;
  /** {@link check}, on this network. */
  check(test: () => Operation<void>): Promise<void>;
  /** Do something while this network is the one in use. */
  on<T>(what: () => Promise<T>): Promise<T>;
}

function ground(network: Network): Ground {
  const on = async <T>(what: () => Promise<T>): Promise<T> => {
    const before = current.network;
    current.network = network;
    try {
      return await what();
    } finally {
      current.network = before;
    }
  };
  return { name: network.transport, on, check: (test) => on(() => check(test)) };
}

/** On Node's handles, if they can be used here, and on sockets of node:net. */
export const grounds: Ground[] = [...(handles === null ? [] : [handles]), null].map((binding) =>
  ground(networkOn(binding)),
);
