/** A browser that nobody sees: Debian's Chromium, by playwright-core. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "mocha";
import type { BrowserContext } from "playwright-core";
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

/** One for all tests of a suite: it takes a second to start. */
export async function browser(): Promise<BrowserContext> {
  const folder = mkdtempSync(join(tmpdir(), "cosocket-browser-"));
  // Loaded only where it is used: it is large.
  const { chromium } = await import("playwright-core");
  const launched = await chromium.launchPersistentContext(folder, {
    executablePath: EXECUTABLE,
    viewport: { width: 1160, height: 680 },
    // It talks to nobody but the page.
    args: [
      ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
      ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
    ],
  });
  // Its processes may still write when it says that it has closed.
  process.once("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return launched;
}

/** Where a picture of the documentation is. */
export const picture = (name: string): string => join(root, `docs/seeing-${name}.png`);
