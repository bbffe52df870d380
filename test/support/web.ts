/** Requests as a browser, or somebody worse, makes them. */
import { type IncomingHttpHeaders, request, type RequestOptions } from "node:http";

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A request, and all of its reply. @param url with what is not in it as `options`; of a Unix socket `http://unix/...` and `socketPath` */
export function ask(
  url: string,
  options: RequestOptions & { request?: typeof request; ca?: string } = {},
  body?: string,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asked = (options.request ?? request)(url, { agent: false, ...options }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: text }),
      );
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

export interface ServerSentEvent<T> {
  event: string;
  data: T;
}

/** A stream of events: what has come, and what comes. */
export class Events<T> {
  readonly all: ServerSentEvent<T>[] = [];
  closed = false;
  private heard: (() => void)[] = [];

  private constructor(private readonly asked: ReturnType<typeof request>) {}

  static open<T>(url: string, options: RequestOptions = {}): Promise<Events<T>> {
    return new Promise((resolve, reject) => {
      const asked = request(url, { agent: false, ...options }, (response) => {
        const events = new Events<T>(asked);
        if (response.statusCode !== 200) {
          response.resume();
          return reject(new Error(`status ${response.statusCode}`));
        }
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
          for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
            events.take(text.slice(0, end));
            text = text.slice(end + 2);
          }
        });
        response.on("error", () => {});
        response.on("close", () => {
          events.closed = true;
          events.tell();
        });
        resolve(events);
      });
      asked.on("error", reject);
      asked.end();
    });
  }

  /** How many have been asked for. */
  private given = 0;

  private take(text: string): void {
    const [, event, data] = /^event: (\w+)\ndata: (.*)$/s.exec(text)!;
    this.all.push({ event: event!, data: JSON.parse(data!) as T });
    this.tell();
  }

  private tell(): void {
    for (const tell of this.heard.splice(0)) tell();
  }

  /** The next that nobody has asked for. */
  async next(): Promise<ServerSentEvent<T>> {
    while (this.all.length === this.given && !this.closed)
      await new Promise<void>((resolve) => this.heard.push(resolve));
    if (this.all.length === this.given) throw new Error("the stream has ended");
    return this.all[this.given++]!;
  }

  close(): void {
    this.asked.on("error", () => {});
    this.asked.destroy();
  }
}
