/** The kernel's buffers of a datagram socket, in bytes: Linux doubles what is asked for, within bounds. */
const DEFAULT = 212_992;
const LEAST_RECEIVE = 1152;
const LEAST_SEND = 2304;
const MOST = DEFAULT;

export class KernelBuffers {
  receive = DEFAULT;
  send = DEFAULT;

  setReceive(bytes: number): void {
    this.receive = 2 * Math.min(Math.max(bytes, LEAST_RECEIVE), MOST);
  }
  setSend(bytes: number): void {
    this.send = 2 * Math.min(Math.max(bytes, LEAST_SEND), MOST);
  }
}
