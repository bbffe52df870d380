/** What must be in nothing that anybody sees: keys, passwords, what was sent. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { createServer } from "node:http";
import { expect } from "chai";
import { ensure, suspend, until as awaiting } from "effection";
import { fork, nodeHandler, serve, socket } from "cosocket";
import { http } from "cosocket/http";
import { operationChannels, recordStacks, snapshot, socketChannels, watch } from "cosocket/inspect";
import { channels } from "cosocket/reactor";
import { check } from "../../support/check.js";
import { listening, portOf, until } from "../../support/pairs.js";
import { serverParams, serves, trusting } from "../../support/tls.js";

const SECRET = "c0rrect-horse";

describe("what is told of a program", () => {
  it("has no key, no password, and nothing that was sent or received in it", () =>
    check(function* () {
      const told: string[] = [];
      const listener = (event: unknown): void => {
        // Fibers are the program's own objects: they print as one line.
        told.push(JSON.stringify(event));
      };
      const names = [
        ...operationChannels().flatMap((name) =>
          ["start", "end", "asyncStart", "asyncEnd", "error"].map(
            (one) => `tracing:${name}:${one}`,
          ),
        ),
        ...Object.values({ ...channels, ...socketChannels }).map(({ name }) => name as string),
      ];
      for (const name of names) {
        subscribe(name, listener);
        yield* ensure(() => void unsubscribe(name, listener));
      }
      const before = recordStacks(true);
      const stop = watch();

      const [server] = yield* serves(
        function* (client) {
          yield* client.receive();
          yield* client.receive("*l", `${SECRET}-prefix`);
        },
        { tls: serverParams },
      );
      const secure = socket.tcp();
      socket.try(yield* secure.connect("127.0.0.1", portOf(server)));
      socket.try(yield* secure.dohandshake({ ...trusting, password: SECRET }));
      yield* secure.send(`password ${SECRET}\nmore of ${SECRET}`);

      const web = yield* listening();
      const node = createServer((_request, response) => response.write(SECRET));
      yield* fork(() => serve(web, nodeHandler(node)));
      const url = `http://user:${SECRET}@127.0.0.1:${portOf(web)}/path?token=${SECRET}`;
      const asking = yield* fork(() =>
        http.request({ url, method: "POST", headers: { x: SECRET } }),
      );
      const driven = yield* fork(function* () {
        yield* awaiting(Promise.resolve(SECRET));
        yield* suspend();
      });
      yield* until(() => snapshot().fibers.some(({ waitsFor }) => waitsFor?.includes("receive")));

      const shown = JSON.stringify(snapshot({ paths: true })) + told.join("\n");
      expect(shown).to.include("TLSv1.3").and.include("receive");
      expect(shown).to.not.include(SECRET);
      const key = serverParams.key as string;
      for (const line of key.split("\n").filter((line) => line.length > 20))
        expect(shown).to.not.include(line);
      yield* asking.halt();
      yield* driven.halt();
      secure.close();
      stop();
      recordStacks(before);
    }));
});
