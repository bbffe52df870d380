/**
 * Closing a server ended those that it had not accepted, as if they had been served and there were no more to say. The kernel resets them, and so
 * with LuaSocket.
 */
import * as net from "node:net";
import { expect } from "chai";
import { socket } from "cosocket";
import { check } from "../support/check.js";
import { readable, until } from "../support/pairs.js";

describe("020: clients that nobody accepted got an end", () => {
  it("a server that is closed resets those that it has not accepted", () =>
    check(function* () {
      const server = socket.try(yield* socket.bind("127.0.0.1", 0));
      const peer = net.connect(server.getsockname()[1] as number, "127.0.0.1");
      let error: NodeJS.ErrnoException | undefined;
      peer.on("error", (reason) => (error = reason));
      yield* readable(server);
      server.close();
      yield* until(() => error !== undefined);
      expect(error!.code).to.equal("ECONNRESET");
    }));
});
