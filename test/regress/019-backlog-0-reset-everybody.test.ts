/**
 * The backlog was compared before those who wait to accept were served: with 0 each client was reset although somebody was waiting for it. As in the
 * kernel 0 has room for one.
 */
import * as net from "node:net";
import { expect } from "chai";
import { type Tcp, socket } from "cosocket";
import { check } from "../support/check.js";
import { both, made, readable, until } from "../support/pairs.js";

describe("019: backlog 0 reset everybody", () => {
  it("a server with backlog 0 has room for one, and takes as many as are accepted", () =>
    check(function* () {
      const server = yield* made(socket.tcp());
      socket.try(yield* server.bind("127.0.0.1", 0, 0));
      const port = server.getsockname()[1] as number;
      for (let i = 0; i < 5; i++) {
        const [[served], [client]] = (yield* both(
          () => server.accept(),
          () => socket.connect("127.0.0.1", port),
        )) as [[Tcp], [Tcp]];
        yield* served.send("hello\n");
        expect(yield* client.receive()).to.deep.equal(["hello"]);
        client.close();
        served.close();
      }
      const waits = yield* made(socket.try(yield* socket.connect("127.0.0.1", port)));
      yield* readable(server);
      const refused = net.connect(port, "127.0.0.1").on("error", () => {});
      yield* until(() => refused.destroyed);
      expect(server.refused).to.equal(1);
      const served = yield* made(socket.try(yield* server.accept()));
      yield* served.send("hello\n");
      expect(yield* waits.receive()).to.deep.equal(["hello"]);
    }));
});
