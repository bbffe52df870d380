/** The programs of examples/luasocket: the original, and its port. */
import { join } from "node:path";
import { call, type Operation } from "effection";
import { program, root } from "./process.js";

export interface Told {
  out: string;
  exit: { code: number | null; signal: string | null };
}

/** What the program says, in Lua or as its port, with these arguments and this on stdin. */
export function* told(
  language: "lua" | "ts",
  name: string,
  args: string[],
  input = "",
): Operation<Told> {
  const running =
    language === "lua"
      ? yield* program("lua5.4", [join(root, `examples/luasocket/${name}.lua`), ...args])
      : yield* program(process.execPath, [
          join(root, `dist/examples/luasocket/${name}.js`),
          ...args,
        ]);
  // It may end before it has read it.
  running.child.stdin!.on("error", () => undefined);
  running.child.stdin!.end(input);
  const exit = yield* call(() => running.ends());
  return { out: running.out, exit };
}
