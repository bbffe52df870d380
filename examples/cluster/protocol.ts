/**
 * What clients and nodes say to each other, in lines:
 *
 *     join <room> <name> <place>      the client, first: it has seen everything up to that place ("0": nothing)
 *     joined <room>
 *     say <id> <text>                 the client: the same id again is the same message
 *     saved <id> <place>              the node: it is in the log
 *     message <place> <id> <name> <text>
 *     ping, pong                      so that each knows that the other is there; also as the first line, from a balancer
 *     bye                             the node ends: another one has all that it had
 *     error <text>
 */
import type { Entry } from "./log.js";

/** A longer line is nobody's. In bytes. */
export const LONGEST = 8192;

const WORD = "([\\w-]{1,64})";
const JOIN = new RegExp(`^join ${WORD} ${WORD} ${WORD}$`);
const SAY = new RegExp(`^say ${WORD} (.*)$`);
const SAVED = new RegExp(`^saved ${WORD} ${WORD}$`);
const MESSAGE = new RegExp(`^message ${WORD} ${WORD} ${WORD} (.*)$`);

export type Line =
  | { verb: "join"; room: string; name: string; place: string }
  | { verb: "say"; id: string; text: string }
  | { verb: "saved"; id: string; place: string }
  | { verb: "message"; entry: Entry }
  | { verb: "joined" | "ping" | "pong" | "bye" }
  | { verb: "error"; text: string };

/** What a line says. */
export function parse(line: string): Line {
  const [verb = ""] = line.split(" ", 1);
  switch (verb) {
    case "joined":
    case "ping":
    case "pong":
    case "bye":
      return { verb };
    case "join": {
      const [, room, name, place] = JOIN.exec(line) ?? [];
      if (place !== undefined) return { verb, room: room!, name: name!, place };
      break;
    }
    case "say": {
      const [, id, text] = SAY.exec(line) ?? [];
      if (text !== undefined) return { verb, id: id!, text };
      break;
    }
    case "saved": {
      const [, id, place] = SAVED.exec(line) ?? [];
      if (place !== undefined) return { verb, id: id!, place };
      break;
    }
    case "message": {
      const [, place, id, name, text] = MESSAGE.exec(line) ?? [];
      if (text !== undefined) return { verb, entry: { place: place!, id: id!, name: name!, text } };
      break;
    }
  }
  return { verb: "error", text: line };
}

export function messageLine({ place, id, name, text }: Entry): string {
  return `message ${place} ${id} ${name} ${text}\n`;
}
