/** The Unix socket by which this process can be looked into: one, however many inspectors it has. */
import { rmSync } from "node:fs";
import type { Operation } from "effection";
import { fail, type Result } from "../object/index.js";
import { socket } from "../socket.js";
import type { Unix } from "../unix/index.js";
import { keepForOwner, rendezvous, socketOf } from "./rendezvous.js";

export interface Rendezvous {
  /** Null: it is another inspector's. */
  readonly server: Unix | null;
  readonly path: string;
  /** It is not served any more. */
  close(): void;
  /** The process ends without a word. */
  remove(): void;
}

/** The path of this process's socket, as long as it is open. */
let own: string | null = null;

/** The path at which this process can be looked into now. */
export const ownPath = (): string | null => own;

/** Or why there is none, in words. */
export function* openSocket(): Operation<[Rendezvous, undefined] | [undefined, string]> {
  if (own !== null) return [ofAnother(own), undefined];
  try {
    const path = (own = socketOf(rendezvous(), process.pid));
    const [server, err] = yield* bindAt(path);
    if (err) own = null;
    if (err) return [undefined, `${path}: ${err}`];
    keepForOwner(path);
    const close = (): void => void (own = null);
    const remove = (): void => rmSync(path, { force: true });
    return [{ server, path, close, remove }, undefined];
  } catch (error) {
    own = null;
    return [undefined, (error as Error).message];
  }
}

const ofAnother = (path: string): Rendezvous => ({
  server: null,
  path,
  close: () => {},
  remove: () => {},
});

/** Nobody else has this process's id; but somebody may have left his socket behind who had it, and was killed. */
function* bindAt(path: string): Operation<Result<Unix>> {
  const server = socket.unix();
  const [, err] = yield* server.bind(path);
  if (!err) return [server];
  const probe = socket.unix();
  const [, refused] = yield* probe.connect(path);
  probe.close();
  if (refused !== "connection refused") return fail(err);
  rmSync(path, { force: true });
  const again = socket.unix();
  const [, still] = yield* again.bind(path);
  return still ? fail(still) : [again];
}
