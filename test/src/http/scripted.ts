/** A server that says what it is told to, byte for byte. */
import * as net from "node:net";
import type { Script } from "./cases.js";

/** A request as it came, its fields in the order of their names. */
function told(request: string, port: number): string {
  const [head, ...body] = request.split("\r\n\r\n");
  const [line, ...fields] = head!.split("\r\n");
  const text = [line, ...fields.sort(), "", ...body].join("\n");
  return text.replaceAll(String(port), "PORT");
}

function whole(request: string): boolean {
  const [head, ...rest] = request.split("\r\n\r\n");
  const body = rest.join("\r\n\r\n");
  if (rest.length === 0) return false;
  if (/^transfer-encoding:/im.test(head!)) return /(^|\n)0\r\n\r\n$/.test(body);
  return body.length >= Number(/^content-length: (\d+)/im.exec(head!)?.[1] ?? 0);
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class Scripted {
  readonly requests: string[] = [];
  private connections = 0;
  private readonly server: net.Server;
  private readonly open = new Set<net.Socket>();

  constructor(private readonly answers: readonly Script[]) {
    this.server = net.createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
      const script = this.answers[this.connections++] ?? [];
      let request = "";
      let answering = false;
      this.open.add(socket);
      socket.setEncoding("latin1");
      socket.on("close", () => this.open.delete(socket)).on("error", () => {});
      socket.on("end", () => socket.end());
      socket.on("data", (part: string) => {
        request += part;
        if (answering || !whole(request)) return;
        answering = true;
        this.requests.push(told(request, this.port));
        void this.play(socket, script);
      });
    });
  }

  private async play(socket: net.Socket, script: Script): Promise<void> {
    for (const step of script) {
      if (step === "wait") return;
      if (step === "reset") return void socket.resetAndDestroy();
      socket.write(step.replaceAll("ADDRESS", `127.0.0.1:${this.port}`), "latin1");
      await turn();
    }
    socket.end();
  }

  get port(): number {
    return (this.server.address() as net.AddressInfo).port;
  }
  listen(): Promise<this> {
    return new Promise((resolve) => this.server.listen(0, "127.0.0.1", () => resolve(this)));
  }
  async close(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
