/** A server of FTP, with files in memory, that says what it is told to. */
import { type Operation } from "effection";
import { socket, type Tcp } from "cosocket";
import type { Replies } from "./mail-server.js";

/** What a server has, and what it has heard. */
export interface FtpWorld {
  files: Map<string, Buffer>;
  lines: string;
  /** How uploads have ended: "closed" by their end, or why not. */
  ends: string[];
}

export const ftpWorld = (files: Record<string, string> = {}): FtpWorld => ({
  files: new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text, "latin1")])),
  lines: "",
  ends: [],
});

const USUAL: Record<string, string> = {
  "": "220 here\r\n",
  USER: "331 who are you\r\n",
  PASS: "230 you are in\r\n",
  TYPE: "200 fine\r\n",
  CWD: "250 fine\r\n",
  QUIT: "221 bye\r\n",
  NOOP: "200 fine\r\n",
  DELE: "250 gone\r\n",
  RNFR: "350 and to?\r\n",
  RNTO: "250 fine\r\n",
  STAT: "211-status\r\n all is well\r\n211 end\r\n",
};

/** One client. */
export class FtpServer {
  private listener: Tcp | undefined;
  private target: [host: string, port: number] | undefined;
  private place = 0;

  constructor(
    private readonly client: Tcp,
    private readonly world: FtpWorld,
    private readonly replies: Replies = () => undefined,
  ) {}

  *serve(): Operation<void> {
    const { client, world } = this;
    client.setencoding("latin1");
    client.settimeout(30);
    try {
      for (let command = ""; ;) {
        if (!(yield* this.answer(command)) || /^quit/i.test(command)) return;
        const [line, err, partial] = yield* client.receive("*L");
        world.lines += line ?? partial;
        if (err) return;
        command = line.trimEnd();
      }
    } finally {
      this.listener?.close();
    }
  }

  /** Whether there is more to come. */
  private *answer(command: string): Operation<boolean> {
    const [name, ...rest] = command.split(" ") as [string, ...string[]];
    const argument = rest.join(" ");
    if (/^(EPSV|PASV)$/.test(name)) return yield* this.say(command, yield* this.passive(name));
    if (/^(PORT|EPRT)$/.test(name)) {
      const numbers = argument.split(",").map(Number);
      this.target =
        name === "PORT"
          ? [numbers.slice(0, 4).join("."), numbers[4]! * 256 + numbers[5]!]
          : [argument.split("|")[2]!, Number(argument.split("|")[3])];
      return yield* this.say(command, "200 fine\r\n");
    }
    if (/^(RETR|LIST|NLST|STOR|APPE)$/.test(name))
      return yield* this.transfer(name, argument, command);
    return yield* this.say(command, USUAL[name] ?? "502 what?\r\n");
  }

  private *say(command: string, usual: string): Operation<boolean> {
    const reply = this.replies(command, this.place++) ?? usual;
    if (reply !== "") yield* this.client.send(reply.replace("{port}", String(this.port)));
    // Half a line is its last word.
    return reply.endsWith("\n");
  }

  private get port(): number {
    return Number(this.listener?.getsockname()[1] ?? 1);
  }

  private *passive(name: string): Operation<string> {
    this.listener?.close();
    const [host] = this.client.getsockname();
    this.listener = socket.try(yield* socket.bind(String(host), 0));
    const numbers = [...String(host).split("."), this.port >> 8, this.port & 255].join(",");
    return name === "EPSV" ? `229 here (|||${this.port}|)\r\n` : `227 here (${numbers})\r\n`;
  }

  private *transfer(name: string, argument: string, command: string): Operation<boolean> {
    const { world } = this;
    const up = /^(STOR|APPE)$/.test(name);
    const file = world.files.get(argument);
    const content = /LST|LIST/.test(name) ? Buffer.from(this.list(argument)) : file;
    const usual = up || content ? "150 here it comes\r\n" : "550 no such file\r\n";
    const reply = this.replies(command, this.place++) ?? usual;
    if (reply === "") return false;
    yield* this.client.send(reply);
    if (!reply.startsWith("1")) return true;
    const data = yield* this.connection();
    if (data === undefined) return yield* this.say("data", "425 no connection\r\n");
    if (up) {
      const [bytes, err, partial] = yield* data.receive(Infinity);
      world.ends.push(err ?? "closed in order");
      const got = bytes ?? partial ?? Buffer.alloc(0);
      const before = name === "APPE" ? (file ?? Buffer.alloc(0)) : Buffer.alloc(0);
      world.files.set(argument, Buffer.concat([before, got]));
      data.close();
      return yield* this.say("data", err ? "426 cut off\r\n" : "226 have it\r\n");
    }
    yield* data.send(content ?? "");
    data.close();
    return yield* this.say("data", "226 that was it\r\n");
  }

  /** A folder as Unix tells of it: those there are whose names begin with it. Otherwise all names. */
  private list(folder: string): string {
    const names = [...this.world.files.keys()];
    const inside = names.filter((name) => name.startsWith(`${folder}/`));
    if (folder === "" || inside.length === 0) return names.map((name) => `${name}\r\n`).join("");
    const entries = new Map(
      inside.map((name) => {
        const [entry, ...below] = name.slice(folder.length + 1).split("/") as [string];
        return [entry, below.length > 0 ? "drwxr-xr-x" : "-rw-r--r--"];
      }),
    );
    const lines = [...entries].map(([entry, mode]) => `${mode} 1 ftp ftp 1 Jan 01 00:00 ${entry}`);
    return lines.map((line) => `${line}\r\n`).join("");
  }

  private *connection(): Operation<Tcp | undefined> {
    let data: Tcp | undefined;
    if (this.target !== undefined) [data] = yield* socket.connect(...this.target);
    else if (this.listener !== undefined) {
      this.listener.settimeout(30);
      [data] = yield* this.listener.accept();
      this.listener.close();
    }
    data?.settimeout(30);
    return data;
  }
}
