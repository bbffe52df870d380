/**
 * The objects of `cosocket/promises`: each stands for one with operations, and has all that this has. Their classes are made from those of
 * the objects, method by method.
 */
import type { Operation } from "effection";
import { reactor, shown, STANDS_FOR, toPromise } from "../../reactor/index.js";
import { ENGINE, instead, isSocketObject } from "../object/index.js";
import { Stream } from "../stream/index.js";
import type { Sequence } from "../stream/index.js";
import { Tcp } from "../tcp/index.js";
import { Udp } from "../udp/index.js";
import { Unix } from "../unix/index.js";
import { givesOperation } from "./methods.js";
import { takeSignal } from "./signal.js";
import type { Operations, Promised, PromisedFunction } from "./types.js";

/** What all of them are made of. */
abstract class StandIn {
  constructor(readonly operations: Operations) {}
  /** So that whoever takes an object of ours (`select`, `serve`) takes what stands for one. */
  get [ENGINE]() {
    return this.operations[ENGINE];
  }
  /** So that a fiber that returns it gives it away. */
  get [STANDS_FOR]() {
    return this.operations;
  }
}

type Maker = new (operations: Operations) => StandIn;
type Method = (...args: unknown[]) => unknown;

const classes = new Map<object, Maker>(
  [Tcp, Unix, Udp, Stream].map((from) => [from, classOf(from)]),
);

/** The promised objects that there are, by the objects that they stand for. */
const made = new WeakMap<object, StandIn>();

/**
 * The object of `cosocket/promises` that stands for an object of `cosocket`, always the same one. What it is in `operations` leads back.
 *
 * @param object a TCP, Unix, UDP or stream object; one that is promised already is given back. TypeError for anything else.
 *
 * @example
 * const [line, err] = await promised(client.operations).receive("*l"); // the same as client.receive
 */
export function promised<O extends Operations>(object: O): Promised<O>;
/** {@link promised}, of one that is promised already. */
export function promised<P extends Promised<Operations>>(object: P): P;
export function promised(object: unknown): unknown {
  if (object instanceof StandIn) return object;
  if (!isSocketObject(object))
    throw new TypeError(`promised takes an object of cosocket, not ${instead(object)}`);
  let standIn = made.get(object);
  if (standIn === undefined) {
    standIn = new (makerFor(object))(object as Operations);
    made.set(object, standIn);
  }
  return standIn;
}

/** The object for which a promised one stands; everything else is as it is. */
export function unpromised<V>(value: V): V {
  // It stands for one that has the same methods.
  return value instanceof StandIn ? (value.operations as V) : value;
}

function makerFor(object: object): Maker {
  for (
    let of: unknown = object.constructor;
    typeof of === "function";
    of = Object.getPrototypeOf(of)
  ) {
    const maker = classes.get(of);
    if (maker !== undefined) return maker;
  }
  throw new TypeError(`promised takes an object of cosocket, not ${shown(object)}`);
}

/** A class for what stands for objects of another. */
function classOf({ name, prototype }: { name: string; prototype: object }): Maker {
  const Made = { [name]: class extends StandIn {} }[name]!;
  for (let of = prototype; of !== Object.prototype; of = Object.getPrototypeOf(of) as object)
    for (const key of Reflect.ownKeys(of)) {
      if (Object.hasOwn(Made.prototype, key) || key === ENGINE) continue;
      const descriptor = Object.getOwnPropertyDescriptor(of, key)!;
      Object.defineProperty(Made.prototype, key, memberOf(key, descriptor));
    }
  return Made;
}

function memberOf(key: string | symbol, descriptor: PropertyDescriptor): PropertyDescriptor {
  const { value, get } = descriptor as { value?: unknown; get?: (this: unknown) => unknown };
  if (get !== undefined)
    return {
      ...descriptor,
      get(this: StandIn) {
        return get.call(this.operations);
      },
    };
  if (typeof value !== "function") return descriptor;
  return { ...descriptor, value: methodOf(key as keyof Operations) };
}

function methodOf(key: keyof Operations): Method {
  const name = String(key);
  if (givesOperation(name))
    return function (this: StandIn, ...args) {
      return perform(name, methodIn(this, key), this.operations, args);
    };
  if (name === "lines" || name === "blocks")
    return function (this: StandIn, ...args) {
      const signal = takeSignal(args, name);
      const sequence = call(this, key, args) as Sequence<unknown>;
      return { [Symbol.asyncIterator]: () => sequence[Symbol.asyncIterator](signal) };
    };
  if (name === "receiveuntil")
    return function (this: StandIn, ...args) {
      return performing(name, call(this, key, args) as () => Operation<unknown>);
    };
  return function (this: StandIn, ...args) {
    return call(this, key, args);
  };
}

/** As a program would call it: it may have been replaced. */
function methodIn({ operations }: StandIn, key: keyof Operations): Method {
  return operations[key] as Method;
}

function call(standIn: StandIn, key: keyof Operations, args: unknown[]): unknown {
  return methodIn(standIn, key).apply(standIn.operations, args);
}

/** A function that gives an operation, as one that gives a promise. */
export function performing<F extends (...args: never) => Operation<unknown>>(
  name: string,
  fn: F,
): PromisedFunction<F> {
  // Its type says what is given to it.
  const method = fn as unknown as Method;
  const promising: Method = (...args) => perform(name, method, undefined, args);
  return promising as PromisedFunction<F>;
}

/** Misuse throws, as with operations. */
function perform(name: string, fn: Method, object: unknown, args: unknown[]): Promise<unknown> {
  const signal = takeSignal(args, name);
  const { current } = reactor;
  reactor.current = null;
  try {
    return toPromise(fn.apply(object, args) as Operation<unknown>, signal, withPromised);
  } finally {
    reactor.current = current;
  }
}

/** What is made belongs to nobody, also if a fiber calls: what async code makes has no fiber. */
export function inNobodysName<T>(make: () => T): T {
  const { current } = reactor;
  reactor.current = null;
  try {
    return make();
  } finally {
    reactor.current = current;
  }
}

/** What an operation gave, with the promised object where it gave one. A failure is handed on as it is, with what it knows. */
function withPromised(result: unknown): unknown {
  if (!Array.isArray(result)) return result;
  const first: unknown = result[0];
  return typeof first === "object" && isSocketObject(first)
    ? [promised(first as Operations)]
    : result;
}
