/** The table as it is looked at: what is shown, selected, searched for; and as lines of text. Knows no terminal. */
import { count, duration, size } from "../view/format.js";
import { greatestFirst, type Line, type Model, type Sort, SORTS } from "../view/model.js";
import { details, type Entry, type Shown } from "./table-details.js";
import { fit, type Style } from "./text.js";

export type { Shown } from "./table-details.js";

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
  ["w", "of a cluster: all processes, the primary, each worker"],
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

  /** The fiber whose details are shown. */
  get detailed(): Entry | null {
    const { current } = this;
    return this.view !== "details" || current === undefined || current.line.heading
      ? null
      : current;
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
    else if (key === "w") this.chooseNext();
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

  private chooseNext(): void {
    for (const { model } of this.processes) {
      const slots = [null, ...new Set(model.all().map(({ slot }) => slot))];
      if (model.isCluster) model.chosen = slots[slots.indexOf(model.chosen) + 1] ?? null;
    }
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
    const lags = processes.flatMap(({ model }) => model.shown().map(({ head }) => head?.lag ?? 0));
    const lag = Math.max(...lags);
    const parts = [
      `${who}${processes.every(({ ended }) => ended) ? " (ended)" : ""}`,
      `${sum((model) => model.sum(({ fibers }) => fibers.size))} fibers`,
      `${sum((model) => model.sum(({ sockets }) => sockets.size))} sockets`,
      `lag ${duration(lag)}`,
      `by ${this.sort}`,
      ...this.chosen(),
      ...(this.frozen ? ["frozen"] : []),
      ...this.lints(),
    ];
    return style.bold(fit(parts.join(" \u00b7 "), width));
  }

  /** What of a cluster is shown. */
  private chosen(): string[] {
    return this.processes
      .filter(({ model }) => model.isCluster)
      .map(({ model }) => {
        if (model.chosen === null) return `${model.all().length - 1} workers`;
        return model.chosen === 0 ? "primary only" : `worker ${model.chosen} only`;
      });
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
        : `found: ${this.entries.filter(({ line }) => !line.aside && !line.heading).length} for ${this.search}  (esc: all)`;
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
      if (entry.line.heading) return style.bold(text);
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
      ? [
          {
            title: "Process",
            width: -7,
            text: ({ process, line }) => String(line.process.pid ?? process.pid),
          },
        ]
      : [];
    // In a tree they are below it.
    if (this.sort !== "tree" && this.processes.some(({ model }) => model.hasHeadings))
      pid.push({ title: "Worker", width: 9, text: ({ line: { process } }) => process.name });
    const least = 40 + widthOf(pid);
    while (numbers.length > 1 && least + widthOf(numbers) > width) numbers.pop();
    const rest = Math.max(width - widthOf(numbers) - widthOf(pid), 20);
    const name = Math.min(Math.max(Math.floor(rest * 0.38), 12), 40);
    return [
      ...pid,
      { title: "Fiber", width: name, text: ({ line }) => nameOf(line) },
      {
        title: "Waits for",
        width: rest - name - 2,
        text: ({ line: { fiber, heading } }) =>
          heading ? `${fiber.state} \u00b7 ${fiber.waitsFor}` : (fiber.waitsFor ?? fiber.state),
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
