/** What the primary process and its workers tell each other, over the channel of node:child_process. */
import type { PageAnswer, PageOptions } from "../inspect/index.js";
import type { ListenPlace } from "../network/index.js";

/** Messages of programs, in both directions. */
type Shared =
  | { cosocket: "message"; value: Uint8Array }
  /** The program has received so many more of them, of so many bytes. */
  | { cosocket: "received"; count: number; bytes: number };

export type Question = "status" | "fibers";

/** An error of Node's: a clone would lose its code. */
export interface PlainError {
  message: string;
  code: string | undefined;
  errno: number | undefined;
  syscall: string | undefined;
}

export type ToPrimary =
  | Shared
  /** Its program runs `cluster`. */
  | { cosocket: "hello" }
  | { cosocket: "ready" }
  /** It ends, though nobody has asked it to. */
  | { cosocket: "closing" }
  /** A server, by its number there, wants to listen; listens; does not any more, by the program's will, or because it cannot. */
  | { cosocket: "wanted"; server: number; place: ListenPlace }
  | { cosocket: "listening" | "closed"; server: number }
  | { cosocket: "answer"; question: Question; value: unknown }
  /** The path of the socket by which it can be looked into, or why there is none. */
  | { cosocket: "inspectable"; path: string | null; error: string | null }
  /** Its program wants a page; null: if there is one. */
  | { cosocket: "page"; options: PageOptions | null };

export type ToWorker =
  | Shared
  /** With the handle of its socket, or why there is none. */
  | { cosocket: "socket"; server: number; error: PlainError | null }
  /** End, within so many seconds. `last`: nobody takes its place. */
  | { cosocket: "drain"; seconds: number; last: boolean }
  | { cosocket: "question"; question: Question }
  /** Let yourself be looked into. */
  | { cosocket: "inspect" }
  | ({ cosocket: "page" } & PageAnswer);

/** Whether a message is one of these, and not of the program's own. */
export function isOurs(message: unknown): message is { cosocket: string } {
  return (
    typeof message === "object" &&
    message !== null &&
    typeof (message as { cosocket?: unknown }).cosocket === "string"
  );
}

export function toPlain(error: Error): PlainError {
  const { message, code, errno, syscall } = error as NodeJS.ErrnoException;
  return { message, code, errno, syscall };
}

export function fromPlain({ message, ...rest }: PlainError): Error {
  return Object.assign(new Error(message), rest);
}

/** What can send: a process of node:child_process, and `process` in a child. */
interface Channel {
  readonly connected?: boolean;
  send?(message: unknown, handle?: never, options?: undefined, done?: () => void): boolean;
}

/** Sends over a channel, as long as there is one: whoever waits for an answer is told of its end. */
export function sender<Message>(channel: Channel): (message: Message, handle?: unknown) => void {
  return (message, handle) => {
    // Its types know the classes of node:net only, not the handles that are sent as well.
    if (channel.connected === true) channel.send!(message, handle as never, undefined, () => {});
  };
}
