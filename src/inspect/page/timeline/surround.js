/** The elements around the picture: the search, the canvas, a line about what is selected, and what is shown beside the pointer. */

const CSS = {
  box: { display: "flex", flexDirection: "column" },
  bar: { display: "flex", gap: "12px", alignItems: "center", padding: "6px 10px" },
  search: { width: "200px", font: "inherit" },
  note: { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
  area: { position: "relative", flex: "1", minHeight: "0", overflow: "hidden" },
  canvas: { position: "absolute", inset: "0", width: "100%", height: "100%", display: "block" },
  strip: {
    height: "3.2em",
    padding: "4px 10px",
    overflow: "hidden",
    whiteSpace: "pre",
    textOverflow: "ellipsis",
    lineHeight: "1.5",
  },
  tip: {
    position: "absolute",
    maxWidth: "460px",
    padding: "5px 9px",
    borderRadius: "5px",
    whiteSpace: "pre-wrap",
    overflowWrap: "anywhere",
    pointerEvents: "none",
    zIndex: "1",
  },
};

export class Surround {
  #box = made("div", CSS.box);
  #bar = made("div", CSS.bar);
  #search = made("input", CSS.search);
  #count = made("span", CSS.note);
  #note = made("span", CSS.note);
  #area = made("div", CSS.area);
  #strip = made("div", CSS.strip);
  #tip = made("div", CSS.tip);
  canvas = made("canvas", CSS.canvas);

  /**
   * @param {HTMLElement} container
   * @param {{ search(text: string): void, leave(): void }} told
   */
  constructor(container, told) {
    this.container = container;
    this.#box.style.position = "absolute";
    this.#box.style.inset = "0";
    this.#search.type = "search";
    this.#search.placeholder = "Search fibers  ( / )";
    this.#search.setAttribute("aria-label", "Search fibers");
    this.#search.oninput = () => told.search(this.#search.value.trim());
    this.#search.onkeydown = (event) => {
      event.stopPropagation();
      if (event.key === "Escape") this.clearSearch();
      if (event.key === "Enter" || event.key === "Escape") told.leave();
    };
    this.#strip.setAttribute("role", "status");
    this.#tip.hidden = true;
    this.#bar.append(this.#search, this.#count, this.#note);
    this.#area.append(this.canvas, this.#tip);
    this.#box.append(this.#bar, this.#area, this.#strip);
    container.replaceChildren(this.#box);
    this.told = told;
  }

  close() {
    this.container.replaceChildren();
  }

  opened(name, trace) {
    this.#search.value = "";
    this.container.setAttribute("aria-label", `Timeline of ${name || "a trace"}`);
    const { about, slices } = trace;
    const seed = about.seed === undefined ? "" : `, simulated with seed ${about.seed}`;
    this.#note.textContent = `${slices.toLocaleString("en")} slices, ${((trace.end - trace.begin) / 1e6).toFixed(3)} s${seed}`;
    this.tell([]);
    this.tip([], null);
  }

  /** How many rows there are of all. */
  found(rows, all) {
    const of = rows === all ? "" : ` of ${all.toLocaleString("en")}`;
    this.#count.textContent = `${rows.toLocaleString("en")}${of} rows`;
  }

  focusSearch() {
    this.#search.focus();
    this.#search.select();
  }

  clearSearch() {
    this.#search.value = "";
    this.told.search("");
  }

  get details() {
    return this.#strip.textContent;
  }

  /** About what is selected. */
  tell(lines) {
    this.#strip.textContent =
      lines.length > 0
        ? `${lines.slice(0, 2).join("   ")}\n${lines.slice(2).join("   ")}`
        : "Click a slice; [ goes to who woke it, ] to whom it woke.";
  }

  /** Beside the pointer. */
  tip(lines, at) {
    this.#tip.hidden = lines.length === 0;
    if (this.#tip.hidden) return;
    this.#tip.textContent = lines.join("\n");
    const { clientWidth, clientHeight } = this.#area;
    const { offsetWidth, offsetHeight } = this.#tip;
    // On the other side of the pointer where there is no room.
    const left = at.x + 14 + offsetWidth > clientWidth ? at.x - 14 - offsetWidth : at.x + 14;
    const top = at.y + 16 + offsetHeight > clientHeight ? at.y - 8 - offsetHeight : at.y + 16;
    this.#tip.style.left = `${Math.max(left, 0)}px`;
    this.#tip.style.top = `${Math.max(top, 0)}px`;
  }

  /** The canvas in the size that it has now. */
  prepare() {
    const { clientWidth: width, clientHeight: height } = this.#area;
    const scale = devicePixelRatio;
    const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
    if (this.canvas.width !== wide || this.canvas.height !== high) {
      this.canvas.width = wide;
      this.canvas.height = high;
    }
    const context = this.canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    return { context, width, height };
  }

  paint(theme) {
    const { style } = this.#tip;
    style.background = theme.foreground;
    style.color = theme.background;
    Object.assign(this.#search.style, {
      background: theme.background,
      color: theme.foreground,
      border: `1px solid ${theme.line}`,
      borderRadius: "5px",
      padding: "3px 7px",
    });
    for (const one of [this.#count, this.#note, this.#strip]) one.style.color = theme.muted;
    this.#bar.style.borderBottom = this.#strip.style.borderTop = `1px solid ${theme.line}`;
  }
}

function made(tag, style) {
  const element = document.createElement(tag);
  Object.assign(element.style, style);
  return element;
}
