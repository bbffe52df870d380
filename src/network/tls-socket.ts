/** An encrypted socket that is given to others: what Node's own tls would have told it, and what it has still to write. */
import * as net from "node:net";
import type { Duplex } from "node:stream";
import type * as tls from "node:tls";

/** What a stream below may know of where it is, and Node asks handles for. */
const PLACES = [
  "remoteAddress",
  "remotePort",
  "remoteFamily",
  "localAddress",
  "localPort",
  "localFamily",
] as const;

/** Make it what node:tls would have handed out. @param distrust why its peer is not to be trusted, if it is not */
export function complete(socket: tls.TLSSocket, under: Duplex, distrust: Error | undefined): void {
  const code = (distrust as NodeJS.ErrnoException | undefined)?.code;
  // Node leaves these to its tls.Server. Its types have the error's code for an error.
  Object.assign(socket, {
    secureConnecting: false,
    authorized: distrust === undefined,
    authorizationError: distrust === undefined ? null : (code ?? distrust.message),
  });
  // Without a tls.Server Node tells by this event only.
  socket.on("_tlsError", (error: Error) => socket.destroy(error));
  if (under instanceof net.Socket) return;
  for (const name of PLACES) {
    const get = (): unknown => (under as Partial<net.Socket>)[name];
    Object.defineProperty(socket, name, { get, configurable: true });
  }
}

type Hooks = Partial<Pick<net.Socket, "_write" | "_writev" | "_final">>;

/**
 * OpenSSL takes one write at a time: until the one that is under way has left, nothing of the socket's own is written.
 *
 * @returns to be called when it has left, or failed
 */
export function holdBack(socket: net.Socket): (error: Error | null) => void {
  let next: (() => void) | null = null;
  // As own properties: behind them are the methods of the class.
  socket._write = (chunk, encoding, done) => {
    next = () => socket._write(chunk, encoding, done);
  };
  socket._writev = (chunks, done) => {
    next = () => socket._writev!(chunks, done);
  };
  socket._final = (done) => {
    next = () => socket._final(done);
  };
  return (error) => {
    const hooks = socket as Hooks;
    delete hooks._write;
    delete hooks._writev;
    delete hooks._final;
    if (error !== null) socket.destroy(error);
    else next?.();
  };
}
