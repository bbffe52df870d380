/** What is of no use to a peer that does not read. */
import type { Operation } from "effection";

/** A socket, which may have "linger". */
interface MayLinger {
  readonly setoption?:
    ((name: "linger", value: { on: boolean; timeout: number }) => unknown) | undefined;
}

/**
 * Perform `steps`, which send something of which a half is of no use: when they are halted, throw, or are out of time, nobody is to wait at `close`
 * until that has been delivered.
 *
 * @param late whether the result is that they were out of time
 */
export function* sendWhole<R>(
  socket: MayLinger,
  steps: Operation<R>,
  late: (result: R) => boolean,
): Operation<R> {
  let stuck = true;
  try {
    const result = yield* steps;
    stuck = late(result);
    return result;
  } finally {
    if (stuck) socket.setoption?.("linger", { on: true, timeout: 0 });
  }
}
