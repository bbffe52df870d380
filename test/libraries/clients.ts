/** Clients of Node's libraries over a connection of ours: how each takes it, and what it says on it. */
import type * as net from "node:net";
import { expect } from "chai";
import { call, type Operation } from "effection";
import { Redis } from "ioredis";
import mqtt from "mqtt";
import nodemailer from "nodemailer";
import pg from "pg";
import * as undici from "undici";
import { WebSocket } from "ws";

/** One conversation, whole, on a connection; it fails if that does. */
export type Conversation = (stream: net.Socket) => Operation<void>;

/** A promise that is left, if the conversation is halted. */
const done = <T>(act: () => Promise<T>): Operation<T> => call(act);

export function* overUndici(stream: net.Socket): Operation<void> {
  const client = new undici.Client("http://test.invalid", {
    connect: (_, callback) => queueMicrotask(() => callback(null, stream)),
  });
  try {
    for (let i = 0; i < 3; i++) {
      const text = yield* done(async () => {
        const { body } = await client.request({
          path: "/echo",
          method: "POST",
          body: `number ${i}`,
        });
        return await body.text();
      });
      expect(text).to.equal(`number ${i}`);
    }
  } finally {
    void client.destroy().catch(() => {});
  }
}

export function* overWs(stream: net.Socket): Operation<void> {
  const socket = new WebSocket("ws://test.invalid/echo", { createConnection: () => stream });
  try {
    const answers: string[] = [];
    yield* done(
      () =>
        new Promise<void>((resolve, reject) => {
          socket.on("error", reject);
          socket.on("close", () => reject(new Error("closed")));
          socket.on("open", () => socket.send("1"));
          socket.on("message", (data) => {
            answers.push(String(data as Buffer));
            if (answers.length === 3) resolve();
            else socket.send(String(answers.length + 1));
          });
        }),
    );
    expect(answers).to.deep.equal(["1", "2", "3"]);
  } finally {
    socket.on("error", () => {});
    socket.terminate();
  }
}

export function* overIoredis(stream: net.Socket): Operation<void> {
  class Given {
    connect(): Promise<net.Socket> {
      return Promise.resolve(stream);
    }
    check(): boolean {
      return true;
    }
    disconnect(): void {
      stream.end();
    }
  }
  const redis = new Redis({
    Connector: Given as never,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  redis.on("error", () => {});
  try {
    const answers = yield* done(async () => [
      await redis.set("cosocket", "1"),
      await redis.incr("cosocket"),
      await Promise.all([redis.get("cosocket"), redis.get("cosocket")]),
      await redis.del("cosocket"),
    ]);
    expect(answers).to.deep.equal(["OK", 2, ["2", "2"], 1]);
  } finally {
    redis.disconnect();
  }
}

export function* overPg(stream: net.Socket): Operation<void> {
  // pg connects the stream that it is given: this one is connected already.
  stream.connect = () => {
    process.nextTick(() => stream.emit("connect"));
    return stream;
  };
  const client = new pg.Client({ stream: () => stream, user: "postgres", database: "postgres" });
  client.on("error", () => {});
  try {
    const rows = yield* done(async () => {
      await client.connect();
      const { rows } = await client.query<{ n: number }>(
        "select n from generate_series($1::int, 3) n",
        [1],
      );
      return rows;
    });
    expect(rows).to.deep.equal([{ n: 1 }, { n: 2 }, { n: 3 }]);
  } finally {
    void client.end().catch(() => {});
  }
}

export function* overNodemailer(stream: net.Socket): Operation<void> {
  const secured = "encrypted" in stream;
  const mailer = nodemailer.createTransport({
    connection: stream,
    secured,
    ignoreTLS: true,
    host: "localhost",
  } as never);
  try {
    const info = yield* done(() =>
      mailer.sendMail({
        from: "a@test.invalid",
        to: "b@test.invalid",
        subject: "s",
        text: "hello",
      }),
    );
    expect((info as { accepted?: unknown }).accepted).to.deep.equal(["b@test.invalid"]);
  } finally {
    mailer.close();
  }
}

export function* overMqtt(stream: net.Socket): Operation<void> {
  const client = new mqtt.MqttClient(() => stream as never, {
    reconnectPeriod: 0,
    clientId: `cosocket-${process.pid}`,
    protocolVersion: 4,
    protocolId: "MQTT",
    clean: true,
    keepalive: 60,
    connectTimeout: 30_000,
  } as never);
  try {
    const messages: string[] = [];
    yield* done(
      () =>
        new Promise<void>((resolve, reject) => {
          client.on("error", reject);
          client.on("close", () => reject(new Error("closed")));
          client.on("message", (_, payload) => {
            messages.push(String(payload));
            if (messages.length === 2) resolve();
          });
          client.on("connect", () => {
            client.subscribe("cosocket", { qos: 1 }, () => {
              client.publish("cosocket", "one", { qos: 1 });
              client.publish("cosocket", "two", { qos: 1 });
            });
          });
        }),
    );
    expect(messages).to.deep.equal(["one", "two"]);
  } finally {
    client.on("error", () => {});
    client.end(true);
  }
}
