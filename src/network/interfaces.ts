/** The names of network interfaces: libuv wants them where LuaSocket and the kernel have numbers. */
import * as fs from "node:fs";
import * as os from "node:os";

const LINUX = "/sys/class/net";

/** Throws ENODEV where there is none with that number. */
export function interfaceName(number: number): string {
  const name = process.platform === "linux" ? onLinux(number) : elsewhere(number);
  if (name !== undefined) return name;
  throw Object.assign(new Error(`there is no network interface ${number}`), { code: "ENODEV" });
}

function onLinux(number: number): string | undefined {
  return fs.readdirSync(LINUX).find((name) => {
    try {
      return Number(fs.readFileSync(`${LINUX}/${name}/ifindex`, "utf8")) === number;
    } catch {
      // It has gone meanwhile.
      return false;
    }
  });
}

/** Node tells the numbers of those that have a link-local address. Windows takes numbers. */
function elsewhere(number: number): string | undefined {
  if (process.platform === "win32") return String(number);
  const all = Object.entries(os.networkInterfaces());
  return all.find(([, addresses]) => addresses?.some((one) => one.scopeid === number))?.[0];
}
