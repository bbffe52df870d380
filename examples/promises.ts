// npm run example:promises
//
// Async functions all through: who sends lines "host port" is told whether somebody listens there, and what he says first.
// Ctrl-C ends it within a second: who is being answered is answered, who is idle is told good-bye.
// Talk to it with: nc 127.0.0.1 7779
import { serve, socket, type Tcp } from "cosocket/promises";

const port = Number(process.env["PORT"] ?? 7779);

/** Whoever listens there, in words. It is closed however this ends. */
async function ask(host: string, port: number, signal: AbortSignal): Promise<string> {
  const result = await socket.connect(host, port, { signal });
  if (result[1]) return result[1];
  using peer = result[0];
  peer.settimeout(0.5);
  const [greeting, err] = await peer.receive("*l", { signal });
  return err ? `listens, and says nothing (${err})` : `listens, and says ${greeting}`;
}

const answer = async (line: string, signal: AbortSignal): Promise<string> => {
  const [, host, port] = /^(\S+) (\d{1,5})$/.exec(line) ?? [];
  if (host === undefined || Number(port) > 65_535) return "say: <host> <port>";
  try {
    // Its own time is over, or the server's is.
    const limit = AbortSignal.timeout(5000);
    return await ask(host, Number(port), AbortSignal.any([limit, signal]));
  } catch (error) {
    if ((error as Error).name === "TimeoutError") return "no answer";
    throw error;
  }
};

async function handler(client: Tcp, { signal }: { signal: AbortSignal }): Promise<void> {
  try {
    for await (const line of client.lines({ signal }))
      await client.send(`${await answer(line, signal)}\n`);
  } catch (error) {
    if (!signal.aborted) throw error;
    await client.send("good-bye\n");
  }
}

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());

const server = socket.try(await socket.bind("127.0.0.1", port));
console.log(`listening on ${String(server)}: try \`nc 127.0.0.1 ${server.getsockname()[1]}\``);
try {
  await serve(server, handler, { name: "ask", grace: 0.3, signal: stop.signal });
} catch (error) {
  if (!stop.signal.aborted) throw error;
  console.log("done");
}
