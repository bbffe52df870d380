/** The options of an object by their names, as its methods need them. Which there are, and what they do, is told by src/options. */
import type { Result } from "./result.js";

/** For the compiler only: where the type of an object has its options. */
export declare const OPTIONS: unique symbol;

/** What has options: for each name, what getoption gives. */
export interface HasOptions {
  readonly [OPTIONS]: object;
}

/** Sets and gets them. */
export interface OptionAccess {
  set(name: string, value: unknown): Result<1>;
  get(name: string): Result<OptionValue>;
}

/** LuaSocket's value of "linger". `timeout` in seconds. */
export interface Linger {
  on: boolean;
  timeout: number;
}

/** What `getoption` gives of an option whose name is only known at run time; "linger" is an object, "error" may be undefined. */
export type OptionValue = boolean | number | string | Linger | undefined;

/** A name of an option that is only known when the program runs: string, or a template with a string in it. Others are never. */
export type Dynamic<N extends string> = Record<never, never> extends Record<N, unknown> ? N : never;

/** Of options, those that can be set. (What may hold nothing is only for getoption.) */
export type Settable<O> = { [N in keyof O as undefined extends O[N] ? never : N]: O[N] };

/** What setoption takes after the name of one of these options; true need not be said. */
export type Setting<O, N extends keyof O> = true extends O[N] ? [value?: O[N]] : [value: O[N]];
