/** One measurement: a server, a load on it, and what came of it. */
import { type Command, LOAD_CORE, nodeCommand, Program, SERVER_CORE } from "./processes.js";
import { residentBytes } from "./usage.js";

/** What the load has found, as it says in JSON. */
export interface Done {
  /** Lines, connections, datagrams or bytes. */
  count: number;
  seconds: number;
  /** Of the server's processor; 0 if it was not told which process that is. */
  cpuSeconds: number;
}

export interface Load {
  work: string;
  /** Lines in flight, connections, bytes. */
  amount: number;
  /** How long it is measured, and how long the server may warm up before. */
  seconds?: number;
  warmup?: number;
}

function start(server: Program, port: number, load: Load): Program {
  const { work, amount, seconds = 0, warmup = 0 } = load;
  const options = { amount, seconds, warmup, pid: server.pid };
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  return new Program(nodeCommand("load/main.js", [work, String(port), ...args]), LOAD_CORE);
}

/** What was done for each second of the server's processor. */
export async function perCpuSecond(server: Command, load: Load): Promise<number> {
  return on(server, async (server, port) => {
    const client = start(server, port, load);
    try {
      const { count, cpuSeconds } = JSON.parse(await client.hears()) as Done;
      return count / cpuSeconds;
    } finally {
      client.end();
    }
  });
}

/**
 * Bytes of a server's memory with so many connections that have echoed a line each, and are idle; for each of `counts`, from less to more.
 *
 * @param collects whether the server takes "collect" on its standard input, and answers when it has collected garbage
 */
export async function residentWith(
  server: Command,
  counts: readonly number[],
  collects: boolean,
): Promise<number[]> {
  return on(server, async (server, port) => {
    const client = start(server, port, { work: "idle", amount: 0 });
    const bytes: number[] = [];
    try {
      for (const count of counts) {
        client.says(String(count));
        await client.hears();
        if (collects) {
          server.says("collect");
          await server.hears();
        }
        bytes.push(residentBytes(server.pid));
      }
      return bytes;
    } finally {
      client.end();
    }
  });
}

async function on<T>(
  command: Command,
  use: (server: Program, port: number) => Promise<T>,
): Promise<T> {
  const server = new Program(command, SERVER_CORE);
  try {
    return await use(server, await server.hearsNumber());
  } finally {
    server.end();
  }
}

/** The figure that a program finds by itself. */
export async function told(command: Command): Promise<number> {
  const program = new Program(command, SERVER_CORE);
  try {
    return await program.hearsNumber();
  } finally {
    program.end();
  }
}
