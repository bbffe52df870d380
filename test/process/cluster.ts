/**
 * A primary process of node:cluster with three workers that echo lines. In the middle of a burst of clients one is disconnected by its
 * primary. Another is halted, and exits, when clients are on their way to it that it has not seen. The third stays. Prints what became
 * of the clients and of the workers.
 */
import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { connect } from "node:net";
import process from "node:process";
import { type Operation } from "effection";
import { type Handler, run, serve, socket } from "cosocket";

const CLIENTS = 50;
const MORE = 10;

const echo: Handler = function* (client) {
  for (;;) {
    const [line, err] = yield* client.receive();
    if (err) return;
    yield* client.send(`${process.pid} ${line}\n`);
  }
};

async function work(): Promise<void> {
  const serving = run(function* (): Operation<void> {
    const server = socket.try(yield* socket.bind("127.0.0.1", Number(process.env["AT"])));
    // With one at a time others wait in the worker to be accepted.
    yield* serve(server, echo, { grace: 10, idle: "close", maxConnections: 1 });
  });
  process.once("message", () => {
    // Meanwhile the primary gives it clients.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
    void serving.halt().then(() => process.exit(0));
  });
  await serving.catch(() => {});
}

interface Client {
  answer: string;
  /** Nothing more comes. */
  over: Promise<void>;
}

/** A client that says one line, and waits for the answer. */
function client(port: number, heard: () => void): Client {
  const socket = connect(port, "127.0.0.1", () => socket.write("hello\n"));
  const one: Client = { answer: "", over: once(socket, "close").then(() => {}) };
  socket.on("data", (data) => {
    one.answer += String(data);
    if (!one.answer.endsWith("\n")) return;
    socket.end();
    heard();
  });
  socket.on("error", (error) => (one.answer = String(error)));
  return one;
}

async function lead(): Promise<void> {
  // A port that is free, for all of them.
  const { createServer } = await import("node:net");
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { port: number };
  probe.close();
  const workers: Worker[] = [];
  for (let i = 0; i < 3; i++) workers.push(cluster.fork({ AT: String(port) }));
  const exits = workers.map(async (worker) => String((await once(worker, "exit"))[0]));
  await Promise.all(workers.map((worker) => once(worker, "listening")));
  const [told, disconnected, stays] = workers as [Worker, Worker, Worker];
  let answers = 0;
  const clients: Client[] = [];
  const heard = (): void => {
    if (++answers === 5) disconnected.disconnect();
  };
  for (let i = 0; i < CLIENTS; i++) clients.push(client(port, heard));
  const patience = setTimeout(() => {
    console.log(`lost: ${clients.filter(({ answer }) => answer === "").length}`);
    process.exit(1);
  }, 10_000);
  await Promise.all(clients.map(({ over }) => over));
  told.send("end");
  for (let i = 0; i < MORE; i++) clients.push(client(port, heard));
  await Promise.all(clients.map(({ over }) => over));
  const good = clients.filter(({ answer }) => / hello\n$/.test(answer)).length;
  console.log(`answered: ${good} of ${clients.length}`);
  console.log(`exits: ${await exits[0]} ${await exits[1]}`);
  clearTimeout(patience);
  stays.process.kill("SIGKILL");
}

await (cluster.isPrimary ? lead() : work());
