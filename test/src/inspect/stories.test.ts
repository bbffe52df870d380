/** The three stories of docs/seeing.md: what it says is to be seen there is so. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { call, ensure, type Operation } from "effection";
import { Model, type Message } from "../../../src/inspect/view/model.js";
import { check } from "../../support/check.js";
import { onlyInCI } from "../../support/counts.js";
import { program, root } from "../../support/process.js";
import { Events } from "../../support/web.js";

/** A program that is looked at until what is to be seen is there. */
function* story(name: string, seen: (model: Model) => boolean): Operation<Model> {
  const folder = mkdtempSync(join(tmpdir(), "cosocket-story-"));
  yield* ensure(() => rmSync(folder, { recursive: true }));
  const env = { COSOCKET_INSPECT: "127.0.0.1:0", XDG_RUNTIME_DIR: folder, PORT: "0" };
  const file = join(root, `dist/examples/seeing/${name}.js`);
  const running = yield* program(process.execPath, [file], env);
  const [, url] = yield* call(() => running.prints(/look at (\S+)/));
  const stream = yield* call(() => Events.open<Message>(`${url}events`));
  const model = new Model();
  do {
    const { event, data } = yield* call(() => stream.next());
    model.apply(event as "all" | "more", data);
  } while (!seen(model));
  stream.close();
  return model;
}

describe("the stories of docs/seeing.md", function () {
  this.timeout(30_000);
  before(function () {
    onlyInCI(this, "they take seconds");
  });

  it("a stuck client: the handler that waits longest has an answer without an end unread", () =>
    check(function* () {
      const longest = (model: Model) =>
        model.lines("wait", "relay:client receive").find(({ fiber }) => fiber.since !== null)
          ?.fiber;
      const model = yield* story("stuck", (model) => {
        const fiber = longest(model);
        return fiber !== undefined && model.head!.now - fiber.since! > 2;
      });
      const socket = model.socket(longest(model)!.socket)!;
      expect([socket.incoming, socket.unread]).to.deep.equal([false, 2]);
    }));

  it("a leak of fibers: there are more and more of one name, without a parent, and no more connections", () =>
    check(function* () {
      const count = (model: Model): number => model.lines("age", "heartbeat").length;
      const model = yield* story("leak", (model) => count(model) >= 10);
      expect(model.lines("age", "heartbeat").every(({ fiber }) => fiber.parent === null)).to.equal(
        true,
      );
      expect(model.servers().find(({ name }) => name === "echo")!.live).to.be.below(2);
    }));

  it("a slow turn: one handler is marked, and its longest run is as long as its work", () =>
    check(function* () {
      const model = yield* story("slow", (model) => model.lints().has("slow"));
      const [slow, ...others] = model.lines("busy", "slow");
      expect(others).to.deep.equal([]);
      expect(slow!.fiber.name).to.match(/^accounts:client_/);
      expect(slow!.fiber.longest).to.be.above(0.14);
    }));
});
