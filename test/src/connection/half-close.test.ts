import { expect } from "chai";
import { race } from "effection";
import { fork, sleep } from "cosocket";
import { until } from "../../support/pairs.js";
import { transports } from "../../support/transports.js";

for (const { name, pair, check } of transports) {
  describe(`half-close over ${name}`, () => {
    it("ours: the peer sees the end, and its answer still comes", () =>
      check(function* () {
        const [client, served] = yield* pair();
        yield* client.send("question");
        client.shutdown("send");
        expect(yield* client.send("more")).to.deep.equal([undefined, "closed", 0]);
        expect(yield* served.receive("*a")).to.deep.equal(["question"]);
        yield* served.send("answer");
        served.close();
        expect(yield* client.receive("*a")).to.deep.equal(["answer"]);
      }));

    it("theirs: our side stays open", () =>
      check(function* () {
        const [client, served] = yield* pair();
        served.shutdown("send");
        expect((yield* client.receive())[1]).to.equal("closed");
        expect(yield* client.send("still\n")).to.deep.equal([6]);
        expect(yield* served.receive()).to.deep.equal(["still"]);
      }));

    it("shutdown receive: what has arrived can be received, what comes later is dropped", () =>
      check(function* () {
        const [client, served] = yield* pair();
        yield* served.send("before");
        yield* until(() => client.dirty());
        client.shutdown("receive");
        yield* served.send("after");
        yield* until(() => client.getstats()[0] === 11);
        expect(yield* client.receive("*a")).to.deep.equal(["before"]);
        expect((yield* client.receive("*a"))[1]).to.equal("closed");
        yield* client.send("ok\n");
        expect(yield* served.receive()).to.deep.equal(["ok"]);
      }));

    it("shutdown send delivers what is still queued", () =>
      check(function* () {
        const [client, served] = yield* pair();
        const sender = yield* fork(() => client.send(Buffer.alloc(3 << 20, "z")));
        const reader = yield* fork(() => served.receive(Infinity));
        expect((yield* sender)[1]).to.equal(undefined);
        client.shutdown("both");
        expect((yield* reader)[0]!.length).to.equal(3 << 20);
      }));

    it("what was sent before close arrives, though the peer ends its side meanwhile", () =>
      check(function* () {
        const [client, served] = yield* pair();
        const size = 6 << 20;
        const sender = yield* fork(function* () {
          yield* race([served.send(Buffer.alloc(size, "z")), sleep(0)]);
          served.close();
        });
        yield* until(() => served.closed);
        client.shutdown("send");
        const [all] = yield* client.receive(Infinity);
        expect(all!.length).to.equal(size);
        yield* sender;
      }));
  });
}
