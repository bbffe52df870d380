/** What tests of traces rely upon: the checker of the rules finds what is wrong. */
import { expect } from "chai";
import { type TraceEvent, violations } from "../../support/trace-rules.js";

/** Two fibers: one runs twice and waits between, the other is woken by it. */
function valid(): TraceEvent[] {
  const a = { pid: 1, tid: 1 };
  const b = { pid: 1, tid: 2 };
  const slice = { ph: "X", cat: "running" };
  const arrow = { name: "wakes", id: 1 };
  return [
    { ph: "M", name: "process_name", pid: 1, args: { name: "program" } },
    { ph: "M", name: "thread_name", ...a, args: { name: "a" } },
    { ph: "M", name: "thread_name", ...b, args: { name: "b" } },
    { ...slice, ...a, name: "running", ts: 0.1, dur: 0.2 },
    { ...slice, ...a, name: "waiting", ts: 0.3, dur: 10 },
    { ...slice, ...b, name: "outer", ts: 1, dur: 20 },
    { ...slice, ...b, name: "inner", ts: 12, dur: 9 },
    { ...slice, ...a, name: "running", ts: 10.3, dur: 1 },
    { ph: "s", ...a, ...arrow, ts: 11 },
    { ph: "f", bp: "e", ...b, ...arrow, ts: 12.001 },
    { ph: "i", s: "t", ...a, name: "halted", ts: 11 },
    { ph: "C", pid: 1, name: "fibers", ts: 2, args: { value: 2 } },
    { ph: "C", pid: 1, name: "fibers", ts: 3, args: { value: 1 } },
  ];
}

const checked = (traceEvents: TraceEvent[]): string =>
  violations(JSON.stringify({ traceEvents })).join("\n");

describe("the checker of traces", () => {
  it("finds nothing wrong in a valid one", () => {
    expect(checked(valid())).to.equal("");
  });

  const planted: [title: string, plant: (events: TraceEvent[]) => unknown, found: RegExp][] = [
    ["slices that overlap", (e) => (e[4]!.dur = 10.001), /slices overlap/],
    ["an inner slice that ends later", (e) => (e[6]!.dur = 9.001), /slices overlap/],
    ["a slice of no length", (e) => (e[4]!.dur = 0), /dur is no length/],
    ["a time that is no number", (e) => (e[4]!.ts = NaN), /ts is no time/],
    ["a time before the beginning", (e) => (e[10]!.ts = -1), /ts is no time/],
    ["a thread without a number", (e) => delete e[3]!.tid, /tid is no number/],
    ["a thread without a name", (e) => e.splice(1, 1), /thread 1\/1 has no name/],
    ["a thread in two processes", (e) => e.push({ ...e[1]!, pid: 2 }), /thread 1 is in two/],
    ["a process without a name", (e) => e.splice(0, 1), /process 1 has no name/],
    ["an arrow that ends nowhere", (e) => e.splice(9, 1), /ends nowhere/],
    ["an arrow that begins nowhere", (e) => e.splice(8, 1), /begins nowhere/],
    ["an arrow that ends twice", (e) => e.push({ ...e[9]! }), /ends twice/],
    ["an arrow that begins twice", (e) => e.push({ ...e[8]! }), /begins twice/],
    ["an arrow that ends before", (e) => (e[8]!.ts = 20), /ends before it begins/],
    ["an arrow from outside of a slice", (e) => (e[8]!.ts = 11.3), /bound to no slice/],
    ["an arrow to the next slice", (e) => delete e[9]!.bp, /slice around it/],
    ["slices whose times go back", (e) => e.splice(3, 0, e.splice(7, 1)[0]!), /time goes back/],
    ["a counter whose times go back", (e) => (e[12]!.ts = 1), /time goes back/],
    [
      "a counter that is infinite",
      (e) => (e[11]!.args!["value"] = Infinity),
      /counter is a number/,
    ],
    ["a kind that is not known", (e) => (e[3]!.ph = "B"), /kind of event/],
  ];
  for (const [title, plant, found] of planted)
    it(`finds ${title}`, () => {
      const events = valid();
      plant(events);
      expect(checked(events)).to.match(found);
    });
});
