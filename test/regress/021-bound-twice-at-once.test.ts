/**
 * Whether an object was bound was looked at before its name was looked up and not after it: of two that bound one object at once both were told that
 * it had worked, and one descriptor was lost.
 */
import { readdirSync } from "node:fs";
import { expect } from "chai";
import { socket } from "cosocket";
import { check } from "../support/check.js";
import { both, made, until } from "../support/pairs.js";
import { socketPath } from "../support/transports.js";

const NAME = "localhost";

const failure = (error: string): unknown => [undefined, error, undefined];

const descriptors = (): number => readdirSync("/proc/self/fd").length;

describe("021: an object that two tasks bound at once", () => {
  it("an object that several tasks want to bind is bound once, by name, by address, and by path", () =>
    check(function* () {
      const path = yield* socketPath();
      for (const host of [NAME, "127.0.0.1"]) {
        const before = process.platform === "linux" ? descriptors() : 0;
        const tcp = yield* made(socket.tcp4());
        const results = yield* both(
          () => tcp.bind(host, 0),
          () => tcp.bind(host, 0),
        );
        expect(results).to.have.deep.members([[1], failure("invalid argument")]);
        tcp.close();
        if (process.platform === "linux") {
          yield* until(() => descriptors() <= before);
        }
        const udp = yield* made(socket.udp4());
        expect(
          yield* both(
            () => udp.setsockname(host, 0),
            () => udp.setsockname(host, 0),
          ),
        ).to.have.deep.members([[1], failure("invalid argument")]);
      }
      const unix = yield* made(socket.unix());
      expect(
        yield* both(
          () => unix.bind(path),
          () => unix.bind(path),
        ),
      ).to.have.deep.members([[1], failure("invalid argument")]);
    }));
});
