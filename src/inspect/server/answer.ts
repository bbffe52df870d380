/** What is answered to whoever asks for something. */
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";

/** Something that is asked for: JSON, or other text. What it throws is told as an error of the server. */
export type Route = (query: URLSearchParams, response: ServerResponse) => Answer | Promise<Answer>;

export interface Answer {
  status?: number;
  type: string;
  content: string | Buffer;
  headers?: OutgoingHttpHeaders;
}

export const text = (content: string, status = 200): Answer => ({
  status,
  type: "text/plain; charset=utf-8",
  content: `${content}\n`,
});

export const json = (value: unknown): Answer => ({
  type: "application/json",
  content: JSON.stringify(value),
});
