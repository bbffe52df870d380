import { expect } from "chai";
import { call, type Operation, suspend } from "effection";
import { fork, serve, sleep, socket, type Tcp } from "cosocket";
import { copas } from "cosocket/copas";
import { dump, recordStacks, snapshot } from "cosocket/inspect";
import { settle, simulate } from "cosocket/testing";
import { check } from "../../support/check.js";
import { portOf, until } from "../../support/pairs.js";
import { program } from "../../support/process.js";

function* waitsInside(): Operation<void> {
  yield* sleep(Infinity);
}

/** Without ages, which differ, and without files. */
function shape(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.replace(/\d+\.\d{3} s/g, "AGE").replace(/ \(?\/.*$/, ""));
}

describe("dump", () => {
  it("prints the tree, with what each waits for, for how long and where, and those that are alike in one line", () =>
    check(function* () {
      const server = socket.try(yield* socket.bind("127.0.0.1", 0));
      const handler = function* (client: Tcp): Operation<void> {
        client.settimeout(60);
        yield* client.receive();
      };
      const service = yield* fork(() => serve(server, handler, { name: "chat" }), { name: "top" });
      const clients: Tcp[] = [];
      for (let i = 0; i < 20; i++)
        clients.push(socket.try(yield* socket.connect("127.0.0.1", portOf(server))));
      const other = yield* fork(
        function* () {
          yield* fork(waitsInside, { name: "below" });
          yield* suspend();
        },
        { name: "above" },
      );
      yield* until(() => snapshot().sockets.length === 41);
      yield* until(() => snapshot().fibers.filter(({ kind }) => kind === "read").length >= 20);
      yield* until(() => snapshot().fibers.some(({ name, since }) => name === "below" && since));
      const lines = shape(dump());
      expect(lines[0]).to.match(/^\d+ fibers, 41 open sockets, \d ready, 20 deadlines$/);
      expect(lines[1]).to.match(
        /^server chat at 127\.0\.0\.1:\d+: 20 accepted, 0 refused, 0 waiting, 20 live, 0 errors$/,
      );
      const at = (start: string): number => lines.findIndex((line) => line.startsWith(start));
      const crowd = at('    20 x chat:client_*: receive("*l") on tcp{client} for AGE to AGE');
      expect(crowd, lines.join("\n")).to.be.above(at("  chat"));
      expect(lines[crowd + 1]).to.match(/^ {8}the first: chat:client_\d+: receive\("\*l"\) on tcp/);
      expect(lines[crowd + 2]).to.equal("        at handler");
      expect(at("  below: sleep(Infinity) for AGE"), lines.join("\n")).to.equal(
        at("above (promoted): suspend for AGE") + 2,
      );
      expect(lines.length).to.be.below(20);
      for (const client of clients) client.close();
      yield* service.halt();
      yield* other.halt();
    }));

  it("asks, of more than a thousand fibers, for the place of the first of those that are alike, and numbers deep levels", () =>
    check(function* () {
      const chain = function* (depth: number): Operation<void> {
        if (depth > 0) yield* fork(() => chain(depth - 1), { name: `deep${"x".repeat(depth)}` });
        yield* sleep(Infinity);
      };
      const deep = yield* fork(() => chain(60), { name: "deep" });
      const crowd = yield* fork(function* () {
        for (let i = 0; i < 1000; i++)
          yield* fork(i % 2 === 0 ? waitsInside : () => chain(0), { name: `one_${i}` });
        yield* suspend();
      });
      yield* until(() => snapshot().fibers.every(({ state }) => state !== "ready"));
      const lines = shape(dump());
      const at = lines.findIndex((line) => line.includes("1000 x one_*: sleep(Infinity)"));
      expect(lines[at + 2]).to.match(/^ +at waitsInside$/);
      expect(lines.filter((line) => line.includes("x one_*"))).to.have.length(1);
      const last = lines.find((line) => line.includes("(level 60) deepx: sleep(Infinity)"));
      expect(last).to.match(/^ {80}\(/);
      yield* deep.halt();
      yield* crowd.halt();
    }));

  it("puts first, of those with one parent, what has waited longest", () =>
    check(function* () {
      const parent = yield* fork(
        function* () {
          yield* fork(() => sleep(Infinity), { name: "young" });
          const door = copas.semaphore.new(1);
          yield* fork(() => door.take(), { name: "old" });
          yield* sleep(Infinity);
        },
        { name: "parent" },
      );
      yield* settle();
      const [old, young] = [...parent.children()].reverse();
      (young!.waiting as { since: number }).since += 5;
      (old!.waiting as { since: number }).since -= 5;
      const names = shape(dump()).flatMap((line) => /^ {2}(\w+): /.exec(line)?.[1] ?? []);
      expect(names).to.deep.equal(["old", "young"]);
      yield* parent.halt();
    }));
});

describe("a dump, whatever names there are", () => {
  it("has a line for each, and nothing in it that a terminal would obey", () =>
    check(function* () {
      const name = "evil\u001b[2J\u009b31m\r\nserver fake at 1: 0 accepted \u202e";
      const fiber = yield* fork(() => sleep(Infinity), { name });
      yield* settle();
      const lines = dump().split("\n");
      expect(lines.filter((line) => line.startsWith("server"))).to.deep.equal([]);
      // eslint-disable-next-line no-control-regex
      expect(dump()).to.not.match(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
      yield* fiber.halt();
    }));
});

describe("dumpOn", () => {
  it("prints a dump to stderr at the signal, and the process goes on", function () {
    if (process.platform === "win32") this.skip();
    return check(function* () {
      const text = `
        import { run, sleep, fork } from "cosocket";
        import { dumpOn } from "cosocket/inspect";
        dumpOn();
        run(function* patient() {
          console.log("ready");
          yield* sleep(Infinity);
        }, { name: "patient" });
        setTimeout(() => {}, 60_000);
      `;
      const running = yield* program(process.execPath, ["--input-type=module", "-e", text]);
      yield* call(() => running.prints(/ready/));
      for (let i = 0; i < 2; i++) {
        running.out = "";
        running.child.kill("SIGUSR2");
        const shown = /patient: sleep\(Infinity\) for \d+\.\d{3} s\n\s+at patient/;
        expect(yield* call(() => running.prints(shown))).to.have.length(1);
      }
    });
  });
});

describe("a simulation in which nobody can go on", () => {
  it("shows the tree, with ages and places, with those that are alike in one line", async () => {
    const before = recordStacks(true);
    const error = await simulate({}, function* () {
      for (let i = 0; i < 30; i++) yield* fork(waitsInside, { name: `waiter_${i}` });
      yield* sleep(5);
      yield* waitsInside();
    }).catch((thrown: Error) => thrown);
    recordStacks(before);
    expect(String(error)).to.match(/30 x waiter_\*: sleep\(Infinity\) for 5\.000 s to 5\.000 s/);
    expect(String(error)).to.match(
      /program: sleep\(Infinity\) for 0\.000 s\n.*\n\s+at waitsInside \(/,
    );
  });
});
