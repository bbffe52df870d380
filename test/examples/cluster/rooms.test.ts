/** Who comes to a room of examples/cluster is told what is behind his place, wherever that is beside what the node knows. */
import { expect } from "chai";
import type { Operation } from "effection";
import { fork, socket, type Tcp } from "cosocket";
import { simulate } from "cosocket/testing";
import { chatNode } from "../../../examples/cluster/chat-node.js";
import { MemoryLog } from "../../../examples/cluster/memory-log.js";

/** A room with so many messages, and somebody who enters it at each place, one after the other, while the others stay. */
function enter(messages: number, places: readonly number[]): Promise<unknown> {
  return simulate({}, function* (world) {
    const log = new MemoryLog();
    const say = (text: string): Operation<string> =>
      log.append("red", { id: text, name: "ann", text });
    for (let i = 1; i <= messages; i++) yield* say(String(i));
    yield* world.host("node", function* () {
      yield* chatNode(socket.try(yield* socket.bind("*", 7786)), log);
    });
    const client = function* (place: number): Operation<Tcp> {
      const tcp = socket.try(yield* socket.connect("node", 7786));
      yield* tcp.send(`join red ben ${place}\n`);
      expect(yield* tcp.receive()).to.deep.equal(["joined red"]);
      return tcp;
    };
    const told = function* (tcp: Tcp, from: number, to: number): Operation<void> {
      for (let i = from; i <= to; i++)
        expect(yield* tcp.receive()).to.deep.equal([`message ${i} ${i} ann ${i}`]);
    };
    const clients: Tcp[] = [];
    for (const place of places) {
      const tcp = yield* client(place);
      clients.push(tcp);
      yield* told(tcp, place + 1, messages);
    }
    const last = messages + 1;
    yield* yield* fork(() => say(String(last)));
    for (const tcp of clients) {
      yield* told(tcp, last, last);
      tcp.close();
    }
  });
}

describe("a room on a node", () => {
  it("tells who was away for longer than the first one that it knows", () => enter(10, [8, 3, 0]));

  it("tells who was away for shorter", () => enter(10, [2, 8, 10]));

  it("tells who was away for longer than it remembers", () => enter(2100, [0, 900, 2050]));
});
