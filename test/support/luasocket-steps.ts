/** The steps of the scripts that LuaSocket plays, too. */
import fc from "fast-check";
import { hex } from "./luasocket.js";

type Steps = fc.Arbitrary<string>;
type Scripts = fc.Arbitrary<string[]>;

const several = (steps: Steps): Scripts => fc.array(steps, { minLength: 10, maxLength: 24 });

/** `who` is a word for each object that may do it. */
function stepsOf(who: string[]) {
  return (method: string, ...args: string[]): Steps =>
    fc
      .tuple(fc.constantFrom(...who), fc.constantFrom(...(args.length > 0 ? args : [""])))
      .map(([one, rest]) => `${one} ${method} ${rest}`.trim());
}

const words = (...texts: string[]): string[] => texts.map(hex);
const texts = ["abc\n", "hello", "x\ny\nz", "one\r\ntwo\n", "a\rb\n", "\n", "\0\xff", ""];
const indexes = [-12, -9, -8, -3, -1, 0, 1, 2, 5, 8, 9, 12];
const ranges = indexes.flatMap((i) => [
  `${hex("abcdefgh")} n${i}`,
  `${hex("")} n${i}`,
  ...indexes.map((j) => `${hex("abcdefgh")} n${i} n${j}`),
  ...indexes.slice(0, 3).map((j) => `${hex("")} n${i} n${j}`),
]);
const prefixes = words("", "pre", "pre\r", "p\nq", "\0\xfe", "longer than what comes");
const patterns = [
  ...words("*l", "*a", "*line", "*all", "*lx"),
  "n0",
  "n1",
  "n3",
  "n4",
  "n6",
  "n22",
];
const prefixed = patterns.flatMap((pattern) => prefixes.map((prefix) => `${pattern} ${prefix}`));
const sides = words("send", "receive", "both");
const timeouts = ["n0", "n0.004", "n-1", "-"].flatMap((seconds) => [
  seconds,
  ...words("b", "t", "r", "block", "total").map((mode) => `${seconds} ${mode}`),
]);

function timing(step: ReturnType<typeof stepsOf>): Steps {
  return fc.oneof(
    step("settimeout", "n0.005", "n0.005", ...timeouts),
    step("settimeout", ...words("x", "").map((mode) => `n1 ${mode}`), hex("soon")),
    step("gettimeout"),
  );
}

/** Which objects have a timeout of 0, step by step. */
class Impatience {
  private readonly timeouts = new Map<string, { b: string; t: string }>();

  see(step: string): void {
    const [who, method, seconds = "-", mode = hex("b")] = step.split(" ") as [string, string];
    if (method !== "settimeout" || !/^(n|-)/.test(seconds)) return;
    const kind = { b: "b", t: "t", r: "t" }[Buffer.from(mode.slice(1), "hex").toString()[0] ?? ""];
    if (mode !== "-" && kind === undefined) return;
    const before = this.timeouts.get(who) ?? { b: "n0.005", t: "-" };
    this.timeouts.set(who, { ...before, [kind ?? "b"]: seconds });
  }

  has(who: string): boolean {
    const timeouts = this.timeouts.get(who);
    return timeouts?.b === "n0" || timeouts?.t === "n0";
  }
}

const lookedUp = words("localhost", "127.0.0.1 ");

/** With time for the look-up: here it counts under the timeout. */
function patiently(steps: string[]): string[] {
  return steps.flatMap((step) => {
    const [who, method, host = ""] = step.split(" ");
    if (!/^(bind|connect|set(sock|peer)name)$/.test(method!) || !lookedUp.includes(host))
      return [step];
    return [`${who} settimeout n1`, step, `${who} settimeout n0.005`];
  });
}

const looking = ["getsockname", "getpeername", "getfamily", "getfd", "dirty", "select"];

/**
 * Without what docs/porting.md says is different: what comes after `shutdown("receive")` is dropped here; closing with unread
 * data resets LuaSocket's connection; that there is no connection any more shows one send later; the addresses of a connection that
 * broke are forgotten; what is closed is "closed", also for methods that it never had; that a connection was reset is not told once only.
 */
function streamScript(steps: string[]): string[] {
  const deaf = new Set<string>();
  const ended = new Set<string>();
  const closed = new Set<string>();
  const told = new Set<string>();
  /** Who would reset the connection. */
  const abrupt = new Set<string>();
  return steps.flatMap((step) => {
    const [who, method, argument = ""] = step.split(" ") as [string, string, string?];
    const other = who === "1" ? "2" : "1";
    if (closed.has(who) && /^(accept|bind|listen)$/.test(method)) return [];
    if (closed.size > 0 && method === "connect") return [];
    if (method === "send" && closed.has(other)) {
      if (ended.has(other) || told.has(who) || argument.length > 8192) return [];
      told.add(who);
    }
    if (method === "send" && deaf.has(other)) return [];
    if (step === `${who} getoption ${hex("error")}` && told.has(who)) return [];
    if (
      method === "receive" &&
      told.has(who) &&
      abrupt.has(other) &&
      argument.startsWith(hex("*a"))
    )
      return [];
    if (method === "setoption" && !closed.has(who))
      abrupt[step.endsWith(" L1:0") ? "add" : "delete"](who);
    if (/^get(sockname|peername|fd|family)$/.test(method) && closed.size > 0) return [];
    if (method === "shutdown" && argument !== hex("none")) {
      if (argument !== hex("send")) deaf.add(who);
      if (argument !== hex("receive")) ended.add(who);
    }
    if (method !== "close" || closed.has(who)) return [step];
    closed.add(who);
    return [`${who} receive ${hex("*a")}`, step];
  });
}

/** Two ends of a connection. */
export function streamScripts(home: string): Scripts {
  const step = stepsOf(["1", "2"]);
  const look = fc.oneof(...[...looking, "getstats"].map((method) => step(method)));
  const steps = fc.oneof(
    { weight: 10, arbitrary: step("send", ...texts.map(hex), hex("q".repeat(9000) + "\n")) },
    { weight: 4, arbitrary: step("send", ...ranges) },
    { weight: 8, arbitrary: step("receive", "", ...patterns, ...words("*l", "*a")) },
    { weight: 4, arbitrary: step("receive", ...prefixed) },
    { weight: 1, arbitrary: step("receive", ...words("*", "", "x", "*x", "7"), "n-1") },
    { weight: 2, arbitrary: step("shutdown", "", ...sides, hex("send"), hex("none")) },
    { weight: 1, arbitrary: step("close") },
    { weight: 2, arbitrary: step("setoption", `${hex("linger")} L1:0`, `${hex("linger")} L0:0`) },
    { weight: 1, arbitrary: step("setstats", "", "n5", "n5 n7", "- n7", "n1 n2 n3") },
    {
      weight: 2,
      arbitrary: step(
        "setoption",
        ...words("tcp-nodelay", "keepalive").flatMap((name) => [`${name} T`, `${name} F`]),
      ),
    },
    {
      weight: 2,
      arbitrary: step(
        "getoption",
        ...words("linger", "tcp-nodelay", "keepalive", "error", "error"),
      ),
    },
    { weight: 2, arbitrary: timing(step) },
    { weight: 4, arbitrary: look },
    {
      weight: 1,
      arbitrary: stepsOf(["2"])("connect", `${hex(home)} port1`, `${hex(home)} n9`),
    },
    {
      weight: 1,
      arbitrary: fc.oneof(step("accept"), step("listen"), step("bind", `${hex("*")} n0`)),
    },
  );
  return several(steps).map(streamScript);
}

const hosts = words("127.0.0.1", "::1", "127.0.0.1", "127.0.0.2");
const odd = words("", "*", "::", "0.0.0.0", "::ffff:127.0.0.1", "127.0.0.1 ");
const from = (list: string[], ports: string[]): string[] =>
  list.flatMap((host) => ports.map((port) => `${host} ${port}`));

/** Where one may bind, and with objects of which family. */
const canBind = new Map(
  [
    ["127.0.0.1", "tcp4"],
    ["127.0.0.2", "tcp4"],
    ["0.0.0.0", "tcp4"],
    ["*", "tcp4"],
    ["::ffff:127.0.0.1", "tcp4"],
    ["::1", "tcp6"],
    ["::", "tcp6"],
  ].map(([host, kind]) => [hex(host!), kind]),
);

/**
 * Without what docs/porting.md says is different: `bind` listens, and is called once; there is nothing of the kernel's before `bind` and `connect`;
 * what is closed remains so; a client whose connect has failed may connect again, and receiving on it is "closed"; a connect that may not wait has never finished.
 */
function masterScript(kinds: string[]) {
  return (steps: string[]): string[] => {
    const tried = new Set<string>();
    /** Of whom there is a socket of the kernel's. */
    const made = new Set<string>();
    const listens = new Set<string>();
    const closed = new Set<string>();
    const impatience = new Impatience();
    /** Of whom the kernel may have a socket, although its bind has failed. */
    const bare = new Set<string>();
    const fresh = (who: string): boolean =>
      !listens.has(who) && !tried.has(who) && Number(who) <= 3;
    const takes = (who: string, host: string): boolean =>
      canBind.has(host) &&
      ((kinds[Number(who) - 1] === "tcp" && host !== hex("::ffff:127.0.0.1")) ||
        kinds[Number(who) - 1] === canBind.get(host) ||
        host === hex("*"));
    return steps.flatMap((step) => {
      const [who, method, host] = step.split(" ") as [string, string, string];
      const family = kinds[Number(who) - 1];
      impatience.see(step);
      if (closed.has(who))
        return /^(close|[gs]ettimeout|getfd|send|receive)$/.test(method) ? [step] : [];
      switch (method) {
        case "close":
          closed.add(who);
          return [step];
        case "bind":
          if (!fresh(who)) return [];
          bare.add(who);
          if (!takes(who, host)) return [step];
          listens.add(who);
          return [step, `${who} listen`];
        case "listen":
          if (family === "tcp" || !fresh(who)) return [];
          listens.add(who);
          return [step];
        case "connect":
          if (!fresh(who) || impatience.has(who)) return [];
          // Its port is the kernel's again, and may become that of who connects: Linux connects it to itself.
          if (tried.has(step.slice(step.lastIndexOf("port") + 4))) return [];
          tried.add(who);
          if (hosts.includes(host)) made.add(who);
          return [step];
        case "accept":
        case "dirty":
        case "shutdown":
        case "toip":
          return [step];
        case "send":
        case "receive":
          return Number(who) > 3 || (tried.has(who) && closed.size === 0) ? [step] : [];
        case "getoption":
          return Number(who) > 3 || (made.has(who) && closed.size === 0) ? [step] : [];
        case "getstats":
          return Number(who) > 3 ? [step] : [];
        case "select":
          return kinds.every(
            (kind, i) =>
              !tried.has(`${i + 1}`) &&
              (listens.has(`${i + 1}`) || (kind === "tcp" && !bare.has(`${i + 1}`))),
          )
            ? [step]
            : [];
        case "settimeout":
        case "gettimeout":
          return [step];
        default:
          return listens.has(who) || (fresh(who) && family !== "tcp" && method !== "getfd")
            ? [step]
            : [];
      }
    });
  };
}

/** Objects that are not connected, of every family. */
export function masterScripts(kinds: string[]): Scripts {
  const step = stepsOf(["1", "2", "3"]);
  const any = stepsOf(["1", "2", "3", "4", "5"]);
  const steps = fc.oneof(
    { weight: 3, arbitrary: step("bind", ...from([...hosts, ...odd], ["n0"])) },
    { weight: 3, arbitrary: step("listen", "", "n3") },
    { weight: 3, arbitrary: any("accept") },
    { weight: 6, arbitrary: any("connect", ...from(hosts, ["port1", "port2", "port3"])) },
    {
      weight: 2,
      arbitrary: any("connect", ...from([...odd, ...words("localhost")], ["port1", "port2", "n9"])),
    },
    { weight: 1, arbitrary: any("getoption", hex("error")) },
    { weight: 1, arbitrary: any("toip", ...words("localhost", "127.0.0.1", "*")) },
    { weight: 2, arbitrary: any("send", ...texts.map(hex)) },
    { weight: 2, arbitrary: any("receive", "", "n2", hex("*a")) },
    { weight: 2, arbitrary: fc.oneof(any("close"), any("shutdown")) },
    { weight: 1, arbitrary: timing(any) },
    { weight: 5, arbitrary: fc.oneof(...[...looking, "getstats"].map((method) => any(method))) },
  );
  return several(steps).map(masterScript(kinds)).map(patiently);
}

const sizes = ["", "n0", "n1", "n3", "n8192", "n9000"];
const datagrams = [...texts, "d".repeat(8200)].map(hex);

/**
 * Without what docs/porting.md says is different: what is closed remains so; who has no address receives nothing; an address is taken
 * once.
 */
function datagramScript(kinds: string[], ...gone: string[]) {
  return (steps: string[]): string[] => {
    const closed = new Set<string>(gone);
    const named = new Set<string>();
    /** Who may have something to receive, or to be told. */
    const mail = new Set<string>();
    const peers = new Map<string, string>();
    /** Some port is another one here. */
    let moved = false;
    /** Who gets something by it; the sender, too, if it is refused. */
    const reached = (who: string, method: string, args: string[]): string[] => {
      const port = method === "sendto" ? args[2] : peers.get(who);
      const to = port?.startsWith("port") ? port.slice(4) : undefined;
      // It may have had a peer from the beginning.
      if (port === undefined) return ["1", "2", "3"];
      if (to === undefined) return [who];
      return closed.has(to) || kinds[Number(to) - 1] !== "bound" ? [to, who] : [to];
    };
    return steps.filter((step) => {
      const [who, method, ...args] = step.split(" ") as [string, string, ...string[]];
      const host = args[method === "sendto" ? 1 : 0];
      const kind = kinds[Number(who) - 1]!;
      const bound = kind === "bound";
      if (closed.has(who)) return /^(close|[gs]ettimeout|getfd|dirty|select)$/.test(method);
      if (kind === "udp" && host === hex("::ffff:127.0.0.1")) return false;
      switch (method) {
        case "close":
          closed.add(who);
          return true;
        case "setsockname":
          if (named.has(who) && !bound) return false;
          named.add(who);
          return true;
        case "setpeername":
          if (mail.has(who) || (!bound && host === hex("*"))) return false;
          named.add(who);
          moved ||= !bound && peers.has(who);
          peers.set(who, args[1] ?? "");
          return true;
        case "send":
        case "sendto":
          if (!bound && (host === hex("*") || (moved && method === "send"))) return false;
          for (const one of reached(who, method, args)) mail.add(one);
          named.add(who);
          return true;
        case "receive":
        case "receivefrom":
          return bound;
        case "getsockname":
        case "getpeername":
        case "getfamily":
        case "getfd":
        case "select":
          return bound || (kind !== "udp" && !named.has(who) && method !== "getfd");
        default:
          return true;
      }
    });
  };
}

/** Three bound UDP objects, the last of which is closed. */
export function datagramScripts(home: string): Scripts {
  const step = stepsOf(["1", "2", "1", "2", "3"]);
  const there = ["port1", "port2", "port3"].map((port) => `${hex(home)} ${port}`);
  const steps = fc.oneof(
    { weight: 8, arbitrary: step("sendto", ...from(datagrams, [...there, `${hex(home)} n0`])) },
    { weight: 6, arbitrary: step("receivefrom", ...sizes) },
    { weight: 6, arbitrary: step("receive", ...sizes) },
    { weight: 3, arbitrary: step("send", ...datagrams) },
    { weight: 3, arbitrary: step("setpeername", ...there, `${hex("*")}`, `${hex("*")} n0`) },
    { weight: 1, arbitrary: step("setsockname", `${hex(home)} n0`, `${hex(home)} port1`) },
    { weight: 1, arbitrary: step("close") },
    { weight: 1, arbitrary: timing(step) },
    { weight: 3, arbitrary: fc.oneof(...looking.map((method) => step(method))) },
  );
  return several(steps).map(datagramScript(["bound", "bound", "bound"], "3"));
}

/** UDP objects of every family, not bound. */
export function unboundScripts(kinds: string[]): Scripts {
  const step = stepsOf(["1", "2", "3"]);
  const there = from([...hosts, ...odd], ["port1", "port2", "port3"]);
  const steps = fc.oneof(
    { weight: 4, arbitrary: step("setsockname", ...from([...hosts, ...odd], ["n0"])) },
    { weight: 4, arbitrary: step("setpeername", ...there, `${hex("*")}`) },
    { weight: 5, arbitrary: step("sendto", ...there.map((to) => `${hex("abc")} ${to}`)) },
    { weight: 3, arbitrary: step("send", ...texts.map(hex)) },
    { weight: 3, arbitrary: step("receive", ...sizes) },
    { weight: 3, arbitrary: step("receivefrom", ...sizes) },
    { weight: 1, arbitrary: fc.oneof(step("close"), timing(step)) },
    { weight: 4, arbitrary: fc.oneof(...looking.map((method) => step(method))) },
  );
  return several(steps).map(datagramScript(kinds)).map(patiently);
}
