/** Random scripts that are played in two worlds, in which every answer has to be the same. */
import fc from "fast-check";
import type { Operation } from "effection";
import { run, socket, type Udp } from "cosocket";

/** Seconds before each step: long enough for what is on its way. The same in test/peers/answers.lua. */
export const PAUSE = 0.002;
/** Timeout of each object, in seconds. The same in answers.lua. */
export const PATIENCE = 0.005;
/** A busy machine may be too slow for them once, or twice. */
const ATTEMPTS = 5;

export function scriptsOf<Step>(
  steps: fc.Arbitrary<Step>,
  options: { seed: number; numRuns: number },
): Step[][] {
  return fc.sample(fc.array(steps, { minLength: 8, maxLength: 16 }), options);
}

/** Two datagram objects; their ports, and that of one that is gone. */
export function* datagramPair(): Operation<[ends: Udp[], ports: unknown[]]> {
  const ends = [socket.udp4(), socket.udp4(), socket.udp4()];
  for (const end of ends) socket.try(yield* end.setsockname("127.0.0.1", 0));
  const ports = ends.map((end) => end.getsockname()[1]);
  ends.pop()!.close();
  return [ends, ports];
}

/** What a method returns; of one that may wait, when it has finished. */
export function* called(object: object, method: string, args: unknown[]): Operation<unknown> {
  const result = (object as Record<string, (...args: unknown[]) => unknown>)[method]!(...args);
  const waits = typeof result === "object" && result !== null && !Array.isArray(result);
  return waits ? yield* result as Operation<unknown> : result;
}

/** What was answered at first, if that is as it should be; else a script is played again until it is, or has had its attempts. */
export async function answersOf(
  play: () => Operation<string[]>,
  expected: string[],
  first: string[],
): Promise<string[]> {
  let answers = first;
  for (let attempt = 1; attempt < ATTEMPTS && String(answers) !== String(expected); attempt++)
    answers = await run(play);
  return answers;
}
