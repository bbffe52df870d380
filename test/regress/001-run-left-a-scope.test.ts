/**
 * Each `run` made a scope of Effection's for its fibers and never destroyed it: a program that called it in a loop grew by 16 kB a call.
 * The scope is destroyed with the run now, however that ends.
 */
import { expect } from "chai";
import { run, sleep } from "cosocket";
import { sleep as effectionSleep } from "effection";

describe("001: each run left a scope", () => {
  it("run leaves no Effection scope behind", async () => {
    const { global } = await import("effection");
    // The scopes below the root, by the name of Effection's own context.
    const children = (): number =>
      (global.get({ name: "@effection/scope.children" } as never) as unknown as Set<unknown>).size;
    await run(() => effectionSleep(0));
    const before = children();
    for (let i = 0; i < 20; i++) await run(i % 2 ? () => sleep(0) : () => effectionSleep(0));
    await new Promise((resolve) => setImmediate(resolve));
    expect(children()).to.equal(before);
  });
});
