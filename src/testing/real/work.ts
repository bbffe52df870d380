/**
 * What a simulated program has under way in the real world. Files, zlib, keys and hashes, child processes and workers are
 * waited for while the virtual clock stands; what is no work that ends by itself (a real socket, a timer) is named when nobody can go on.
 */
import { type AsyncHook, createHook } from "node:async_hooks";

/** Node's object for it. */
interface Resource {
  hasRef?(): boolean;
  oncomplete?: unknown;
  ondone?: unknown;
  buffer?: unknown;
}

/** Whether something is under way, as far as Node's object shows it. */
type Busy = (resource: Resource) => boolean;

/** One answer, and it is over. */
const ONCE: Record<string, Busy> = {
  FSREQPROMISE: () => true,
  FSREQCALLBACK: isAsked,
  FILEHANDLECLOSEREQ: () => true,
  Immediate: holds,
};
/** Of keys, hashes and the like: those that are done on the spot are asked for nothing. */
const CRYPTO = /REQUEST$/;
/** There for as long as the program likes. */
const LASTING: Record<string, Busy> = {
  ZLIB: ({ buffer }) => buffer !== undefined && buffer !== null,
  PROCESSWRAP: holds,
  WORKER: holds,
};
/** Not waited for, and what it is. */
const OTHERS: Record<string, string> = {
  Timeout: "a real timer: the function that set it was taken before the simulation began",
  TCPWRAP: "a real connection (node:net, and what uses it, as fetch and node:http do)",
  TCPSERVERWRAP: "a real server (node:net)",
  PIPEWRAP: "a real pipe or Unix socket",
  PIPESERVERWRAP: "a real Unix server (node:net)",
  UDPWRAP: "a real datagram socket (node:dgram)",
  GETADDRINFOREQWRAP: "a real look-up of a name (node:dns, and what uses it)",
  GETNAMEINFOREQWRAP: "a real look-up of an address (node:dns)",
  QUERYWRAP: "a real question to a name server (node:dns)",
  MESSAGEPORT: "a MessagePort",
  STATWATCHER: "a watcher of a file",
  FSEVENTWRAP: "a watcher of files",
  PROCESSWRAP: "a child process",
  WORKER: "a worker",
};
/** Of the real network: what looks as if it worked, but a virtual timeout passes while a real answer is on its way. */
const NETWORK = /^(?:TCP|UDP|PIPESERVER|GETADDRINFO|GETNAMEINFO|QUERY)/;

function isAsked({ oncomplete, ondone }: Resource): boolean {
  return oncomplete !== undefined || ondone !== undefined;
}

function holds(resource: Resource): boolean {
  return resource.hasRef?.() ?? true;
}

/** Something real that was begun in the simulation. */
interface Begun {
  readonly type: string;
  readonly resource: WeakRef<Resource>;
  /** Where. */
  readonly trace: Error;
  /** null: it is not waited for. */
  readonly busy: Busy | null;
  readonly once: boolean;
}

export class RealWork {
  private readonly begun = new Map<number, Begun>();
  /** Others, by what they are, with where they were begun. */
  private readonly named = new Map<object, [what: string, trace: Error]>();
  /** Of the real network: the first of each kind. */
  private readonly network = new Map<string, Error>();
  /** Some of it has made progress, since this was set to false. */
  progressed = false;
  private paused = false;
  private readonly hook: AsyncHook;

  constructor() {
    this.hook = createHook({
      init: (id, type, _trigger, resource) => this.begins(id, type, resource as Resource),
      before: (id) => this.goesOn(id),
      destroy: (id) => this.begun.delete(id),
      // Node 24 and later: promises are no work by themselves.
      ...{ trackPromises: false },
    });
  }

  start(): void {
    this.hook.enable();
  }
  stop(): void {
    this.hook.disable();
    this.begun.clear();
    this.named.clear();
  }

  private begins(id: number, type: string, resource: Resource): void {
    if (type === "PROMISE" || this.paused) return;
    const busy = ONCE[type] ?? LASTING[type] ?? (CRYPTO.test(type) ? isAsked : null);
    if (busy === null && OTHERS[type] === undefined) return;
    const once = LASTING[type] === undefined && busy !== null;
    const trace = new Error(type);
    if (NETWORK.test(type) && !this.network.has(type)) this.network.set(type, trace);
    this.begun.set(id, { type, resource: new WeakRef(resource), trace, busy, once });
  }

  private goesOn(id: number): void {
    const begun = this.begun.get(id);
    if (begun === undefined) return;
    this.progressed = true;
    if (begun.once) this.begun.delete(id);
  }

  /** Run code of the simulation itself, whose work is not the program's. */
  untracked<T>(call: () => T): T {
    this.paused = true;
    try {
      return call();
    } finally {
      this.paused = false;
    }
  }

  /** Something that no hook sees, until it is untracked. */
  track(one: object, what: string): void {
    this.named.set(one, [what, new Error(what)]);
  }
  untrack(one: object): void {
    this.progressed = true;
    this.named.delete(one);
  }

  /** Whether anything is under way that is waited for. */
  get busy(): boolean {
    for (const begun of this.begun.values()) if (begun.busy !== null && isBusy(begun)) return true;
    return false;
  }

  /** What is waited for, one a line, with where it was begun. */
  awaited(): string[] {
    return [...this.begun.values()]
      .filter((begun) => begun.busy !== null && isBusy(begun))
      .map(({ type, trace }) => shown(OTHERS[type] ?? type, trace));
  }

  /** What of the real network was used. */
  used(): string[] {
    return [...this.network].map(([type, trace]) => shown(OTHERS[type]!, trace));
  }

  /** What is there and not waited for. */
  others(): string[] {
    const begun = [...this.begun.values()].filter(({ type, resource, busy }) => {
      const there = resource.deref();
      return OTHERS[type] !== undefined && there !== undefined && (busy !== null || holds(there));
    });
    return [
      ...begun.map(({ type, trace }) => shown(OTHERS[type]!, trace)),
      ...[...this.named.values()].map(([what, trace]) => shown(what, trace)),
    ];
  }
}

function isBusy({ resource, busy }: Begun): boolean {
  const there = resource.deref();
  return there !== undefined && busy!(there);
}

/** Frames of the program's that are shown. */
const FRAMES = 3;

/** What it is, and where it was begun. */
export function shown(what: string, { stack = "" }: Error): string {
  const frames = stack.split("\n").filter((line) => /^\s+at /.test(line));
  const own = frames.filter(
    (line) => !/node:|(?<!test[\\/])src[\\/]testing[\\/]|<anonymous>\)$/.test(line),
  );
  return [
    what,
    ...(own.length > 0 ? own : frames).slice(0, FRAMES).map((line) => line.trim()),
  ].join("\n      ");
}
