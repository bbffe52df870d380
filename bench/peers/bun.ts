/**
 * The line echo server on Bun.listen, for the benchmark; run by Bun. It says "port <n>". Told "collect", it collects garbage, and says so.
 */
import { createInterface } from "node:readline";

interface BunSocket {
  data: { rest: string; unsent: string };
  /** How many bytes of it were taken. */
  write(data: string): number;
}

/** As much of Bun as is used here; its types are not installed. */
declare const Bun: {
  gc(force: boolean): void;
  listen(options: {
    hostname: string;
    port: number;
    socket: {
      open(socket: BunSocket): void;
      data(socket: BunSocket, chunk: Buffer): void;
      drain(socket: BunSocket): void;
      error(socket: BunSocket, error: Error): void;
    };
  }): { port: number };
};

/** What Bun does not take now has to be kept until it has room. */
function write(socket: BunSocket, text: string): void {
  if (socket.data.unsent === "") text = text.slice(Math.max(0, socket.write(text)));
  socket.data.unsent += text;
}

const { port } = Bun.listen({
  hostname: "127.0.0.1",
  port: 0,
  socket: {
    open(socket) {
      socket.data = { rest: "", unsent: "" };
    },
    data(socket, chunk) {
      const text = socket.data.rest + chunk.toString("latin1");
      let start = 0;
      for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
        write(socket, text.slice(start, end) + "\n");
        start = end + 1;
      }
      socket.data.rest = text.slice(start);
    },
    drain(socket) {
      const { unsent } = socket.data;
      socket.data.unsent = "";
      write(socket, unsent);
    },
    error() {},
  },
});

// Without it a server would outlive a benchmark that was killed.
process.stdin.on("end", () => process.exit());
createInterface({ input: process.stdin }).on("line", () => {
  Bun.gc(true);
  console.log("collected");
});
console.log(`port ${port}`);
