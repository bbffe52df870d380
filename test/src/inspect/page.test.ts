/** The inspector's page in a real browser. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { call, ensure, type Operation } from "effection";
import type { Page } from "playwright-core";
import { fibers, fork, serve, sleep, socket, type Tcp } from "cosocket";
import { inspect } from "cosocket/inspect";
import { simulate } from "cosocket/testing";
import type { Model } from "../../../src/inspect/view/model.js";
import { Browser, needsBrowser, picture, pictures } from "../../support/browser.js";
import { check } from "../../support/check.js";

const NAMES = ["ada", "bob", "cleo", "dan", "eve", "finn", "gus", "hana", "ivo", "joy"];

/** What a page that is open gives its tests. */
type Module = { model: Model };

describe("the inspector's page in a browser", function () {
  // A browser and its pages: more on a machine that has other things to do.
  this.timeout(60_000);
  const browser = new Browser();
  let folder: string | undefined;
  let trace: string;
  before(async function () {
    needsBrowser(this);
    folder = mkdtempSync(join(tmpdir(), "cosocket-page-"));
    trace = join(folder, "failing-seed.json");
    // First: what a browser tells meanwhile would be of the simulated program.
    await simulatedTrace(trace);
  });
  after(async () => {
    await browser.close();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  const inBrowser = (test: () => Operation<void>): Promise<void> =>
    browser.whileItRuns(() => check(test));

  /** The page of this process, without errors of its scripts. */
  function* opened(colorScheme: "light" | "dark" = "light"): Operation<Page> {
    const [inspector, err] = yield* inspect({ port: 0 });
    if (err) throw new Error(err);
    const page = yield* call(() => browser.newPage());
    page.on("pageerror", (error) => expect.fail(String(error.stack)));
    // The inspector ends before the page, if a test fails.
    page.on("console", (message) => {
      if (message.type() === "error" && !/ERR_/.test(message.text())) expect.fail(message.text());
    });
    yield* ensure(() => call(() => page.close()));
    yield* call(() => page.emulateMedia({ colorScheme }));
    yield* call(() => page.goto(inspector.url!));
    yield* call(() => page.waitForSelector(".line:not([hidden])"));
    return page;
  }

  function* save(page: Page, name: string): Operation<void> {
    if (pictures) yield* call(() => page.screenshot({ path: picture(name) }));
  }

  /** Until the page has been told of what is so now. */
  function* told(page: Page): Operation<void> {
    const now = performance.now() / 1000;
    const seen = (): Promise<number> =>
      page.evaluate(async () => {
        const { model } = (await import("/main.js" as string)) as Module;
        return model.head?.now ?? 0;
      });
    while ((yield* call(seen)) <= now);
  }

  const lines = (page: Page): Promise<string[]> =>
    page.locator(".line:not([hidden])").allInnerTexts();

  /** Two hundred who talk now and then; each line that begins with "!" takes 200 ms of the processor. */
  function* chat(count: number): Operation<Map<string, Tcp>> {
    const server = socket.try(yield* socket.bind("127.0.0.1", 0));
    function* conversation(client: Tcp): Operation<void> {
      for (;;) {
        const [line, err] = yield* client.receive("*l");
        if (err) return;
        const until = performance.now() + (line.startsWith("!") ? 200 : 0);
        while (performance.now() < until);
        yield* client.send(`${line}\n`);
      }
    }
    const handler = function* chat(client: Tcp): Operation<void> {
      client.settimeout(600);
      yield* conversation(client);
    };
    yield* fork(() => serve(server, handler, { name: "chat" }), { name: "program" });
    const port = server.getsockname()[1] as number;
    const clients = new Map<string, Tcp>();
    yield* ensure(() => {
      for (const client of clients.values()) client.close();
    });
    for (let i = 0; i < count; i++) {
      const client = socket.try(yield* socket.connect("127.0.0.1", port));
      const name = `${NAMES[i % 10]}-${Math.floor(i / 10)}`;
      clients.set(name, client);
      const listen = function* listen(): Operation<void> {
        while (!(yield* client.receive("*l"))[1]);
      };
      yield* fork(listen, { name });
    }
    return clients;
  }

  it("shows a chat server with 200 clients, finds one by search, and shows its wait and its socket", () =>
    inBrowser(function* () {
      const clients = yield* chat(200);
      const page = yield* opened();
      expect(yield* call(() => page.locator("#tab-fibers").innerText())).to.equal("Fibers 402");
      const some = yield* call(() => lines(page));
      expect(some.join("\n")).to.match(
        /program[^]*chat[^]*chat:client_\d+\nparked\nreceive\("\*l"\) on tcp/,
      );
      for (let round = pictures ? 0 : 11; round < 12; round++) {
        for (const client of [...clients.values()].slice(0, 20 * (1 + (round % 5))))
          yield* client.send(`line ${round}\n`);
        yield* told(page);
      }
      yield* save(page, "fibers");
      yield* call(() => page.keyboard.press("/"));
      yield* call(() => page.keyboard.type("eve-7"));
      yield* call(() => page.keyboard.press("Enter"));
      yield* call(() => page.keyboard.press("Enter"));
      const details = page.locator("#details");
      yield* call(() => details.getByText("Where").waitFor());
      const text = yield* call(() => details.innerText());
      expect(text).to.match(/^eve-7\n/);
      expect(text).to.include(`receive("*l") on ${String(clients.get("eve-7"))}`);
      expect(text).to.match(/page\.test\.[tj]s:\d+/);
      expect(yield* call(() => page.locator("#shown").innerText())).to.equal("1 of 402 fibers");
      yield* call(() => page.keyboard.press("Escape"));
      yield* call(() => page.keyboard.press("Escape"));
      expect(yield* call(() => page.locator("#shown").innerText())).to.equal("402 fibers");
    }));

  it("marks a handler that blocks for 200 ms, and finds it by its mark", () =>
    inBrowser(function* () {
      const clients = yield* chat(60);
      const page = yield* opened("dark");
      yield* told(page);
      socket.try(yield* clients.get("dan-2")!.send("!\n"));
      const mark = page.locator("button.lint.slow");
      yield* call(() => mark.waitFor());
      yield* call(() => mark.click());
      const found = yield* call(() => lines(page));
      expect(found.at(-1)).to.match(/^\s*chat:client_\d+\s+slow\n/);
      yield* call(() => page.locator(".line:not([hidden])").last().click());
      yield* call(() => page.locator("#details").getByText("Where").waitFor());
      yield* told(page);
      const text = yield* call(() => page.locator("#details").innerText());
      expect(text).to.include("has run for more than 50 ms at a time");
      expect(text).to.match(/longest run\n2\d\d ms/);
      yield* save(page, "slow");
    }));

  it("is at ten random moments as fibers() is", () =>
    inBrowser(function* () {
      let seed = 4711;
      const draw = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
      const clients = yield* chat(30);
      const page = yield* opened();
      const sleepers = [];
      for (let moment = 0; moment < 10; moment++) {
        for (let i = draw(5); i >= 0; i--)
          sleepers.push(yield* fork(() => sleep(1000 + draw(1000)), { name: `s${draw(1e6)}` }));
        if (draw(2) === 0) yield* sleepers.splice(draw(sleepers.length), 1)[0]!.halt();
        const name = [...clients.keys()][draw(clients.size)]!;
        clients.get(name)!.close();
        clients.delete(name);
        // The other end's handler has gone by then.
        yield* call(() => new Promise((resolve) => setTimeout(resolve, 50)));
        yield* told(page);
        const seen = yield* call(() =>
          page.evaluate(async () => {
            const { model } = (await import("/main.js" as string)) as Module;
            return Array.from(model.fibers(), ({ id, name, state, waitsFor }) =>
              [id, name, state, waitsFor].join(" "),
            );
          }),
        );
        const there = fibers().map(({ fiber, name, state, waitsFor }) =>
          [fiber.id, name, state, waitsFor ?? ""].join(" "),
        );
        expect(seen.filter((text) => !there.includes(text))).to.deep.equal([]);
        expect(seen.length).to.be.above(30);
        // What is there and not seen is the inspector's own.
        const unseen = fibers().length - seen.length;
        expect(unseen).to.be.within(1, 5);
      }
    }));

  it("draws only what can be seen of 10,000 fibers, and goes to the last at a key", () =>
    inBrowser(function* () {
      for (let i = 1; i <= 10_000; i++)
        yield* fork(() => sleep(5000 + i), { name: `sleeper-${i}` });
      const page = yield* opened();
      expect(yield* call(() => page.locator("#tab-fibers").innerText())).to.equal("Fibers 10 k");
      const grid = page.locator("#grid");
      expect(yield* call(() => grid.getAttribute("aria-rowcount"))).to.equal("10001");
      yield* call(() => page.keyboard.press("End"));
      expect(yield* call(() => page.locator("[aria-selected=true].line").innerText())).to.match(
        /^\s*sleeper-10000\n/,
      );
      expect(yield* call(() => page.locator(".line").count())).to.be.below(60);
      yield* call(() => page.keyboard.press("/"));
      yield* call(() => page.keyboard.type("sleeper-77 sleep(50"));
      const found = Array.from({ length: 10_000 }, (_, i) => i + 1).filter(
        (i) => `sleeper-${i}`.includes("sleeper-77") && `sleep(${5000 + i})`.includes("sleep(50"),
      );
      expect(yield* call(() => page.locator("#shown").innerText())).to.equal(
        `${found.length} of 10000 fibers`,
      );
      yield* call(() => page.keyboard.press("Escape"));
      yield* call(() => page.locator(".head [data-key=wait] button").click());
      yield* told(page);
      yield* save(page, "many");
    }));

  it("opens the trace of a simulation", () =>
    inBrowser(function* () {
      yield* fork(() => sleep(1000), { name: "somebody" });
      const page = yield* opened();
      yield* call(() => page.keyboard.press("4"));
      yield* call(() => page.locator("#file").setInputFiles(trace));
      yield* call(() => page.locator("#canvas canvas").first().waitFor());
      expect(yield* call(() => page.locator("#opened").innerText())).to.equal("failing-seed.json");
      yield* save(page, "timeline");
      yield* call(() =>
        page.locator("#file").setInputFiles({
          name: "no.json",
          mimeType: "application/json",
          buffer: Buffer.from("[1,"),
        }),
      );
      yield* call(() => page.locator("#opened").getByText("is no trace").waitFor());
    }));

  it("can be read and used without a mouse: roles, names, a list of keys, what is selected", () =>
    inBrowser(function* () {
      yield* chat(5);
      const page = yield* opened();
      expect(yield* call(() => page.getByRole("treegrid", { name: "Fibers" }).count())).to.equal(1);
      expect(yield* call(() => page.getByRole("tab", { selected: true }).innerText())).to.equal(
        "Fibers 12",
      );
      yield* call(() => page.keyboard.press("j"));
      const active = yield* call(() => page.locator("#grid").getAttribute("aria-activedescendant"));
      const row = page.locator(`#${active}`);
      expect(yield* call(() => row.getAttribute("aria-selected"))).to.equal("true");
      yield* call(() => page.keyboard.press("?"));
      expect(yield* call(() => page.getByRole("dialog").innerText())).to.match(
        /search[^]*timeline/,
      );
      yield* call(() => page.keyboard.press("Escape"));
      yield* call(() => page.keyboard.press("f"));
      expect(yield* call(() => page.locator("#state").innerText())).to.equal("frozen");
      yield* call(() => page.keyboard.press("d"));
      expect(yield* call(() => page.locator("html").getAttribute("data-theme"))).to.equal("dark");
      yield* call(() => page.keyboard.press("d"));
      for (const [key, words] of [
        ["2", /^tcp\{server\}/],
        ["3", /^chat\n/],
      ] as const) {
        yield* call(() => page.keyboard.press(key));
        expect((yield* call(() => lines(page)))[0]).to.match(words);
      }
    }));
});

/** Two hosts, and a packet that is lost. */
async function simulatedTrace(file: string): Promise<void> {
  await simulate({ seed: 7, trace: file, faults: { latency: [0.05, 0.2] } }, function* (world) {
    yield* world.host("server", function* () {
      const server = socket.try(yield* socket.bind("*", 7777));
      yield* serve(server, function* (client) {
        for (;;) {
          const [line, err] = yield* client.receive("*l");
          if (err) return;
          yield* sleep(0.2);
          yield* client.send(`${line}\n`);
        }
      });
    });
    yield* sleep(1);
    const talks = [];
    for (const name of ["ada", "bob", "cleo"])
      talks.push(
        yield* fork(
          function* () {
            const client = socket.try(yield* socket.connect("server", 7777));
            for (let i = 0; i < 4; i++) {
              yield* client.send(`${name} ${i}\n`);
              yield* client.receive("*l");
              yield* sleep(0.5);
            }
            client.close();
          },
          { name },
        ),
      );
    for (const talk of talks) yield* talk;
  });
}
