/**
 * `getsockname` of a connection that broke said 0.0.0.0, port 0, as if the object had never been connected. LuaSocket, and the kernel, say that there
 * is no connection.
 */
import { expect } from "chai";
import { check } from "../support/check.js";
import { pair } from "../support/pairs.js";

describe("018: the addresses of a dead connection", () => {
  it("a connection that was reset has no addresses any more", () =>
    check(function* () {
      const [client, served] = yield* pair();
      served.setoption("linger", { on: true, timeout: 0 });
      served.close();
      expect((yield* client.receive())[1]).to.equal("closed");
      const failure = [undefined, "transport endpoint is not connected", undefined];
      expect(client.getpeername()).to.deep.equal(failure);
      expect(client.getsockname()).to.deep.equal(failure);
      client.close();
    }));
});
