import { reactor } from "../../reactor/index.js";
import { Debug } from "./debug.js";
import { Dispatcher } from "./dispatcher.js";
import { Servers } from "./servers.js";
import { Measuring } from "./statistics.js";

/** What copas has one of in a process; in a simulation each host has its own, and nothing is left of it afterwards. */
export class Instance {
  readonly dispatcher = new Dispatcher();
  readonly servers = new Servers(this.dispatcher);
  readonly debug = new Debug(this.dispatcher);
  readonly measuring = new Measuring();
}

const instances = new WeakMap<object, Instance>();

/** That of the place where the caller runs. */
export function here(): Instance {
  const place = reactor.here();
  let instance = instances.get(place);
  if (instance === undefined) instances.set(place, (instance = new Instance()));
  return instance;
}
