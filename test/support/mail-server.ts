/** A server of SMTP that says what it is told to, and keeps what it hears. */
import type { Operation } from "effection";
import type { Result, Tcp } from "cosocket";

/** What a conversation was. */
export interface Heard {
  /** All that was said to it, over all connections. */
  lines: string;
  /** The messages that have come whole, with the dots that were doubled. */
  messages: string[];
}

/** The reply to a command, as it goes over the wire; undefined: the usual one; "" is none: the connection is closed. */
export type Replies = (command: string, place: number) => string | undefined;

const USUAL: Record<string, string> = {
  "": "220 here\r\n",
  EHLO: "250-here\r\n250-SIZE 1000\r\n250 AUTH LOGIN PLAIN\r\n",
  DATA: "354 go on\r\n",
  QUIT: "221 bye\r\n",
  AUTH: "235 you are in\r\n",
};

export const nothingHeard = (): Heard => ({ lines: "", messages: [] });

/** Serves one client. */
export function* smtpServer(
  client: Tcp,
  heard: Heard,
  replies: Replies = () => undefined,
): Operation<void> {
  client.setencoding("latin1");
  client.settimeout(30);
  for (let place = 0, command = ""; ; place++) {
    const usual = USUAL[command.split(" ")[0]!.toUpperCase()] ?? "250 fine\r\n";
    const reply = replies(command, place) ?? usual;
    if (reply === "") return;
    yield* client.send(reply);
    // Half a line is its last word.
    if (command === "QUIT" || !reply.endsWith("\n")) return;
    if (command === "DATA" && reply.startsWith("354")) {
      const [message, err] = yield* client.receiveuntil("\r\n.\r\n")();
      if (err) return;
      heard.messages.push(message.toString("latin1"));
      heard.lines += `${message.toString("latin1")}\r\n.\r\n`;
      command = ".";
      continue;
    }
    const [line, err, partial]: Result<string, string> = yield* client.receive("*L");
    heard.lines += line ?? partial;
    if (err) return;
    command = line.trimEnd();
  }
}
