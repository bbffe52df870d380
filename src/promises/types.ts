/**
 * The types of `cosocket/promises`: those of `cosocket`, mapped. What gives an operation gives a promise of the same result, and takes a
 * signal behind its arguments; the objects in results and arguments are the promised ones; everything else is as it is.
 */
import type { Operation } from "effection";
import type { BoundaryReader } from "../connection/index.js";
import type { Sequence, Stream as StreamOperations } from "../stream/index.js";
import type { Tcp as TcpOperations } from "../tcp/index.js";
import type { Udp as UdpOperations } from "../udp/index.js";
import type { Unix as UnixOperations } from "../unix/index.js";

/** What each function that gives a promise takes behind its other arguments, or among its options if it has some. */
export interface Abortable {
  /**
   * Halts the operation when it is aborted: the promise rejects with the signal's reason, and nothing is lost. Nothing begins if it is
   * aborted already.
   */
  signal?: AbortSignal | undefined;
}

/** The objects of `cosocket` whose promised ones there are. */
export type Operations = TcpOperations | UnixOperations | UdpOperations | StreamOperations;

/** An object of `cosocket` as it is in `cosocket/promises`. */
export type Promised<O> = O extends TcpOperations
  ? Tcp
  : O extends UnixOperations
    ? Unix
    : O extends UdpOperations
      ? Udp
      : O extends StreamOperations
        ? Stream
        : never;

/** What a promise gives of what an operation gives: the same, with promised objects. */
export type Value<V> = V extends Operations
  ? Promised<V>
  : V extends readonly [Operations, ...unknown[]]
    ? { [K in keyof V]: Value<V[K]> }
    : V;

/** Arguments, and a signal behind them; also where those that may be left out are. */
type AndSignal<A extends readonly unknown[]> = number extends A["length"]
  ? A
  : A extends readonly []
    ? [options?: Abortable]
    : A extends readonly [infer First, ...infer Rest]
      ? [First, ...AndSignal<Rest>]
      : A extends readonly [(infer First)?, ...infer Rest]
        ? [options?: Abortable | WithSignal<First>] | [First | undefined, ...AndSignal<Rest>]
        : A;

/** Options that a function has of its own take the signal, too. */
type WithSignal<Options> = Options extends string | number | undefined
  ? never
  : Options & Abortable;

/** One signature of a function. */
interface Performing<A extends readonly unknown[], V> {
  (...args: A): Promise<Value<V>>;
  (...args: AndSignal<A>): Promise<Value<V>>;
}
type Signature<A extends readonly unknown[], R> =
  R extends Operation<infer V> ? Performing<A, V> : never;

/** A function that gives an operation, as one that gives a promise. (All overloads: of one that has fewer the compiler repeats the last.) */
export type PromisedFunction<F> = F extends {
  (...args: infer A1): infer R1;
  (...args: infer A2): infer R2;
  (...args: infer A3): infer R3;
}
  ? Signature<A1, R1> & Signature<A2, R2> & Signature<A3, R3>
  : never;

/** A member of an object, or a function of a namespace. */
export type PromisedMember<M> = M extends (...args: infer A) => infer R
  ? [R] extends [Sequence<infer T>]
    ? (...args: [...A, options?: Abortable]) => AsyncIterable<T, void>
    : [R] extends [Operation<unknown>]
      ? PromisedFunction<M>
      : [R] extends [Operations]
        ? (...args: A) => Promised<R>
        : [R] extends [BoundaryReader]
          ? (...args: A) => PromisedFunction<R>
          : M
  : M;

/** All members of an object, or of a namespace. */
export type PromisedMembers<O> = { [Name in keyof O]: PromisedMember<O[Name]> };

/** A TCP object whose methods give promises: LuaSocket's tcp{master}, tcp{server} and tcp{client} in one. */
export interface Tcp extends PromisedMembers<TcpOperations> {
  /** The same object with operations, for `yield*`. */
  readonly operations: TcpOperations;
}

/** A Unix domain stream object whose methods give promises. */
export interface Unix extends PromisedMembers<UnixOperations> {
  /** The same object with operations, for `yield*`. */
  readonly operations: UnixOperations;
}

/** A UDP object whose methods give promises. */
export interface Udp extends PromisedMembers<UdpOperations> {
  /** The same object with operations, for `yield*`. */
  readonly operations: UdpOperations;
}

/** A stream object (a Duplex, a pipe, a child process) whose methods give promises. */
export interface Stream extends PromisedMembers<StreamOperations> {
  /** The same object with operations, for `yield*`. */
  readonly operations: StreamOperations;
}
