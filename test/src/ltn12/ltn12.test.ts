/** What LuaSocket's ltn12 does not have, or does otherwise: waiting, halts, misuse. (The rest: test/luasocket-modules.test.ts) */
import { expect } from "chai";
import { type Operation } from "effection";
import { type Data, fork, type Result, type Sink, sleep, socket, type Source } from "cosocket";
import { type Filter, ltn12 } from "cosocket/ltn12";
import { mime } from "cosocket/mime";
import { Chaos } from "../../support/chaos.js";
import { check } from "../../support/check.js";
import { pair } from "../../support/pairs.js";
import { programs } from "../../support/runs.js";

/** Gives what it got one time later, in pieces of two bytes: all that a filter may keep. */
function late(): Filter {
  let kept = "";
  return (piece) => {
    if (piece !== undefined) kept += Buffer.from(piece as string).toString("latin1");
    const given = kept.slice(0, 2);
    if (piece !== undefined && kept.length < 4) return "";
    kept = kept.slice(2);
    return given === "" ? undefined : Buffer.from(given, "latin1");
  };
}

function textOf(pieces: readonly Data[]): string {
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece as string))).toString("latin1");
}

/** Pieces that come when they come. A halted reader has taken none. */
function slowSource(chaos: Chaos, pieces: string[]): Source {
  return function* (): Operation<Result<Data | undefined>> {
    if (chaos.chance(0.5)) yield* chaos.pause();
    return [pieces.shift()];
  };
}

/** It has what it was given, also if whoever gave it is halted. */
function slowSink(chaos: Chaos, heard: Data[]): { sink: Sink; over: () => boolean } {
  let over = false;
  const sink: Sink = function* (piece): Operation<Result<1>> {
    if (piece === undefined) over = true;
    else heard.push(piece);
    if (chaos.chance(0.5)) yield* chaos.pause();
    return [1];
  };
  return { sink, over: () => over };
}

function filters(chaos: Chaos): [Filter, ...Filter[]] {
  const any = (): Filter =>
    chaos.any([
      late,
      () => mime.encode("base64"),
      () => mime.encode("quoted-printable"),
      () => mime.wrap(3),
      () => mime.stuff(),
      () => mime.normalize(),
    ])();
  return chaos.chance(0.5) ? [any()] : [any(), any(), any()];
}

/** What goes through a chain while those that pump are halted again and again is what goes through it undisturbed. */
function* pumping(chaos: Chaos): Operation<void> {
  const pieces = Array.from({ length: chaos.below(20) }, () =>
    chaos.any(["a", "bcd\n", "", ".\r\n"]),
  );
  const seed = chaos.below(1000);
  const build = (dice: Chaos, from: Source, to: Sink): [Source, Sink] => {
    const rewound = ltn12.source.rewind(from);
    const catted = ltn12.source.cat(ltn12.source.table(["head\n"]), rewound);
    return [ltn12.source.chain(catted, ...filters(dice)), ltn12.sink.chain(...filters(dice), to)];
  };
  const plain: Data[] = [];
  const undisturbed = build(
    new Chaos(seed, 0),
    ltn12.source.table([...pieces]),
    ltn12.sink.table(plain),
  );
  yield* ltn12.pump.all(...undisturbed);
  const heard: Data[] = [];
  const { sink, over } = slowSink(chaos, heard);
  const [from, to] = build(new Chaos(seed, 0), slowSource(chaos, [...pieces]), sink);
  const pump = (): Operation<unknown> =>
    chaos.chance(0.5) ? ltn12.pump.all(from, to) : ltn12.pump.step(from, to);
  for (let times = chaos.below(15); times > 0 && !over(); times--) yield* chaos.disturb(pump);
  if (!over()) expect(yield* ltn12.pump.all(from, to)).to.deep.equal([1]);
  expect(textOf(heard)).to.equal(textOf(plain));
}

describe("ltn12", () => {
  programs(
    "a chain hands on every piece once, whoever pumps is halted",
    function* (seed: number, longest: number) {
      yield* yield* fork(() => pumping(new Chaos(seed, longest)));
    },
    12,
  );

  it("lets others run while it pumps what need not wait", () =>
    check(function* () {
      let turns = 0;
      const other = yield* fork(function* () {
        for (;;) {
          turns++;
          yield* sleep(0);
        }
      });
      let left = 5000;
      const endless: Source = function* () {
        return [left-- > 0 ? "x" : undefined];
      };
      expect(yield* ltn12.pump.all(endless, ltn12.sink.null())).to.deep.equal([1]);
      expect(turns).to.be.above(2);
      yield* other.halt();
    }));

  it("stands between connections: what is sent in base64 arrives as it was", () =>
    check(function* () {
      const [client, served] = yield* pair();
      const body = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * i) & 255));
      const sending = yield* fork(() =>
        ltn12.pump.all(
          ltn12.source.chain(ltn12.source.string(body), mime.encode("base64"), mime.wrap()),
          socket.sink("close-when-done", client),
        ),
      );
      const pieces: Data[] = [];
      const decoding = ltn12.sink.chain(mime.decode("base64"), ltn12.sink.table(pieces));
      expect(yield* ltn12.pump.all(socket.source(served), decoding)).to.deep.equal([1]);
      expect(Buffer.concat(pieces as Buffer[]).equals(body)).to.equal(true);
      expect(yield* sending).to.deep.equal([1]);
    }));

  it("a source behind filters goes on after an error, and gives its end again and again", () =>
    check(function* () {
      const given: Result<Data | undefined>[] = [
        ["a"],
        [undefined, "timeout", undefined],
        ["b"],
        [undefined],
      ];
      const source = ltn12.source.chain(function* () {
        return given.shift() ?? [undefined];
      }, mime.encode("base64"));
      const told: unknown[] = [];
      for (let i = 0; i < 4; i++) {
        const [piece, error] = yield* source();
        told.push(error ?? piece?.toString());
      }
      expect(told).to.deep.equal(["timeout", "YWI=", undefined, undefined]);
    }));

  it("a sink's error ends the pump, and what was pumped before stays", () =>
    check(function* () {
      const [table, pieces] = ltn12.sink.table();
      let room = 2;
      const full: Sink<"disk full"> = function* (piece) {
        return room-- > 0 ? yield* table(piece) : [undefined, "disk full", undefined];
      };
      const result = yield* ltn12.pump.all(ltn12.source.table(["a", "b", "c"]), full);
      expect(result).to.deep.equal([undefined, "disk full", undefined]);
      expect(pieces).to.deep.equal(["a", "b"]);
    }));

  it("a sink behind filters takes what another pump gives it", () =>
    check(function* () {
      const [table, pieces] = ltn12.sink.table();
      const upper: Filter = (piece) => piece && String(piece as string).toUpperCase();
      const to = ltn12.sink.chain(upper, table);
      for (const text of ["one", "", "two"])
        yield* ltn12.pump.all(ltn12.source.table(text === "" ? [] : [text]), to);
      expect(pieces.join("")).to.equal("ONETWO");
    }));

  it("BLOCKSIZE is what source.string gives at once", () =>
    check(function* () {
      const { BLOCKSIZE } = ltn12;
      ltn12.BLOCKSIZE = 2;
      const [table, pieces] = ltn12.sink.table();
      yield* ltn12.pump.all(ltn12.source.string("aäb"), table);
      ltn12.BLOCKSIZE = BLOCKSIZE;
      expect(pieces.map((piece) => Buffer.from(piece as Buffer).toString("latin1"))).to.deep.equal([
        "aÃ",
        "¤b",
      ]);
      for (const bytes of [0, 1.5, "5", undefined])
        expect(() => (ltn12.BLOCKSIZE = bytes as never)).to.throw(
          TypeError,
          "BLOCKSIZE is a whole number",
        );
    }));

  it("a filter that gives nothing, or gives no end, is told of", () =>
    check(function* () {
      const nothing: Filter = () => undefined;
      const endless: Filter = () => "";
      const wrong: [Operation<unknown>, string][] = [
        [ltn12.source.chain(ltn12.source.table(["a"]), nothing)(), "inappropriate nil"],
        [ltn12.sink.chain(nothing, ltn12.sink.null())("a"), "inappropriate nil"],
        [ltn12.source.chain(ltn12.source.empty(), endless)(), 'inappropriate ""'],
        [ltn12.sink.chain(endless, ltn12.sink.null())(), 'inappropriate ""'],
      ];
      for (const [performed, text] of wrong) {
        let thrown: unknown;
        try {
          yield* performed;
        } catch (error) {
          thrown = error;
        }
        expect(thrown).to.be.instanceOf(TypeError).with.property("message").which.includes(text);
      }
    }));

  it("what gives what no source, sink or filter gives is told what would be right", () =>
    check(function* () {
      const text = ltn12.source.string("x");
      const wrong: [Operation<unknown>, string][] = [
        [ltn12.pump.all((() => ["x"]) as never, ltn12.sink.null()), "a source gives an operation"],
        [ltn12.pump.all((async () => ["x"]) as never, ltn12.sink.null()), "until(promise)"],
        [
          ltn12.pump.all(function* () {
            return "x" as never;
          }, ltn12.sink.null()),
          'a source gives a result, [piece] or [undefined, error, undefined], not "x"',
        ],
        [ltn12.pump.all(text, (() => [1]) as never), "a sink gives an operation"],
        [
          ltn12.pump.step(text, function* () {} as never),
          "a sink gives a result, [1] or [undefined, error, undefined], not undefined",
        ],
        ...[[], [undefined], [false], [null]].map((result): [Operation<unknown>, string] => [
          ltn12.pump.all(ltn12.source.string("x"), function* () {
            return result as never;
          }),
          "a sink gives a result, [1] or [undefined, error, undefined], not",
        ]),
        ...[null, 3].map((piece): [Operation<unknown>, string] => [
          ltn12.pump.all(function* () {
            return [piece as never];
          }, ltn12.sink.null()),
          `a source gives a result, [piece] or [undefined, error, undefined], not [${piece}]`,
        ]),
        [
          ltn12.source.chain(ltn12.source.table(["x"]), (async () => "x") as never)(),
          "a filter is a plain function",
        ],
      ];
      for (const [performed, message] of wrong) {
        let thrown: unknown;
        try {
          yield* performed;
        } catch (error) {
          thrown = error;
        }
        expect(thrown, message).to.be.instanceOf(TypeError);
        expect((thrown as Error).message).to.include(message);
      }
    }));

  it("misuse is told at the call", () => {
    const wrong = 5 as never;
    const { source, sink, filter } = ltn12;
    const misuse: [() => unknown, string][] = [
      [() => source.chain(wrong, mime.stuff()), "source.chain takes a source and filters"],
      [() => source.chain(source.empty(), wrong), "source.chain takes a source and filters"],
      [() => source.cat(wrong), "source.cat takes sources"],
      [() => source.rewind(wrong), "source.rewind takes a source"],
      [() => source.simplify(wrong), "source.simplify takes a source"],
      [() => source.pieces(wrong), "source.pieces takes a source"],
      [() => source.string(wrong), "source.string takes a string or bytes, not 5"],
      [() => source.table(wrong), "source.table takes an array"],
      [() => source.error("" as never), "source.error takes a word"],
      [() => sink.error(undefined as never), "sink.error takes a word"],
      [() => sink.table(wrong), "sink.table takes an array"],
      [
        () => sink.chain(sink.null() as never, undefined as never),
        "sink.chain takes filters and a sink",
      ],
      [
        () => (sink.chain as unknown as (to: Sink) => Sink)(sink.null()),
        "sink.chain takes filters and a sink",
      ],
      [() => sink.simplify(wrong), "sink.simplify takes a sink"],
      [() => sink.writable(wrong), "sink.writable takes a sink"],
      [() => filter.chain(), "one filter at least"],
      [() => filter.chain(wrong), "filter.chain takes filters"],
      [() => filter.cycle(wrong, 0), "filter.cycle takes a function"],
    ];
    for (const [call, text] of misuse) expect(call, text).to.throw(TypeError, text);
  });
});
