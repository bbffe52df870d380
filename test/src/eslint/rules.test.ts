import { expect } from "chai";
import { edited, LintCases, type RuleName } from "../../support/lint-cases.js";

interface Case {
  /** How often the rule says what: names of its messages. */
  finds: string[];
  /** The code, mended by the rule. */
  fixed?: string;
  /** The code, mended as the rule suggests. */
  suggested?: string;
}

const cases = new LintCases();
const NOTHING: Case = { finds: [] };

/** Statements in a generator function that gives an operation. */
const task = (code: string): string => `export function* task(): Operation<void> {\n  ${code}\n}`;
/** Statements in a plain function. */
const plain = (code: string): string => `export function plain(): void {\n  ${code}\n}`;
/** Statements in an asynchronous function. */
const asynchronous = (code: string): string =>
  `export async function asynchronous(): Promise<void> {\n  ${code}\n}`;

/** Each by its code: what a rule says of it. */
function describeRule(rule: RuleName, all: Record<string, Case>): void {
  describe(rule, () => {
    for (const [code, { finds, fixed, suggested }] of Object.entries(all)) {
      cases.add(code);
      const mended = fixed ?? suggested;
      if (mended !== undefined) cases.add(mended);
      const title = code.replace(/\s+/g, " ");
      it(`${finds.length === 0 ? "lets pass" : `says ${finds.join(", ")} of`}: ${title}`, () => {
        const messages = cases.look(code, rule);
        expect(messages.map(({ messageId, message }) => messageId ?? message)).to.deep.equal(finds);
        const fixes = messages.flatMap(({ fix }) => fix ?? []);
        expect(fixes.length > 0 ? edited(code, fixes) : undefined).to.equal(fixed);
        const suggestions = messages.flatMap((one) => one.suggestions ?? []).map(({ fix }) => fix);
        expect(suggestions.length > 0 ? edited(code, suggestions) : undefined).to.equal(suggested);
        if (mended === undefined) return;
        expect(cases.errors(mended)).to.deep.equal([]);
        expect(cases.look(mended, rule)).to.deep.equal([]);
      });
    }
  });
}

describe("cosocket/eslint", function () {
  // The first of them makes the program.
  this.timeout(60_000);

  const floating = { finds: ["floating"] };
  describeRule("no-floating-operations", {
    [task(`client.send("x");`)]: { ...floating, fixed: task(`yield* client.send("x");`) },
    [task(`void client.send("x");`)]: { ...floating, fixed: task(`yield* client.send("x");`) },
    [task(`return void client.send("x");`)]: {
      ...floating,
      fixed: task(`return void (yield* client.send("x"));`),
    },
    [plain(`setTimeout(() => void client.send("x"), 5);`)]: floating,
    [task(`void (maybe ?? client).send("x"), void 0;`)]: {
      ...floating,
      fixed: task(`void (yield* (maybe ?? client).send("x")), void 0;`),
    },
    [task(`void /* why */ client.send("x");`)]: {
      ...floating,
      fixed: task(`void /* why */ (yield* client.send("x"));`),
    },
    [task(`(client.send("x"));`)]: { ...floating, fixed: task(`(yield* client.send("x"));`) },
    [task(`client.send("x") as Operation<unknown>;`)]: {
      ...floating,
      fixed: task(`yield* client.send("x") as Operation<unknown>;`),
    },
    [task(`client.send("a"), client.send("b");`)]: {
      finds: ["floating", "floating"],
      fixed: task(`yield* client.send("a"), yield* client.send("b");`),
    },
    [task(`if (ready) client.send("x"); else sleep(1);`)]: {
      finds: ["floating", "floating"],
      fixed: task(`if (ready) yield* client.send("x"); else yield* sleep(1);`),
    },
    [task(`ready && client.send("x");`)]: {
      ...floating,
      fixed: task(`ready && (yield* client.send("x"));`),
    },
    [task(`ready ? client.send("x") : sleep(1);`)]: {
      finds: ["floating", "floating"],
      fixed: task(`ready ? yield* client.send("x") : yield* sleep(1);`),
    },
    [task(`for (client.send("x"); ready; sleep(1)) break;`)]: {
      finds: ["floating", "floating"],
      fixed: task(`for (yield* client.send("x"); ready; yield* sleep(1)) break;`),
    },
    [task(`const x = (client.send("x"), 5); void x;`)]: {
      ...floating,
      fixed: task(`const x = (yield* client.send("x"), 5); void x;`),
    },
    [task(`void (client.send("x"), 5);`)]: {
      ...floating,
      fixed: task(`void (yield* client.send("x"), 5);`),
    },
    // Effection's, and the user's own.
    [task(`all([client.send("x")]);`)]: {
      ...floating,
      fixed: task(`yield* all([client.send("x")]);`),
    },
    [task(`spawn(() => sleep(1));`)]: { ...floating, fixed: task(`yield* spawn(() => sleep(1));`) },
    [task(`fork(() => sleep(1));`)]: { ...floating, fixed: task(`yield* fork(() => sleep(1));`) },
    [task(`suspend();`)]: { ...floating, fixed: task(`yield* suspend();`) },
    [task(`serve(server, () => sleep(1));`)]: {
      ...floating,
      fixed: task(`yield* serve(server, () => sleep(1));`),
    },
    [task(`copas.lock.new().get();`)]: {
      ...floating,
      fixed: task(`yield* copas.lock.new().get();`),
    },
    [task(`own();\n}\nfunction* own() {\n  yield* sleep(1);`)]: {
      ...floating,
      fixed: task(`yield* own();\n}\nfunction* own() {\n  yield* sleep(1);`),
    },
    [task(`never();\n}\nfunction* never() {\n  return 5;`)]: {
      ...floating,
      fixed: task(`yield* never();\n}\nfunction* never() {\n  return 5;`),
    },
    [task(`typed();\n}\nfunction* typed(): Operation<number> {\n  return 5;`)]: {
      ...floating,
      fixed: task(`yield* typed();\n}\nfunction* typed(): Operation<number> {\n  return 5;`),
    },
    [`export function generic<O extends Operation<void>>(make: () => O): void {\n  make();\n}`]:
      floating,
    [task(`const spawned = yield* spawn(() => sleep(1)); spawned.halt();`)]: {
      ...floating,
      fixed: task(`const spawned = yield* spawn(() => sleep(1)); yield* spawned.halt();`),
    },
    [task(`const until = client.receiveuntil("--"); until();`)]: {
      ...floating,
      fixed: task(`const until = client.receiveuntil("--"); yield* until();`),
    },
    // Where `yield*` cannot be written, or is not sure to be right.
    [task(`maybe?.send("x");`)]: floating,
    [task(`[1].forEach(() => { client.send("x"); });`)]: floating,
    [task(`try { yield* sleep(1); } finally { client.send("x"); }`)]: { finds: ["cleanup"] },
    [plain(`try { client.close(); } finally { client.send("x"); }`)]: floating,
    // What has been taken out of an operation, which another rule tells of, makes no operation of the list that it is in.
    [task(`const [line, err] = client.receive(); void [line, err];`)]: NOTHING,
    [task(`class Inner { static { client.send("x"); } } void Inner;`)]: floating,
    [plain(`client.send("x");`)]: floating,
    [plain(`setTimeout(() => { client.send("x"); }, 5);`)]: floating,
    [asynchronous(`client.send("x");`)]: floating,
    [`export function* numbers() {\n  client.send("x");\n  yield 5;\n}`]: floating,
    [`export async function* items() {\n  client.send("x");\n  yield 5;\n}`]: floating,
    [`client.send("x");\nexport {};`]: floating,
    // Many at once.
    [task(`clients.map((one) => one.send("x"));`)]: { finds: ["list"] },
    [task(`[client.send("a"), client.send("b")];`)]: { finds: ["list"] },
    // It is performed, passed on, or kept.
    [task(`yield* client.send("x");`)]: NOTHING,
    [task(`yield* all([client.send("x"), sleep(1)]);`)]: NOTHING,
    [task(`const sent = client.send("x"); if (ready) yield* sent;`)]: NOTHING,
    [task(`let sent; sent = client.send("x"); yield* sent;`)]: NOTHING,
    [task(`const list: Operation<unknown>[] = []; list.push(client.send("x")); list.reverse();`)]:
      NOTHING,
    [task(
      `const map = new Map([[1, client.send("x")]]); map.set(2, client.send("y")); map.clear();`,
    )]: NOTHING,
    [`export const send = () => client.send("x");`]: NOTHING,
    [`export class Both {\n  sent = client.send("x");\n}`]: NOTHING,
    // It runs already, or never waits.
    [task(`yield* fork(() => sleep(1));`)]: NOTHING,
    [task(`yield* spawn(() => sleep(1));`)]: NOTHING,
    [task(`const fiber = yield* fork(() => sleep(1)); fiber.halt();`)]: NOTHING,
    [plain(`run(() => client.send("x"));`)]: NOTHING,
    [plain(`void main(() => client.send("x") as Operation<never>);`)]: NOTHING,
    [plain(`copas.addthread(function* () { yield* client.send("x"); });`)]: NOTHING,
    [plain(`client.close(); client.settimeout(5); client.shutdown("send");`)]: NOTHING,
    [plain(`const [, destroy] = createScope(); destroy();`)]: NOTHING,
    // What an operation has returned may be dropped: here it is a stream.
    [task(`yield* call(() => Promise.resolve(createSignal<number>()));`)]: NOTHING,
    [task(`Object.assign(client.send("x"), {});`)]: NOTHING,
    [task(`client.send("x")[Symbol.iterator]();`)]: NOTHING,
    // None of ours.
    [plain(`Promise.resolve(5);`)]: NOTHING,
    [plain(`[1, 2].map(String); new Set([5]).values();`)]: NOTHING,
    [plain(`(JSON.parse("5") as any).send("x");`)]: NOTHING,
  });

  const star = { finds: ["star"] };
  describeRule("yield-star", {
    [`export function* task() {\n  const [line, err] = yield client.receive();\n  return [line, err];\n}`]:
      {
        ...star,
        fixed: `export function* task() {\n  const [line, err] = yield* client.receive();\n  return [line, err];\n}`,
      },
    [`export function* task() {\n  yield sleep(1);\n  yield/* why */all([sleep(1)]);\n}`]: {
      finds: ["star", "star"],
      fixed: `export function* task() {\n  yield* sleep(1);\n  yield*/* why */all([sleep(1)]);\n}`,
    },
    [`export function* task() {\n  yield maybe?.send("x");\n}`]: star,
    [`export function* task() {\n  const fiber = yield* fork(() => sleep(1));\n  yield fiber;\n}`]:
      {
        ...star,
        fixed: `export function* task() {\n  const fiber = yield* fork(() => sleep(1));\n  yield* fiber;\n}`,
      },
    [task(`yield* sleep(1);`)]: NOTHING,
    [`export function* numbers() {\n  yield 5;\n  yield;\n  yield [sleep(1)];\n}`]: NOTHING,
    [`export function* steps(): Generator<Operation<void>> {\n  yield sleep(1);\n}`]: NOTHING,
    [`export const steps: () => Iterable<Operation<void>> = function* () {\n  yield sleep(1);\n};`]:
      NOTHING,
  });

  const value = { finds: ["value"] };
  const iterated = { finds: ["iterated"] };
  const awaited = { finds: ["awaited"] };
  const promises = { finds: ["promises"] };
  describeRule("no-misused-operations", {
    [task(`if (client.receive()) return;`)]: {
      ...value,
      suggested: task(`if (yield* client.receive()) return;`),
    },
    [task(`while (!client.receive()) break;`)]: {
      ...value,
      suggested: task(`while (!(yield* client.receive())) break;`),
    },
    [task(`do break; while (client.receive());`)]: {
      ...value,
      suggested: task(`do break; while (yield* client.receive());`),
    },
    [task(`for (; client.receive(); ) break;`)]: {
      ...value,
      suggested: task(`for (; yield* client.receive(); ) break;`),
    },
    [task(`const x = client.receive() ? 1 : 2; void x;`)]: {
      ...value,
      suggested: task(`const x = (yield* client.receive()) ? 1 : 2; void x;`),
    },
    [task(`if (ready && client.receive()) return;`)]: {
      ...value,
      suggested: task(`if (ready && (yield* client.receive())) return;`),
    },
    [task(`const x = client.receive() && 5; void x;`)]: {
      ...value,
      suggested: task(`const x = (yield* client.receive()) && 5; void x;`),
    },
    [task(`const x = client.receive() ?? 5; void x;`)]: {
      ...value,
      suggested: task(`const x = (yield* client.receive()) ?? 5; void x;`),
    },
    [task(`if (maybe?.receive()) return;`)]: value,
    [plain(`if (client.receive()) return;`)]: value,
    [task(`console.log(\`got ${"${client.receive()}"}\`);`)]: {
      ...value,
      suggested: task(`console.log(\`got ${"${yield* client.receive()}"}\`);`),
    },
    [task(`const x = "got " + String(5) + copas.lock.new().get(); void x;`)]: {
      ...value,
      suggested: task(`const x = "got " + String(5) + (yield* copas.lock.new().get()); void x;`),
    },
    [task(`switch (client.receive() as unknown) { default: }`)]: NOTHING,
    [task(`switch (client.receive()) { default: }`)]: {
      ...value,
      suggested: task(`switch (yield* client.receive()) { default: }`),
    },
    [task(`const x = typeof client.receive(); void x;`)]: {
      ...value,
      suggested: task(`const x = typeof (yield* client.receive()); void x;`),
    },
    [task(`const x = socket.dns.toip("a") === null; void x;`)]: {
      ...value,
      suggested: task(`const x = (yield* socket.dns.toip("a")) === null; void x;`),
    },
    [task(`const [line, err] = client.receive(); void [line, err];`)]: {
      ...iterated,
      fixed: task(`const [line, err] = yield* client.receive(); void [line, err];`),
    },
    [task(`let line; [line] = client.receive() as Operation<[string]>; void line;`)]: {
      ...iterated,
      fixed: task(`let line; [line] = yield* client.receive() as Operation<[string]>; void line;`),
    },
    [task(`const [a] = ready ? client.receive() : client.receive("*L"); void a;`)]: {
      ...iterated,
      fixed: task(`const [a] = yield* ready ? client.receive() : client.receive("*L"); void a;`),
    },
    [task(`const [a, b] = all([sleep(1), sleep(2)]); void [a, b];`)]: {
      ...iterated,
      fixed: task(`const [a, b] = yield* all([sleep(1), sleep(2)]); void [a, b];`),
    },
    [task(`console.log(...client.receive());`)]: {
      ...iterated,
      fixed: task(`console.log(...(yield* client.receive()));`),
    },
    [task(`console.log([...client.receive()]);`)]: {
      ...iterated,
      fixed: task(`console.log([...(yield* client.receive())]);`),
    },
    [task(`for (const line of client.lines()) void line;`)]: iterated,
    [plain(`const [line] = client.receive(); void line;`)]: iterated,
    [plain(`clients.forEach((one) => { const [line] = one.receive(); void line; });`)]: iterated,
    [`export async function task(c: { receive(): Operation<string> }) {\n  return (await c.receive()).length;\n}`]:
      awaited,
    [asynchronous(`await all([client.receive()]);`)]: awaited,
    [asynchronous(
      `await (async () => {})(); await own();\n}\nfunction* own() {\n  yield* sleep(1);`,
    )]: awaited,
    [asynchronous(`await Promise.all([client.receive(), sleep(1)]);`)]: promises,
    [asynchronous(`await Promise.all(clients.map((one) => one.receive()));`)]: promises,
    [asynchronous(
      `await Promise.race([client.receive()]); await Promise.resolve(client.receive());`,
    )]: {
      finds: ["promises", "promises"],
    },
    // One that is kept may be asked for, and compared.
    [task(
      `let kept: Operation<void> | undefined; if (ready) kept = sleep(1); if (kept) yield* kept; if (kept !== undefined) yield* kept;`,
    )]: NOTHING,
    [task(
      `const map = new Map<number, Operation<void>>(); if (map.get(5)) return; if (!map.get(6)) yield* sleep(1);`,
    )]: NOTHING,
    [task(
      `const one = sleep(1), other = sleep(2); if (one === other) return; yield* all([one, other]);`,
    )]: NOTHING,
    [task(`const later = maybe?.send("x"); if (later) yield* later;`)]: NOTHING,
    // What runs already can be awaited, and is as good as its promise.
    [asynchronous(`await run(() => client.receive()); await Promise.all([run(() => sleep(1))]);`)]:
      NOTHING,
    [`export async function end(fiber: Fiber<number>, task: Task<void>) {\n  await fiber; await task; await fiber.halt(); await task.halt();\n  await Promise.all([fiber, task, task.halt()]);\n}`]:
      NOTHING,
    [task(`const [line, err] = yield* client.receive(); if (!err && line) return;`)]: NOTHING,
    [task(`for (const line of yield* each(client.lines())) { void line; yield* each.next(); }`)]:
      NOTHING,
    [asynchronous(`for await (const line of client.lines()) void line;`)]: NOTHING,
    [asynchronous(`for await (const one of [client.receive()]) void one;`)]: NOTHING,
    [asynchronous(`for await (const byte of client.receive(5)) void byte;`)]: iterated,
    [task(
      `socket.skip(1, ...(yield* client.receive())); const [a] = [client.receive()]; yield* a!;`,
    )]: NOTHING,
    [plain(
      `for (const one of clients) void one; const [a] = clients; void { ...a }; void [...new Set([sleep(1)])];`,
    )]: NOTHING,
    [plain(`const [n] = (function* () { yield 5; })(); void n;`)]: NOTHING,
  });

  const callback = { finds: ["callback"] };
  const predicate = { finds: ["predicate"] };
  const generator = { finds: ["generator"] };
  const async_ = { finds: ["async"] };
  const returned = { finds: ["returned"] };
  describeRule("no-unperformed-returns", {
    [task(`clients.forEach((one) => one.send("x"));`)]: callback,
    [task(`clients.forEach(function (one) { return one.send("x"); });`)]: callback,
    [plain(`setTimeout(() => client.send("x"), 5);`)]: callback,
    [plain(`process.on("SIGINT", () => client.send("x"));`)]: callback,
    [plain(
      `new Promise<void>((resolve) => setTimeout(resolve, 5)).finally(() => client.send("x"));`,
    )]: callback,
    [asynchronous(`await Promise.resolve().then(() => client.send("x"));`)]: callback,
    [asynchronous(
      `await Promise.resolve().then(named, named);\n}\nfunction* named() {\n  yield* sleep(1);`,
    )]: {
      finds: ["callback", "callback"],
    },
    [plain(`const listener: () => void = () => client.send("x"); void listener;`)]: callback,
    [plain(`const options: { ended(): void } = { ended: () => client.send("x") }; void options;`)]:
      callback,
    [plain(`const emitter = { on: () => {} }; emitter.on = () => client.send("x");`)]: callback,
    [plain(`setTimeout(named, 5);\n}\nfunction* named() {\n  yield* sleep(1);`)]: callback,
    [plain(`setTimeout(function* () { yield* client.send("x"); }, 5);`)]: generator,
    [plain(`process.on("SIGINT", function* () { yield* client.send("x"); });`)]: generator,
    [plain(`clients.forEach(function* (one) { yield* one.send("x"); });`)]: generator,
    [plain(`setTimeout(function* () { console.log("no step"); }, 5);`)]: generator,
    [plain(`fork(() => sleep(1), { boundary: function* () { yield* sleep(1); } });`)]: generator,
    [plain(
      `const it = (name: string, test: () => void | Promise<void>) => { void [name, test]; };\n  it("waits", function* () { yield* sleep(1); });`,
    )]: generator,
    [`export const send = async () => client.send("x");`]: async_,
    [`export async function send() {\n  if (ready) return client.send("x");\n  return undefined;\n}`]:
      async_,
    [task(`yield* call(async () => client.send("x"));`)]: async_,
    [plain(`run(function* () { return client.send("x"); });`)]: {
      ...returned,
      suggested: plain(`run(function* () { return yield* client.send("x"); });`),
    },
    [plain(`copas.addthread(function* () { yield* sleep(1); return client.send("x"); });`)]: {
      ...returned,
      suggested: plain(
        `copas.addthread(function* () { yield* sleep(1); return yield* client.send("x"); });`,
      ),
    },
    [`export function* unknown(): Operation<unknown> {\n  return client.send("x");\n}`]: {
      ...returned,
      suggested: `export function* unknown(): Operation<unknown> {\n  return yield* client.send("x");\n}`,
    },
    // An operation is as true as any object.
    [plain(`void clients.some((one) => one.receive());`)]: predicate,
    [plain(`void clients.filter((one) => ready && one.receive());`)]: predicate,
    [plain(`void clients.find(function (one) { return one.send("x"); });`)]: predicate,
    [plain(`void clients.every((one) => { if (ready) return one.send("x"); return sleep(1); });`)]:
      predicate,
    [plain(`const asks = (one: Tcp) => one.receive(); void clients?.findLastIndex(asks);`)]:
      predicate,
    [plain(`void clients.findIndex(function* (one) { return yield* one.receive(); });`)]: generator,
    [plain(`void clients.some((one) => one.dirty()); void clients.map((one) => one.receive());`)]:
      NOTHING,
    [plain(
      `const kept: (Operation<void> | undefined)[] = []; void kept.filter((one) => one); void kept.find((one) => ready && one);`,
    )]: NOTHING,
    [plain(`void clients.some((one) => run(() => one.receive())); void clients.filter(Boolean);`)]:
      NOTHING,
    [plain(
      `const own = { some: (ask: (one: Tcp) => Operation<unknown>) => ask(client) }; void own.some((one) => one.receive());`,
    )]: NOTHING,
    // For those who perform it.
    [`export const send = () => client.send("x");`]: NOTHING,
    [plain(
      `run(() => client.send("x")); void main(() => suspend()); copas.addthread(() => sleep(1));`,
    )]: NOTHING,
    [task(
      `yield* fork(() => client.send("x")); yield* spawn(() => sleep(1)); yield* ensure(() => sleep(1));`,
    )]: NOTHING,
    [task(`yield* serve(server, (one) => one.send("x")); yield* call(() => client.send("x"));`)]:
      NOTHING,
    [task(`yield* all(clients.map((one) => one.send("x")));`)]: NOTHING,
    [task(`yield* each.next(); yield* ensure(() => { client.close(); });`)]: NOTHING,
    [plain(`setTimeout(() => { client.close(); }, 5); setTimeout(() => client.close(), 5);`)]:
      NOTHING,
    [`export const stop = (fiber: Fiber<void>, task: Task<void>): void => {\n  process.on("exit", () => fiber.halt());\n  process.on("exit", () => run(() => task.halt()));\n};`]:
      NOTHING,
    [`export function* pair(): Operation<Operation<void>> {\n  return sleep(1);\n}`]: NOTHING,
    [`export function* forked() {\n  return yield* fork(() => sleep(1));\n}`]: NOTHING,
    [`export function* stream() {\n  if (ready) return createSignal<number, void>();\n  return client.lines();\n}`]:
      NOTHING,
    [`export const end = async (fiber: Fiber<number>) => fiber;`]: NOTHING,
    [plain(`const visit: (one: number) => unknown = () => client.send("x"); void visit;`)]: NOTHING,
    [plain(`[1].map(() => client.send("x")).forEach((one) => void one);`)]: NOTHING,
    [plain(`[1].forEach(function* () { yield 5; });`)]: NOTHING,
  });

  const lost = { finds: ["lost"] };
  describeRule("no-waiting-in-finally", {
    [task(`try { yield* sleep(1); } finally { yield* client.send("x"); }`)]: lost,
    [task(
      `try { yield* sleep(1); } finally { if (ready) { const [, err] = yield* client.send("x"); void err; } }`,
    )]: lost,
    [task(
      `const fiber = yield* fork(() => sleep(1)); try { yield* sleep(1); } finally { yield* fiber.halt(); yield* fiber; }`,
    )]: {
      finds: ["lost", "lost"],
    },
    [task(`try { yield* sleep(1); } finally { try { yield* sleep(1); } catch {} }`)]: lost,
    [task(
      `yield* scoped(function* () { try { yield* sleep(1); } finally { yield* sleep(1); } });`,
    )]: lost,
    [task(`yield* call(function* () { try { yield* sleep(1); } finally { yield* sleep(1); } });`)]:
      lost,
    [`export class Both {\n  *both(): Operation<void> {\n    try {\n      yield* sleep(1);\n    } finally {\n      yield* sleep(1);\n    }\n  }\n}`]:
      lost,
    // It does not wait; or not here; or nothing has entered it by `yield*`.
    [task(`try { yield* sleep(1); } finally { client.close(); }`)]: NOTHING,
    [task(`try { yield* sleep(1); } catch { yield* sleep(1); } finally {}`)]: NOTHING,
    [task(`try { yield* sleep(1); } finally { run(function* () { yield* sleep(1); }); }`)]: NOTHING,
    [task(`yield* ensure(function* () { yield* sleep(1); });`)]: NOTHING,
    [task(`yield* fork(function* () { try { yield* sleep(1); } finally { yield* sleep(1); } });`)]:
      NOTHING,
    [task(
      `yield* together.within(1, function* () { try { yield* sleep(1); } finally { yield* sleep(1); } });`,
    )]: NOTHING,
    [task(
      `yield* together.race([function* () { try { yield* sleep(1); } finally { yield* sleep(1); } }]);`,
    )]: NOTHING,
    [plain(`run(function* () { try { yield* sleep(1); } finally { yield* sleep(1); } });`)]:
      NOTHING,
    [plain(
      `copas.addthread(function* () { try { yield* sleep(1); } finally { yield* sleep(1); } });`,
    )]: NOTHING,
    [task(
      `yield* resource<number>(function* (provide) { try { yield* provide(5); } finally { yield* sleep(1); } });`,
    )]: NOTHING,
    [`export function* numbers() {\n  try {\n    yield 1;\n  } finally {\n    yield* [2, 3];\n  }\n}`]:
      NOTHING,
  });

  describeRule("no-ignored-errors", {
    [task(`yield* client.send("x");`)]: { finds: ["dropped"] },
    [task(`const [line] = yield* client.receive(); void line;`)]: { finds: ["unnamed"] },
    [task(`const [line, , partial] = yield* client.receive(); void [line, partial];`)]: {
      finds: ["unnamed"],
    },
    [plain(`const [port] = client.getoption("keepalive"); void port;`)]: { finds: ["unnamed"] },
    [task(`let line; [line] = yield* client.receive(); void line;`)]: { finds: ["unnamed"] },
    [task(`const line = (yield* client.receive())[0]; void line;`)]: { finds: ["taken"] },
    [task(`void (yield* client.receive())[0]!.length;`)]: { finds: ["taken"] },
    [task(`void ((yield* client.receive()) as [string] | [undefined, "closed"])[0];`)]: {
      finds: ["taken"],
    },
    [task(
      `void [(yield* client.receive())[0] ?? "", (yield* client.send("x"))[0] === undefined];`,
    )]: NOTHING,
    [task(`void [(yield* client.receive())[1], (yield* call(() => [1, 2]))[0]];`)]: NOTHING,
    [task(`const [line, err] = yield* client.receive(); void [line, err];`)]: NOTHING,
    [task(`let line, err; [line, err] = yield* client.receive(); void [line, err];`)]: NOTHING,
    [task(`const [, err] = yield* client.send("x"); void err;`)]: NOTHING,
    [task(
      `const [...all] = yield* client.receive(); const result = yield* client.receive(); void [all, result];`,
    )]: NOTHING,
    [task(`yield* sleep(1); const line = socket.try(yield* client.receive()); void line;`)]:
      NOTHING,
    [plain(`const [a] = [1, 2]; const [b] = new Map([[1, 2]]); void [a, b];`)]: NOTHING,
  });

  const data = { finds: ["data"] };
  const resolved = `const [ip, err] = yield* socket.dns.toip("a");`;
  describeRule("no-misplaced-errors", {
    [task(`${resolved} if (err) return; void ip;`)]: data,
    [task(`${resolved} if (!err || ready) void ip;`)]: data,
    [task(`${resolved} void (err && ip); void (err ? 1 : ip);`)]: { finds: ["data", "data"] },
    [task(`${resolved} while (ready && err) void ip;`)]: data,
    [plain(`const [ip, error] = client.getpeername(); if (error) return; void ip;`)]: data,
    [task(
      `const [datagram, recvErr] = yield* socket.udp().receivefrom(); if (recvErr) return; void datagram;`,
    )]: data,
    [task(`const [rd, err] = yield* socket.select([client], []); if (err) return; void rd;`)]: {
      finds: ["selected"],
    },
    [task(`const [rd, , err] = yield* socket.select([client], []); if (err) return; void rd;`)]:
      NOTHING,
    [task(`${resolved} if (ip === undefined) return; void err;`)]: NOTHING,
    [task(`${resolved} if (err === "timeout") return; void ip;`)]: NOTHING,
    [task(`const [ip, all] = yield* socket.dns.toip("a"); if (all) return; void ip;`)]: NOTHING,
    [task(`const [line, err] = yield* client.receive(); if (err) return; void line;`)]: NOTHING,
    [task(`const [one, err] = yield* socket.dns.getaddrinfo("a"); if (err) return; void one;`)]:
      NOTHING,
    [plain(`const [, e] = new Map([[1, 2]]); const [a, err] = ["a", "b"]; if (e || err) void a;`)]:
      NOTHING,
  });
});
