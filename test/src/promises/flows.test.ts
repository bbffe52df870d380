/** Sources and sinks of promises among those of operations, and the other way round. */
import { expect } from "chai";
import { until } from "effection";
import { fork, type Result, sleep } from "cosocket";
import { ltn12 } from "cosocket/ltn12";
import { mime } from "cosocket/mime";
import {
  operationSink,
  operationSource,
  promisedSink,
  promisedSource,
  pump,
  type Sink,
  type Source,
} from "cosocket/promises";
import { check } from "../../support/check.js";

/** Promises that are settled by hand, in their order. */
function byHand<T>() {
  const asked: { resolve: (value: T) => void; signal: AbortSignal | undefined }[] = [];
  const ask = (signal?: AbortSignal): Promise<T> =>
    new Promise((resolve) => asked.push({ resolve, signal }));
  return { asked, ask };
}

describe("sources and sinks of promises", () => {
  it("stand in chains of operations, and are pumped", () =>
    check(function* () {
      const pieces = ["hello ", "world"];
      const heard: string[] = [];
      const from: Source = async () => [pieces.shift()];
      const to: Sink = async (piece) => {
        if (piece !== undefined) heard.push(String(piece));
        return [1];
      };
      const encoded = ltn12.source.chain(operationSource(from), mime.encode("base64"));
      const result = yield* ltn12.pump.all(encoded, operationSink(to));
      expect(result).to.deep.equal([1]);
      expect(heard.join("")).to.equal("aGVsbG8gd29ybGQ=");
    }));

  it("a halted reader aborts the signal, and the piece that comes all the same is the next one's", () =>
    check(function* () {
      const { asked, ask } = byHand<Result<string>>();
      const source = operationSource(({ signal } = {}) => ask(signal));
      const reader = yield* fork(() => source());
      yield* sleep(0);
      yield* reader.halt();
      expect(asked[0]!.signal?.aborted).to.equal(true);
      asked[0]!.resolve(["late"]);
      expect(yield* source()).to.deep.equal(["late"]);
      expect(asked).to.have.length(1);
    }));

  it("a halted reader whose promise rejects leaves nothing behind", () =>
    check(function* () {
      let asked = 0;
      const source = operationSource(({ signal } = {}) => {
        asked++;
        if (asked > 1) return Promise.resolve<Result<string>>(["second"]);
        return new Promise((_, reject) =>
          signal!.addEventListener("abort", () => reject(signal!.reason as Error)),
        );
      });
      const reader = yield* fork(() => source());
      yield* sleep(0);
      yield* reader.halt();
      expect(yield* source()).to.deep.equal(["second"]);
    }));

  it("a sink has what it was given, whoever is halted, in order and one after the other", () =>
    check(function* () {
      const { asked, ask } = byHand<Result<1>>();
      const given: unknown[] = [];
      const sink = operationSink((piece) => {
        given.push(piece);
        return ask();
      });
      const first = yield* fork(() => sink("a"));
      const second = yield* fork(() => sink("b"));
      yield* sleep(0);
      yield* first.halt();
      yield* second.halt();
      const third = yield* fork(() => sink("c"));
      yield* sleep(0);
      expect(given).to.deep.equal(["a"]);
      for (let i = 0; i < 3; i++) {
        asked[i]!.resolve([1]);
        yield* until(new Promise((resolve) => setImmediate(resolve)));
      }
      expect(yield* third).to.deep.equal([1]);
      expect(given).to.deep.equal(["a", "b", "c"]);
    }));

  it("those of operations are awaited, with signals", async () => {
    const body = promisedSource(ltn12.source.string("hello"));
    const [table, pieces] = ltn12.sink.table();
    const controller = new AbortController();
    controller.abort("enough");
    const refused = await body({ signal: controller.signal }).then(null, (error: unknown) => error);
    expect(refused).to.equal("enough");
    expect(await pump.all(body, promisedSink(table))).to.deep.equal([1]);
    expect(String(pieces[0])).to.equal("hello");
  });

  it("what is no function is refused at the call", () => {
    for (const convert of [operationSink, operationSource, promisedSink, promisedSource])
      expect(() => convert(5 as never)).to.throw(TypeError, `${convert.name} takes a function`);
  });
});
