/** The table as it is looked at: what is shown, selected, searched for; and as lines of text. Knows no terminal. */
import { count, duration, size } from "../view/format.js";
import { LINTS, type Lint } from "../view/lints.js";
import { greatestFirst, type Line, type Model, type Sort, SORTS } from "../view/model.js";
import { fit, type Style } from "./text.js";

/** A process that is shown. */
export interface Shown {
  pid: number;
  program: string;
  model: Model;
  /** It tells nothing any more. */
  ended: boolean;
}

interface Entry {
  process: Shown;
  line: Line;
}

interface Column {
  title: string;
  width: number;
  text(entry: Entry): string;
}

const HELP = [
  ["j k \u2193 \u2191", "next, previous; PgDn, PgUp, g, G"],
  ["enter", "details of a fiber; esc goes back"],
  ["/", "search, by words: names, waits, addresses"],
  ["s", `sort: ${SORTS.join(", ")}`],
  ["h l \u2190 \u2192", "fold what is below a fiber, and show it"],
  ["f", "freeze, and go on"],
  ["q", "quit"],
];

export class FiberTable {
  sort: Sort = "tree";
  search = "";
  searching = false;
  frozen = false;
  view: "list" | "details" | "help" = "list";
  private selected = 0;
  private first = 0;
  private entries: Entry[] = [];
  /** Rows for fibers in the last picture. */
  private room = 10;

  constructor(private readonly processes: readonly Shown[]) {}

  /** What has changed is to be seen. */
  update(): void {
    const before = this.current;
    this.entries = this.collect();
    if (before === undefined) return;
    const { process, line } = before;
    const at = this.entries.findIndex(
      (entry) => entry.process === process && entry.line.fiber.id === line.fiber.id,
    );
    // One that has ended: whoever is there now.
    this.selected = at >= 0 ? at : Math.min(this.selected, Math.max(this.entries.length - 1, 0));
  }

  private get current(): Entry | undefined {
    return this.entries[this.selected];
  }

  private collect(): Entry[] {
    const { sort } = this;
    const all = this.processes.flatMap((process) =>
      process.model.lines(sort, this.search).map((line) => ({ process, line })),
    );
    if (sort === "tree" || this.processes.length === 1) return all;
    const compare = greatestFirst(sort);
    return all.sort((a, b) => compare(a.line, b.line));
  }

  /** @param key as readline names it, or the character */
  press(key: string): void {
    if (this.searching) return this.type(key);
    if (this.view !== "list" && ["escape", "return", "q", "?"].includes(key)) this.view = "list";
    else if (key === "?") this.view = "help";
    else if (key === "return" && this.current !== undefined) this.view = "details";
    else if (key === "escape") this.search = "";
    else if (key === "/") this.searching = true;
    else if (key === "s") this.sort = SORTS[(SORTS.indexOf(this.sort) + 1) % SORTS.length]!;
    else if (key === "f" || key === "space") this.frozen = !this.frozen;
    else if (key === "l" || key === "right") this.fold(false);
    else if (key === "h" || key === "left") this.fold(true);
    else this.move(key);
    this.update();
  }

  private type(key: string): void {
    if (key === "return" || key === "escape") this.searching = false;
    if (key === "escape") this.search = "";
    else if (key === "backspace") this.search = [...this.search].slice(0, -1).join("");
    else if (key === "space") this.search += " ";
    else if ([...key].length === 1) this.search += key;
    this.selected = 0;
    this.entries = this.collect();
  }

  private fold(folded: boolean): void {
    if (this.current === undefined) return;
    const { process, line } = this.current;
    if (folded && line.children > 0) process.model.folded.add(line.fiber.id);
    else process.model.folded.delete(line.fiber.id);
  }

  private move(key: string): void {
    const last = Math.max(this.entries.length - 1, 0);
    const by: Record<string, number> = {
      ...{ j: 1, down: 1, k: -1, up: -1, pagedown: this.room, pageup: -this.room },
      ...{ g: -Infinity, home: -Infinity, G: Infinity, end: Infinity },
    };
    this.selected = Math.min(Math.max(this.selected + (by[key] ?? 0), 0), last);
  }

  /** A picture of so many lines, each of `width` columns. */
  draw(width: number, height: number, style: Style): string[] {
    this.room = Math.max(height - 4, 1);
    const { current } = this;
    const body =
      this.view === "help"
        ? this.help(width)
        : this.view === "details" && current !== undefined
          ? details(current, width, style)
          : this.list(width, style);
    const lines = [this.summary(width, style), ...body.slice(0, height - 2)];
    while (lines.length < height - 1) lines.push(" ".repeat(width));
    return [...lines, this.footer(width, style)].slice(0, height);
  }

  private summary(width: number, style: Style): string {
    const { processes } = this;
    const sum = (of: (model: Model) => number): number =>
      processes.reduce((all, { model }) => all + of(model), 0);
    const who =
      processes.length === 1
        ? `${processes[0]!.program} ${processes[0]!.pid}`
        : `${processes.length} processes`;
    const lag = Math.max(...processes.map(({ model }) => model.head?.lag ?? 0));
    const parts = [
      `${who}${processes.every(({ ended }) => ended) ? " (ended)" : ""}`,
      `${sum((model) => model.fibers.size)} fibers`,
      `${sum((model) => model.sockets.size)} sockets`,
      `lag ${duration(lag)}`,
      `by ${this.sort}`,
      ...(this.frozen ? ["frozen"] : []),
      ...this.lints(),
    ];
    return style.bold(fit(parts.join(" \u00b7 "), width));
  }

  private lints(): string[] {
    const counts = new Map<string, number>();
    for (const { model } of this.processes)
      for (const [lint, found] of model.lints()) counts.set(lint, (counts.get(lint) ?? 0) + found);
    return [...counts].map(([lint, found]) => `${found} ${lint}`);
  }

  private footer(width: number, style: Style): string {
    const text = this.searching
      ? `/${this.search}\u2588`
      : this.search === ""
        ? "? keys  / search  s sort  enter details  q quit"
        : `found: ${this.entries.filter(({ line }) => !line.aside).length} for ${this.search}  (esc: all)`;
    return this.searching ? fit(text, width) : style.dim(fit(text, width));
  }

  private list(width: number, style: Style): string[] {
    if (this.selected < this.first) this.first = this.selected;
    if (this.selected >= this.first + this.room) this.first = this.selected - this.room + 1;
    this.first = Math.max(Math.min(this.first, this.entries.length - this.room), 0);
    const columns = this.columns(width);
    const row = (text: (column: Column) => string): string =>
      columns
        .map((column) => fit(text(column), Math.abs(column.width), column.width < 0))
        .join(" ");
    const rows = this.entries.slice(this.first, this.first + this.room).map((entry, i) => {
      const text = fit(
        row((column) => column.text(entry)),
        width,
      );
      if (this.first + i === this.selected) return style.inverse(text);
      if (entry.line.aside) return style.dim(text);
      return entry.line.fiber.lints === "" ? text : style.warning(text);
    });
    const nothing = this.search === "" ? "There are no fibers." : "Nothing is found.";
    return [
      style.dim(
        fit(
          row(({ title }) => title),
          width,
        ),
      ),
      ...(rows.length > 0 ? rows : [fit(nothing, width)]),
    ];
  }

  /** Right-aligned ones have a negative width. */
  private columns(width: number): Column[] {
    const now = ({ process }: Entry): number => process.model.head!.now;
    const since = (entry: Entry, from: number | null): string =>
      from === null ? "" : duration(now(entry) - from);
    const several = this.processes.length > 1;
    const numbers: Column[] = [
      { title: "For", width: -12, text: (entry) => since(entry, entry.line.fiber.since) },
      { title: "Age", width: -12, text: (entry) => since(entry, entry.line.fiber.born) },
      {
        title: "Runs",
        width: -7,
        text: ({ line: { fiber } }) => (fiber.runs === null ? "" : count(fiber.runs)),
      },
      { title: "Busy", width: -8, text: ({ line: { fiber } }) => duration(fiber.busy) },
      {
        title: "Bytes",
        width: -7,
        text: ({ line: { bytes } }) => (bytes === 0 ? "" : size(bytes)),
      },
    ];
    // On a narrow screen the last ones are left out, one after the other.
    const pid: Column[] = several
      ? [{ title: "Process", width: -7, text: ({ process }) => String(process.pid) }]
      : [];
    const least = 40 + pid.length * 8;
    while (numbers.length > 1 && least + widthOf(numbers) > width) numbers.pop();
    const rest = Math.max(width - widthOf(numbers) - widthOf(pid), 20);
    const name = Math.min(Math.max(Math.floor(rest * 0.38), 12), 40);
    return [
      ...pid,
      { title: "Fiber", width: name, text: ({ line }) => nameOf(line) },
      {
        title: "Waits for",
        width: rest - name - 2,
        text: ({ line: { fiber } }) => fiber.waitsFor ?? fiber.state,
      },
      ...numbers,
    ];
  }

  private help(width: number): string[] {
    return ["", ...HELP.map(([keys, does]) => `  ${fit(keys!, 12)}${does!}`)].map((line) =>
      fit(line, width),
    );
  }
}

function widthOf(columns: Column[]): number {
  return columns.reduce((sum, { width }) => sum + Math.abs(width) + 1, 0);
}

function nameOf({ fiber, depth, children, open }: Line): string {
  const lints = fiber.lints === "" ? "" : ` !${fiber.lints.replaceAll(" ", " !")}`;
  const folded = children > 0 && !open ? ` +${children}` : "";
  return `${"  ".repeat(Math.min(depth, 20))}${fiber.name}${folded}${lints}`;
}

function details({ process, line }: Entry, width: number, style: Style): string[] {
  const { fiber, bytes } = line;
  const { model } = process;
  const { now } = model.head!;
  const since = (from: number | null): string => (from === null ? "" : duration(now - from));
  const parent = fiber.parent === null ? undefined : model.fibers.get(fiber.parent);
  const sockets = [...model.sockets.values()].filter(
    (socket) => socket.id === fiber.socket || socket.fiber === fiber.id,
  );
  const terms: [string, string][] = [
    ["fiber", `${fiber.name}, ${fiber.id} in process ${process.pid}`],
    ["state", fiber.state],
    ["waits for", fiber.waitsFor ?? ""],
    ["for", since(fiber.since)],
    [
      "timeout",
      fiber.until === null
        ? ""
        : `${fiber.until < now ? "passed " : "in "}${duration(Math.abs(fiber.until - now))}`,
    ],
    ["age", since(fiber.born)],
    ["runs", fiber.runs === null ? "" : String(fiber.runs)],
    ["busy", duration(fiber.busy)],
    ["bytes", bytes === 0 ? "" : size(bytes)],
    ["parent", parent?.name ?? ""],
    ...sockets.map(({ name, received, sent, unread, unsent }): [string, string] => [
      "socket",
      `${name}: ${size(received)} received, ${size(sent)} sent, ${size(unread)} unread, ${size(unsent)} unsent`,
    ]),
  ];
  const lints = fiber.lints === "" ? [] : (fiber.lints.split(" ") as Lint[]);
  return [
    "",
    ...lints.map((lint) => style.warning(fit(`  ${lint}: ${LINTS[lint]}`, width))),
    ...terms
      .filter(([, value]) => value !== "")
      .map(([term, value]) => fit(`  ${fit(term, 11)}${value}`, width)),
  ];
}
