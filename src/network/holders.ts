/** Which descriptors belong to an object already: two on one would take each other's input, and close it twice. */

/** Each tells whether the object still has it. */
const holders = new Map<number, () => boolean>();

/** Throws TypeError where an object has it. */
export function mustBeFree(fd: number, what: string): void {
  const holds = holders.get(fd);
  if (holds?.() === true) throw taken(fd, what);
  holders.delete(fd);
}

/** An object has it, as long as `holds` says so. */
export function held(fd: number, holds: () => boolean): void {
  holders.set(fd, holds);
}

/** Throws TypeError for the error by which Node says that it polls the descriptor already: for an object that was made otherwise, ours or its own. */
export function mustNotBePolled(error: unknown, fd: number, what: string): void {
  if ((error as NodeJS.ErrnoException | undefined)?.code === "EEXIST") throw taken(fd, what);
}

function taken(fd: number, what: string): TypeError {
  return new TypeError(
    `${what}: descriptor ${fd} belongs to an object already: use that one, or close it before`,
  );
}
