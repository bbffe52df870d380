/** The log in NATS JetStream: one stream, with a subject for each room. */
import { ensure, type Operation, until } from "effection";
import {
  connect,
  DeliverPolicy,
  type JetStreamClient,
  type JsMsg,
  nanos,
  NatsError,
  type NatsConnection,
} from "nats";
import { Backoff, sleep } from "cosocket";
import type { Entry, Log, Message, Take } from "./log.js";

const STREAM = "CHAT";
/** How long an id is remembered, in milliseconds: a client that was away for longer may say something twice. */
const REMEMBERED = 3_600_000;
/** So many messages of a room are kept. */
const KEPT = 100_000;
/** Milliseconds for an answer. */
const PATIENCE = 2_000;

export function* openNatsLog(server: string): Operation<Log> {
  const connection = yield* until(
    connect({
      servers: server,
      waitOnFirstConnect: true,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 50,
      reconnectJitter: 200,
    }),
  );
  yield* ensure(function* () {
    yield* until(connection.close());
  });
  yield* persistently(() => makeStream(connection));
  return new NatsLog(connection.jetstream());
}

/** The same again changes nothing. */
async function makeStream(connection: NatsConnection): Promise<void> {
  const manager = await connection.jetstreamManager();
  await manager.streams.add({
    name: STREAM,
    subjects: [`${STREAM}.*`],
    duplicate_window: nanos(REMEMBERED),
    max_msgs_per_subject: KEPT,
  });
}

class NatsLog implements Log {
  constructor(private readonly stream: JetStreamClient) {}

  *append(room: string, message: Message): Operation<string> {
    // By its id the server knows a message that it has already.
    const options = { msgID: `${room} ${message.id}`, timeout: PATIENCE };
    const saved = yield* persistently(() =>
      this.stream.publish(subjectOf(room), JSON.stringify(message), options),
    );
    return String(saved.seq);
  }

  *follow(room: string, after: string, take: Take): Operation<void> {
    const consumer = yield* persistently(() =>
      this.stream.consumers.get(STREAM, {
        filterSubjects: subjectOf(room),
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: Number(after) + 1,
      }),
    );
    // An ordered one: when it has lost its place, or its server, it begins again behind the last message that it gave.
    const messages = yield* persistently(() => consumer.consume());
    try {
      const iterator = messages[Symbol.asyncIterator]();
      for (;;) {
        const next = yield* until(iterator.next());
        if (next.done) throw new Error(`the consumer of ${room} has ended`);
        if ((yield* take(entryOf(next.value))) === "enough") return;
      }
    } finally {
      messages.stop();
    }
  }
}

function subjectOf(room: string): string {
  return `${STREAM}.${room}`;
}

function entryOf(message: JsMsg): Entry {
  return { ...message.json<Message>(), place: String(message.seq) };
}

/** Again and again while NATS is out of reach, or is not ready yet. */
function* persistently<T>(ask: () => Promise<T>): Operation<T> {
  const backoff = new Backoff({ initial: 0.05, maximum: 2 });
  for (;;) {
    try {
      return yield* until(ask());
    } catch (error) {
      if (!(error instanceof NatsError)) throw error;
    }
    yield* sleep(backoff.next());
  }
}
