/** A worker's server that ends, on a socket of the kernel's. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { expect } from "chai";
import { Servers } from "../../../src/cluster/listening.js";

describe("the server of a worker whose place nobody takes", () => {
  it("accepts all that the kernel has taken before it closes, also when it is told so right after one has come", async () => {
    let came = 0;
    const clients = 5;
    const server = createServer((socket) => {
      came++;
      socket.end().resume();
      if (came > 1) return;
      for (let i = 0; i < clients; i++) connect(port, "127.0.0.1").resume();
      // They are connected in the next tick: Node has not seen them when the server is to end.
      process.nextTick(() => process.nextTick(() => servers.close(true)));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const servers = new Servers(
      () => {},
      () => {},
    );
    servers.wanted({
      place: { address: "127.0.0.1", port, ipv6Only: false, reusePort: false },
      begin: () => {},
      came: () => came,
      close: () => void server.close(),
    });
    connect(port, "127.0.0.1").resume();
    await once(server, "close");
    expect(came).to.equal(1 + clients);
  });
});
