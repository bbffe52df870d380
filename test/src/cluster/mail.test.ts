/** Messages between two processes, as their ends see them. */
import { expect } from "chai";
import { fork, sleep } from "cosocket";
import { arrived, Mail, WINDOW } from "../../../src/cluster/mail.js";
import { inVirtualTime } from "../../support/simulated.js";

const MiB = 1024 * 1024;

/** Two ends, and what is between them. */
function ends(): { from: Mail; to: Mail; under: Uint8Array[] } {
  const under: Uint8Array[] = [];
  const from: Mail = new Mail("the other", (envelope) => {
    if (envelope.cosocket === "message") under.push(envelope.value);
  });
  const to = new Mail("the one", (envelope) => {
    if (envelope.cosocket === "received") from.admit(envelope);
  });
  from.admit(WINDOW);
  return { from, to, under };
}

describe("the messages between two processes of a cluster", () => {
  it("wait when those that were not received have many bytes, however few they are", () =>
    inVirtualTime(function* () {
      const { from, to, under } = ends();
      let sent = 0;
      yield* fork(function* () {
        for (; sent < 10; sent++) yield* from.send(Buffer.alloc(4 * MiB));
      });
      yield* sleep(1);
      expect(sent).to.equal(4);
      const received: number[] = [];
      while (under.length > 0) {
        const one = arrived(under.shift()!);
        received.push((one.message as Buffer).length);
        to.received(one);
        yield* sleep(1);
        expect(under.length).to.be.at.most(4);
      }
      expect(received).to.deep.equal(Array<number>(10).fill(4 * MiB));
    }));

  it("go one by one when each has more bytes than may be under way", () =>
    inVirtualTime(function* () {
      const { from, to, under } = ends();
      let sent = 0;
      yield* fork(function* () {
        // The other end has received this one, and not said so: it need not for so little.
        yield* from.send(Buffer.alloc(7 * MiB));
        for (; sent < 3; sent++) yield* from.send(Buffer.alloc(20 * MiB));
      });
      for (let i = 1; i <= 3; i++) {
        yield* sleep(1);
        expect(sent).to.equal(i);
        for (const one of under.splice(0)) to.received(arrived(one));
      }
    }));

  it("are what was sent, when it has left", () =>
    inVirtualTime(function* () {
      const { from, under } = ends();
      const message = {
        text: "ä",
        bytes: Buffer.from("b"),
        when: new Date(5),
        more: new Map([[1n, new Set("a")]]),
      };
      yield* from.send(message);
      message.text = "changed";
      expect(arrived(under[0]!).message).to.deep.equal({ ...message, text: "ä" });
    }));
});
