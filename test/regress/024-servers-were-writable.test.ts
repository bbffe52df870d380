/**
 * Whether an object is writable was answered without a look at what it is: a server always was, and a loop that had one among those to be written to
 * spun. LuaSocket never finds one writable.
 */
import { expect } from "chai";
import { socket } from "cosocket";
import { ensure } from "effection";
import { check } from "../support/check.js";
import { listening, portOf } from "../support/pairs.js";

describe("024: servers were writable", () => {
  it("select never finds a server writable, nor a master whose bind has failed", () =>
    check(function* () {
      const server = yield* listening();
      const master = socket.tcp();
      yield* ensure(() => void master.close());
      expect((yield* master.bind("127.0.0.1", portOf(server)))[1]).to.equal(
        "address already in use",
      );
      expect(yield* socket.select([], [server, master], 0)).to.deep.equal([[], [], "timeout"]);
      yield* server.listen();
      const client = socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
      const [readable, writable] = yield* socket.select([server, master], [server, master, client]);
      expect(writable).to.deep.equal([client]);
      expect(readable.length).to.be.below(2);
      yield* socket.select([server]);
      expect(yield* socket.select([server, master], [server, master])).to.deep.equal([
        [server],
        [],
      ]);
      client.close();
    }));
});
