/** The processes of a cluster, which are killed and started again. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call, ensure, type Operation } from "effection";
import { all, reconnecting, socket } from "cosocket";
import { Program, root } from "../../support/process.js";

const running = new Set<ChildProcess>();
// Also if the test never ends.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A program that may run several times, one after the other, each time with the same arguments. */
export class Service {
  private program: Program | undefined = undefined;

  /** @param ready what it prints when it can be used; none: it is asked */
  constructor(
    private readonly command: string,
    private readonly args: string[],
    private readonly env: Record<string, string> = {},
    private readonly ready?: RegExp,
  ) {}

  get pid(): number {
    return this.program!.child.pid!;
  }

  /** What it has printed since it was started last. */
  get out(): string {
    return this.program?.out ?? "";
  }

  *start(): Operation<void> {
    const env = { ...process.env, NODE_V8_COVERAGE: "", ...this.env };
    const child = spawn(this.command, this.args, { env, stdio: ["ignore", "pipe", "pipe"] });
    running.add(child);
    const program = (this.program = new Program(child));
    const { ready } = this;
    if (ready !== undefined) yield* call(() => program.prints(ready));
  }

  /** Until it has gone. */
  *end(signal: "SIGKILL" | "SIGTERM"): Operation<void> {
    const { program } = this;
    if (program === undefined) return;
    program.child.kill(signal);
    yield* call(() => program.ends());
    running.delete(program.child);
    this.program = undefined;
  }
}

/** They are there while the scope is. */
export function* serving(...services: Service[]): Operation<void> {
  for (const service of services) yield* ensure(() => service.end("SIGKILL"));
  yield* all(services.map((service) => () => service.start()));
}

/** A folder, for as long as the scope is. */
export function* folder(): Operation<string> {
  const path = mkdtempSync(join(tmpdir(), "cosocket-cluster-"));
  yield* ensure(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Some that are free, and that the kernel gives to no connection while a server is being started again; nor does another suite that runs beside this one take them. */
export function* freePorts(count: number): Operation<number[]> {
  const own = 10_000 + (process.pid % 200) * 100;
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = own + Math.floor(Math.random() * 100);
    const [server] = yield* socket.bind("127.0.0.1", port);
    server?.close();
    if (server !== undefined) ports.add(port);
  }
  return [...ports];
}

/** What is acknowledged is on the disk. */
export function redisServer(port: number, path: string): Service {
  const durable = ["--appendonly", "yes", "--appendfsync", "always", "--save", "", "--dir", path];
  const args = ["--port", String(port), "--bind", "127.0.0.1", ...durable];
  return new Service("redis-server", args, {}, /Ready to accept/);
}

export function natsServer(port: number, path: string): Service {
  const args = ["-js", "-sd", path, "-a", "127.0.0.1", "-p", String(port)];
  return new Service("nats-server", args, {}, /Server is ready/);
}

export function chatNode(port: number, log: string): Service {
  const program = join(root, "dist/examples/cluster/node.js");
  const env = { PORT: String(port), LOG: log };
  return new Service(process.execPath, [program], env, /listening on/);
}

/** The balancer, with the example's own configuration. */
export class Balancer extends Service {
  private readonly admin: string;

  constructor(port: number, nodes: readonly number[], path: string) {
    const admin = join(path, "admin");
    const [NODE1, NODE2] = nodes.map((node) => `127.0.0.1:${node}`);
    const env = { CHAT: `127.0.0.1:${port}`, NODE1: NODE1!, NODE2: NODE2!, ADMIN: admin };
    super("haproxy", ["-db", "-f", join(root, "examples/cluster/haproxy.cfg")], env);
    this.admin = admin;
  }

  override *start(): Operation<void> {
    yield* super.start();
    yield* this.ask("show info");
  }

  /** A command of its runtime interface; it is asked until it answers. */
  *ask(text: string): Operation<string> {
    const { admin } = this;
    const [answer, err] = yield* reconnecting(
      function* () {
        const client = socket.unix();
        const result = yield* client.connect(admin);
        return result[1] ? result : ([client] as [typeof client]);
      },
      function* (client) {
        yield* client.send(`${text}\n`);
        return yield* client.receive("*a");
      },
      { backoff: { initial: 0.02, maximum: 0.2, attempts: 100 }, jitter: "none" },
    );
    if (err) throw new Error(`haproxy does not answer (${err}): ${this.out}`);
    return answer;
  }
}
