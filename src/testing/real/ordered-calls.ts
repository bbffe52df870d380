/**
 * Asynchronous calls of Node's modules whose results are delivered in the order of the calls, one after the other: threads finish
 * them in any order, and a seed must not depend on that.
 */
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import childProcess from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import fsPromises from "node:fs/promises";
import { promisify } from "node:util";
import zlib from "node:zlib";

type Call = (...args: unknown[]) => unknown;

/** A call that was made. */
interface OrderedCall {
  readonly what: string;
  /** Where it was made. */
  readonly trace: Error;
  /** Delivers the result; null while there is none. */
  deliver: (() => void) | null;
}

export class OrderedCalls {
  private readonly pending = new Set<OrderedCall>();
  private over = false;
  /** Whether the caller is inside such a call: the calls that it makes are a part of it. */
  private readonly within = new AsyncLocalStorage<boolean>();

  /** The oldest that is pending. */
  get first(): OrderedCall | undefined {
    return this.pending.values().next().value;
  }

  /** Deliver the result of the oldest one. */
  deliver(): void {
    const { first } = this;
    if (!first?.deliver) return;
    this.pending.delete(first);
    first.deliver();
  }

  /** From now on each result is delivered when it is there. */
  end(): void {
    this.over = true;
    for (const call of this.pending) call.deliver?.();
    this.pending.clear();
  }

  private begin(what: string): OrderedCall {
    const call = { what, trace: new Error(what), deliver: null };
    this.pending.add(call);
    return call;
  }

  private finish(call: OrderedCall, deliver: () => void): void {
    if (this.over || !this.pending.has(call)) deliver();
    else call.deliver = deliver;
  }

  /** A function of Node's that answers by a promise, or by a callback that is its last argument. */
  ordered(what: string, real: Call): Call {
    const apply = (self: unknown, args: unknown[]): unknown => {
      if (this.over || this.within.getStore() === true) return Reflect.apply(real, self, args);
      const done = args.at(-1);
      if (typeof done === "function")
        return this.withCallback(what, real, self, args, done as Call);
      return this.withPromise(what, () => Reflect.apply(real, self, args));
    };
    // Not of the function itself, whose properties may be fixed.
    return new Proxy<Call>(() => {}, {
      apply: (_, self, args) => apply(self, args),
      get: (_, key): unknown => {
        const value: unknown = Reflect.get(real, key);
        if (key !== promisify.custom || typeof value !== "function") return value;
        return (...args: unknown[]) => this.withPromise(what, () => (value as Call)(...args));
      },
    });
  }

  private withCallback(
    what: string,
    real: Call,
    self: unknown,
    args: unknown[],
    done: Call,
  ): unknown {
    const call = this.begin(what);
    // Called in the context in which it was given, not in that of the delivery.
    const callback = AsyncResource.bind(done);
    const finished = (...results: unknown[]): void => this.finish(call, () => callback(...results));
    try {
      return this.within.run(true, () =>
        Reflect.apply(real, self, [...args.slice(0, -1), finished]),
      );
    } catch (error) {
      this.pending.delete(call);
      throw error;
    }
  }

  private withPromise(what: string, begin: () => unknown): unknown {
    const promise = this.within.run(true, begin);
    if (!(promise instanceof Promise)) return promise;
    const call = this.begin(what);
    const held = new Promise((resolve, reject) => {
      promise.then(
        (value: unknown) => {
          this.onResult(value);
          this.finish(call, () => resolve(value));
        },
        (error: Error) => this.finish(call, () => reject(error)),
      );
    });
    // Of child_process: the promise has the child.
    return Object.assign(held, promise);
  }

  /** Called with each result: the class of file handles cannot be had otherwise. */
  onResult: (value: unknown) => void = () => {};
}

/** Functions of Node's modules whose answers come from threads or processes, by where they are. */
export function orderedFunctions(
  calls: OrderedCalls,
): [object: object, functions: Record<string, Call>][] {
  const order = (object: object, names: readonly string[]): [object, Record<string, Call>] => [
    object,
    Object.fromEntries(
      names
        .filter((name) => typeof Reflect.get(object, name) === "function")
        .map((name) => [name, calls.ordered(name, Reflect.get(object, name) as Call)]),
    ),
  ];
  const { subtle } = globalThis.crypto;
  const { WebAssembly } = globalThis as unknown as { WebAssembly: object };
  return [
    order(fs, withTwin(fs)),
    order(
      fsPromises,
      methodsOf(fsPromises).filter((name) => !ITERATED.includes(name)),
    ),
    order(zlib, withTwin(zlib)),
    order(crypto, [...withTwin(crypto), "sign", "verify", "diffieHellman"]),
    order(
      Object.getPrototypeOf(subtle) as object,
      methodsOf(Object.getPrototypeOf(subtle) as object),
    ),
    order(childProcess, ["exec", "execFile"]),
    order(WebAssembly, ["compile", "instantiate"]),
  ];
}

/** They give something to be iterated, not a promise. */
const ITERATED = ["watch", "glob"];

export function methodsOf(object: object): string[] {
  return Object.getOwnPropertyNames(object).filter((name) => {
    const { value } = Object.getOwnPropertyDescriptor(object, name)!;
    return typeof value === "function" && name !== "constructor";
  });
}

/** Functions that there are in two forms: readFile beside readFileSync. */
function withTwin(module: object): string[] {
  return methodsOf(module).filter(
    (name) => typeof Reflect.get(module, `${name}Sync`) === "function",
  );
}
