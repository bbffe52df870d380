/** Sessions remember by what the server was verified: another client must not take the verdict over. */

const origins = new WeakMap<Uint8Array, string>();

/** A session that is given to the user. */
export function rememberSession(session: Buffer, trust: string): Buffer {
  origins.set(session, trust);
  return session;
}

/** Where it comes from; undefined for a copy, of which only the user knows. */
export function trustOf(session: Uint8Array): string | undefined {
  return origins.get(session);
}
