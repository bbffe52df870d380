/** Which methods of the objects give promises. The compiler sees to it that none is missing, and none too many. */
import type { Operation } from "effection";
import type { Sequence } from "../stream/index.js";
import type { Operations } from "./types.js";

/** Of an object, the names of what gives an operation. */
export type OperationNames<O> = {
  [Name in keyof O]: O[Name] extends (...args: never) => infer R
    ? [R] extends [Sequence<unknown>]
      ? never
      : [R] extends [Operation<unknown>]
        ? Name
        : never
    : never;
}[keyof O];

type NamesOfAny<O> = O extends Operations ? OperationNames<O> : never;

const METHODS: Readonly<Record<NamesOfAny<Operations>, true>> = {
  accept: true,
  bind: true,
  closing: true,
  connect: true,
  dohandshake: true,
  flush: true,
  listen: true,
  peek: true,
  receive: true,
  receiveany: true,
  receivefrom: true,
  receivepartial: true,
  send: true,
  sendto: true,
  setfd: true,
  setpeername: true,
  setsockname: true,
};

/** Whether a method of this name gives an operation. */
export function givesOperation(name: string): boolean {
  return Object.hasOwn(METHODS, name);
}
