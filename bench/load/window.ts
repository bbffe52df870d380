/** What a load is told, and what it gives to be measured. */
export interface LoadOptions {
  port: number;
  /** Lines in flight on each connection, connections, or bytes. */
  amount: number;
}

/** A load that is under way. */
export interface Begun {
  /** How much was done since it began. */
  count(): number;
  /** Does it all, and ends then; without it the load goes on for as long as it is measured. */
  ended?(): Promise<void>;
}

export const CONNECTIONS = 50;
/** 64 bytes. */
export const LINE = "x".repeat(63) + "\n";
export const ignore = (): void => {};
