/** The end of a fiber whose connection was given away as a stream: what the peer still sends is dropped up to its end, whoever has read it until then. */
import { Writable } from "node:stream";
import { expect } from "chai";
import { suspend } from "effection";
import { fork, serve, socket } from "cosocket";
import { settle } from "cosocket/testing";
import { listening, made, portOf, until } from "../../support/pairs.js";
import { inVirtualTime } from "../../support/simulated.js";
import type { AnyStream } from "../../support/transports.js";

/** Seconds for which it waits in vain: the clock is a virtual one. */
const IN_VAIN = 1;

type Stream = ReturnType<AnyStream["duplex"]>;
/** It reads, takes no more, and then ends before the stream does. */
const readers: Record<string, (stream: Stream) => () => void> = {
  "takes nothing": (stream) => {
    const into = new Writable({ write() {} });
    stream.pipe(into);
    return () => void into.destroy();
  },
  "has just begun to take again": (stream) => {
    let taking = false;
    let take = (): void => {};
    const into = new Writable({
      write: (_chunk, _encoding, done) => (taking ? done() : void (take = done)),
    });
    stream.pipe(into);
    return () => {
      into.once("drain", () => into.destroy());
      taking = true;
      take();
    };
  },
};

describe("a connection that was given away, at the end of its fiber", () => {
  for (const [name, reads] of Object.entries(readers))
    it(`ends with its peer, though what it was piped into has ended before, and ${name}`, () =>
      inVirtualTime(function* () {
        const server = yield* listening();
        let stream!: Stream;
        let stop!: () => void;
        const service = yield* fork(() =>
          serve(server, function* (client) {
            stop = reads((stream = client.duplex()));
            yield* suspend();
          }),
        );
        const peer = yield* made(socket.tcp());
        socket.try(yield* peer.connect("127.0.0.1", portOf(server)));
        yield* fork(() => peer.send("x".repeat(1_000_000)));
        yield* until(() => stream?.readableLength >= stream?.readableHighWaterMark);
        const began = socket.gettime();
        const end = yield* fork(() => service.halt());
        // All has left.
        expect((yield* peer.receive())[1]).to.equal("closed");
        yield* settle();
        stop();
        peer.close();
        yield* end;
        expect(socket.gettime() - began).to.be.below(IN_VAIN);
      }));
});
