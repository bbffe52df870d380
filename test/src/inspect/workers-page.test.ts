/** A cluster in the page of its primary process, in a real browser. */
import { expect } from "chai";
import { call, ensure, type Operation } from "effection";
import type { Page } from "playwright-core";
import { socket, type Tcp } from "cosocket";
import { Browser, needsBrowser, picture, pictures } from "../../support/browser.js";
import { check } from "../../support/check.js";
import { withPage } from "../../support/inspected-cluster.js";

describe("the inspector's page of a cluster", function () {
  // A browser, its pages and processes: more on a machine that has other things to do.
  this.timeout(60_000);
  const browser = new Browser();
  before(async function () {
    needsBrowser(this);
  });
  after(() => browser.close());

  const inBrowser = (test: () => Operation<void>): Promise<void> =>
    browser.whileItRuns(() => check(test));

  function* opened(url: string, colorScheme: "light" | "dark" = "light"): Operation<Page> {
    const page = yield* call(() => browser.newPage());
    page.on("pageerror", (error) => expect.fail(String(error.stack)));
    yield* ensure(() => call(() => page.close()));
    yield* call(() => page.emulateMedia({ colorScheme }));
    yield* call(() => page.goto(url));
    return page;
  }

  function* save(page: Page, name: string): Operation<void> {
    if (pictures) yield* call(() => page.screenshot({ path: picture(name) }));
  }

  const heading = (page: Page, text: RegExp): Operation<void> =>
    call(() => page.locator(".line.heading", { hasText: text }).waitFor());

  /** Clients who have been answered once. */
  function* talkers(port: number, count: number): Operation<Tcp[]> {
    const clients: Tcp[] = [];
    yield* ensure(() => {
      for (const client of clients) client.close();
    });
    for (let i = 0; i < count; i++) {
      const client = socket.try(yield* socket.connect("127.0.0.1", port));
      clients.push(client);
      socket.try(yield* client.send("hello\n"));
      expect((yield* client.receive())[0]).to.match(/^[12] hello$/);
    }
    return clients;
  }

  it("shows a chat on two workers with 100 clients, finds each by its address, and goes on over a reload", () =>
    inBrowser(function* () {
      const { url, port, running } = yield* withPage("primary");
      const clients = yield* talkers(port, 100);
      const page = yield* opened(url);
      yield* heading(page, /worker 1\s*ready\s*pid \d+ \u00b7 \d+ connections/);
      yield* call(() => page.keyboard.press("/"));
      yield* call(() => page.keyboard.type("chat:client_"));
      yield* call(() => page.getByText(/^100 of \d+ fibers$/).waitFor());
      yield* call(() => page.keyboard.press("Escape"));
      // Folded, with what is below the primary process: both workers are seen.
      yield* call(() => page.locator(".line:not([hidden])").first().locator(".fold").click());
      yield* save(page, "workers");

      // Whichever worker has it.
      for (const client of [clients[0]!, clients[57]!, clients[99]!]) {
        yield* call(() => page.locator("#search").fill(`:${client.getsockname()[1]}`));
        yield* call(() => page.getByText(/^1 of \d+ fibers$/).waitFor());
        yield* call(() => page.locator(".line:not([hidden])").last().click());
        yield* call(() => page.locator("#details").getByText("Where").waitFor());
        const text = yield* call(() => page.locator("#details").innerText());
        expect(text).to.match(/^chat:client_\d+\n[^]*process\nworker [12], pid \d+/);
        expect(text).to.match(/inspected-workers\.[jt]s:\d+/);
        yield* call(() => page.keyboard.press("Escape"));
      }
      yield* call(() => page.locator("#search").fill(""));

      // One of them, and its successor.
      yield* call(() => page.locator("#tab-workers").click());
      const rows = yield* call(() => page.locator(".line:not([hidden])").allInnerTexts());
      expect(rows.map((row) => row.split("\n").slice(0, 2).join(" "))).to.deep.equal([
        "primary running",
        "worker 1 ready",
        "worker 2 ready",
      ]);
      yield* save(page, "processes");
      const pidOf = (row: string): string => row.split("\n")[2]!;
      running.child.kill("SIGHUP");
      const old = rows.slice(1).map(pidOf);
      yield* call(() => running.prints(/(\[ready\][^]*){4}\n/));
      for (;;) {
        const now = yield* call(() => page.locator(".line:not([hidden])").allInnerTexts());
        const pids = now.slice(1).map(pidOf);
        if (
          now.length === 3 &&
          now.slice(1).every((row) => /\nready\n/.test(row)) &&
          !pids.some((pid) => old.includes(pid))
        )
          break;
      }
      yield* call(() => page.locator("#process").selectOption("2"));
      yield* call(() => page.getByText("worker_2:body").waitFor());
      expect(yield* call(() => page.getByText("worker_1:body").count())).to.equal(0);
    }));
});
