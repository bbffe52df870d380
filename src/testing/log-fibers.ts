import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { channels, type FiberEvent } from "../../reactor/index.js";
import type { Log } from "./log.js";

/** Write into the log what fibers do: begin and end; with `all` also what each waits for, and when it goes on. */
export function logFibers(log: Log, all: boolean): () => void {
  const tells = [
    [channels.spawn, ({ fiber }: FiberEvent) => log.add(fiber.name, "begins")],
    [channels.end, ({ fiber }: FiberEvent) => log.add(fiber.name, `ends: ${fiber.ending}`)],
    ...(all
      ? ([
          [
            channels.park,
            ({ fiber, wait, effect = wait }: FiberEvent) =>
              log.add(fiber.name, `waits for ${effect!.description}`),
          ],
          [channels.resume, ({ fiber }: FiberEvent) => log.add(fiber.name, "goes on")],
        ] as const)
      : []),
  ] as const;
  for (const [channel, tell] of tells) subscribe(channel.name, tell as (event: unknown) => void);
  return () => {
    for (const [channel, tell] of tells)
      unsubscribe(channel.name, tell as (event: unknown) => void);
  };
}
