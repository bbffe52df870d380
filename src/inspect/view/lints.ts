/** What is conspicuous about a fiber, in words. */
export const LINTS = {
  slow: "has run for more than 50 ms at a time: meanwhile nothing else ran",
  overdue: "waits for longer than its timeout should allow",
  busy: "has run for seconds without waiting, or has never waited",
  untimed:
    "waits for a peer for minutes, without a timeout: if that has vanished, it waits for ever",
  undrained: "has sent what does not leave: the peer does not read",
  holding: "holds a lock for seconds while others wait for it",
} as const;

export type Lint = keyof typeof LINTS;
