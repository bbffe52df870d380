/** Copies of the library with a bug in them. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import type * as cosocket from "cosocket";
import type * as testing from "cosocket/testing";
import { root } from "./process.js";

/** What is wrong with a copy of the library. */
export interface Bug {
  file: string;
  /** What is right, and what is put in its place. */
  edits: [right: string, wrong: string][];
}

/** Declarations and maps are three files of four, and nobody needs them there. */
const isLoaded = (path: string): boolean => !/\.(d\.ts|map)$/.test(path);

/** A copy of the library in a folder, with the bug. */
export async function planted(
  { file, edits }: Bug,
  folder: string,
): Promise<{
  library: typeof cosocket;
  testing: typeof testing;
}> {
  for (const part of ["src", "reactor"])
    cpSync(join(root, "dist", part), join(folder, part), { recursive: true, filter: isLoaded });
  const path = join(folder, file);
  let code = readFileSync(path, "utf8");
  for (const [right, wrong] of edits) {
    expect(code.split(right).length, `${file}: ${right}`).to.equal(2);
    code = code.replace(right, wrong);
  }
  writeFileSync(path, code);
  const load = (name: string): Promise<unknown> =>
    import(pathToFileURL(join(folder, name)).href) as Promise<unknown>;
  return {
    library: (await load("src/index.js")) as typeof cosocket,
    testing: (await load("src/testing/index.js")) as typeof testing,
  };
}
