/**
 * Real work whose results are handed over in the order in which it was asked for, one after the other: threads finish it in any
 * order, and a seed must not depend on that.
 */
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import childProcess from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import fsPromises from "node:fs/promises";
import { promisify } from "node:util";
import zlib from "node:zlib";

type Call = (...args: unknown[]) => unknown;

/** Something that was asked for. */
interface Errand {
  readonly what: string;
  /** Where. */
  readonly trace: Error;
  /** Hands the result over; null while there is none. */
  deliver: (() => void) | null;
}

export class Errands {
  private readonly asked = new Set<Errand>();
  private over = false;
  /** Whether the caller is at work on an errand: what that asks for is a part of it. */
  private readonly within = new AsyncLocalStorage<boolean>();

  /** The oldest. */
  get first(): Errand | undefined {
    return this.asked.values().next().value;
  }

  /** Hand over what the oldest one has brought. */
  deliver(): void {
    const { first } = this;
    if (!first?.deliver) return;
    this.asked.delete(first);
    first.deliver();
  }

  /** From now on everybody gets his result when it is there. */
  end(): void {
    this.over = true;
    for (const errand of this.asked) errand.deliver?.();
    this.asked.clear();
  }

  private ask(what: string): Errand {
    const errand = { what, trace: new Error(what), deliver: null };
    this.asked.add(errand);
    return errand;
  }

  private finish(errand: Errand, deliver: () => void): void {
    if (this.over || !this.asked.has(errand)) deliver();
    else errand.deliver = deliver;
  }

  /** A function of Node's that answers by a promise, or by a callback that is its last argument. */
  ordered(what: string, real: Call): Call {
    const apply = (self: unknown, args: unknown[]): unknown => {
      if (this.over || this.within.getStore() === true) return Reflect.apply(real, self, args);
      const done = args.at(-1);
      if (typeof done === "function")
        return this.withCallback(what, real, self, args, done as Call);
      return this.held(what, () => Reflect.apply(real, self, args));
    };
    // Not of the function itself, whose properties may be fixed.
    return new Proxy<Call>(() => {}, {
      apply: (_, self, args) => apply(self, args),
      get: (_, key): unknown => {
        const value: unknown = Reflect.get(real, key);
        if (key !== promisify.custom || typeof value !== "function") return value;
        return (...args: unknown[]) => this.held(what, () => (value as Call)(...args));
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
    const errand = this.ask(what);
    // It is called where it was given, not where the result is handed over.
    const call = AsyncResource.bind(done);
    const finished = (...results: unknown[]): void => this.finish(errand, () => call(...results));
    try {
      return this.within.run(true, () =>
        Reflect.apply(real, self, [...args.slice(0, -1), finished]),
      );
    } catch (error) {
      this.asked.delete(errand);
      throw error;
    }
  }

  private held(what: string, ask: () => unknown): unknown {
    const promise = this.within.run(true, ask);
    if (!(promise instanceof Promise)) return promise;
    const errand = this.ask(what);
    const held = new Promise((resolve, reject) => {
      promise.then(
        (value: unknown) => {
          this.learn(value);
          this.finish(errand, () => resolve(value));
        },
        (error: Error) => this.finish(errand, () => reject(error)),
      );
    });
    // Of child_process: the promise has the child.
    return Object.assign(held, promise);
  }

  /** Called with what was opened: the class of file handles is not to be had otherwise. */
  learn: (value: unknown) => void = () => {};
}

/** Functions of Node's modules whose answers come from threads or processes, by where they are. */
export function orderedFunctions(
  errands: Errands,
): [object: object, functions: Record<string, Call>][] {
  const order = (object: object, names: readonly string[]): [object, Record<string, Call>] => [
    object,
    Object.fromEntries(
      names
        .filter((name) => typeof Reflect.get(object, name) === "function")
        .map((name) => [name, errands.ordered(name, Reflect.get(object, name) as Call)]),
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
