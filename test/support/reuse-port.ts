/** Where several sockets can share a port. */
import type { Context } from "mocha";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

/** Skips the test, with a reason, on a Node that cannot. */
export function reusePortHere(context: Context): boolean {
  const can = major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
  if (can) return true;
  console.log("      skipped: this Node has no reusePort");
  context.skip();
}
