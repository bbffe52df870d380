/** A browser that nobody sees: Debian's Chromium, by playwright-core. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "mocha";
import type { BrowserContext, Page } from "playwright-core";
import { onlyInCI } from "./counts.js";
import { available, root } from "./process.js";

const EXECUTABLE = "/usr/bin/chromium";

/** With COSOCKET_PICTURES=1 the tests write those of the documentation. */
export const pictures = process.env["COSOCKET_PICTURES"] !== undefined;

/** Leave a suite out where there is none, or nobody has asked for what takes so long. */
export function needsBrowser(context: Context): void {
  if (!pictures) onlyInCI(context, "a browser takes seconds to start");
  if (available(EXECUTABLE, "--version")) return;
  console.log(`    skipped: there is no ${EXECUTABLE}`);
  context.skip();
}

/**
 * One for all tests of a suite: it takes a second to start. Chromium sometimes dies by itself on a busy machine; what is tested then says nothing.
 */
export class Browser {
  #context: BrowserContext | null = null;
  #ended = true;
  #last: string[] = [];

  /** What `test` does; in a new browser and once more, if the browser ended meanwhile: a page that ends it does so twice. */
  async whileItRuns<T>(test: () => Promise<T>): Promise<T> {
    const attempt = async (): Promise<T> => {
      if (this.#ended) await this.#launch();
      return await test();
    };
    try {
      return await attempt();
    } catch (error) {
      if (!this.#ended) throw error;
      console.log(`    the browser ended by itself, so once more:\n${this.#last.join("\n")}`);
      return await attempt();
    }
  }

  async newPage(): Promise<Page> {
    const context = this.#context!;
    // It would be waited for until the test's time is over.
    const ended = new Promise<never>((_resolve, reject) => {
      context.once("close", () => reject(new Error("the browser ended")));
    });
    return await Promise.race([context.newPage(), ended]);
  }

  async close(): Promise<void> {
    await this.#context?.close();
  }

  async #launch(): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), "cosocket-browser-"));
    // Loaded only where it is used: it is large.
    const { chromium } = await import("playwright-core");
    this.#context = await chromium.launchPersistentContext(folder, {
      executablePath: EXECUTABLE,
      viewport: { width: 1160, height: 680 },
      // If it ends while it starts, playwright waits for it all the same: three minutes, unless it is told.
      timeout: 20_000,
      // It talks to nobody but the page.
      args: [
        ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
        ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
      ],
      // Only so can be read why it ended: its last words and its exit status.
      logger: {
        isEnabled: (name) => name === "browser",
        log: (_name, _severity, message) => {
          this.#last.push(String(message));
          if (this.#last.length > 20) this.#last.shift();
        },
      },
    });
    this.#ended = false;
    this.#context.once("close", () => (this.#ended = true));
    // Its processes may still write when it says that it has closed.
    process.once("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  }
}

/** Where a picture of the documentation is. */
export const picture = (name: string): string => join(root, `docs/seeing-${name}.png`);
