import { plain } from "../view/format.js";

/** What a person is told who has asked for what cannot be done: without a stack, and without what a terminal would obey, since it may be what somebody has answered. */
export class Problem extends Error {
  constructor(message: string) {
    super(message.split("\n").map(plain).join("\n"));
  }
}
