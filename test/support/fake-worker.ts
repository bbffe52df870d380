/** A worker of node:cluster without a process: it does what a test says. */
import { EventEmitter } from "node:events";
import type { Worker } from "node:cluster";

export interface Told {
  cosocket: string;
  [field: string]: unknown;
}

export class FakeWorker extends EventEmitter {
  readonly told: Told[] = [];
  readonly killed: string[] = [];
  readonly process = {
    pid: (1000 + this.id) as number | undefined,
    connected: true,
    send: (message: Told): boolean => {
      // As the channel does.
      this.told.push(structuredClone(message));
      this.emit("told", message);
      return true;
    },
    kill: (signal: string): boolean => {
      this.killed.push(signal);
      this.exits(null, signal);
      return true;
    },
  };

  constructor(readonly id: number) {
    super();
  }

  /** What node:cluster would give. */
  get asWorker(): Worker {
    return this as unknown as Worker;
  }

  /** It sends a message. */
  says(cosocket: string, more: object = {}): void {
    this.emit("message", structuredClone({ cosocket, ...more }));
  }

  begins(): void {
    this.says("hello");
    this.says("ready");
  }

  /** Its process has left the channel: a moment before it exits. */
  leaves(): void {
    this.process.connected = false;
    this.emit("disconnect");
  }

  exits(code: number | null, signal: string | null = null): void {
    this.process.connected = false;
    this.emit("exit", code, signal);
  }
}
