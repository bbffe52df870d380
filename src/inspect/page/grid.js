/**
 * A table of any length: only the rows that can be seen are in the page. It is a grid for those who do not see it, too: it tells how many rows
 * there are and which one is selected.
 */
import { h, setText } from "./dom.js";

const ROW = 26;
/** Rows beyond what is seen, above and below. */
const SPARE = 6;

/**
 * @typedef {object} Column
 * @property {string} key what is sorted by
 * @property {string} title
 * @property {string} width as of a grid's column
 * @property {number} least in pixels
 * @property {boolean} [number]
 * @property {(row: any) => string} text
 * @property {(cell: HTMLElement, row: any) => void} [draw] instead of text
 */

export class Grid {
  #rows = [];
  #columns = [];
  /** Those that there would be room for on a wider screen, too. */
  #all = [];
  #sort = "";
  #selected = -1;
  /** Of the selected row: it stays selected wherever it goes. */
  #id = null;
  #head = h("div.head", { role: "row", "aria-rowindex": 1 });
  #body = h("div.body", { role: "rowgroup" });
  #empty = h("p.empty", { hidden: true });
  #pool = [];
  #asked = false;

  /**
   * @param {HTMLElement} element scrolls
   * @param {{ id: (row: any) => number, sort: (key: string) => void, select: (row: any) => void, open: (row: any) => void }} told
   */
  constructor(element, told) {
    this.element = element;
    this.told = told;
    element.append(this.#head, this.#body, this.#empty);
    element.addEventListener("scroll", () => this.#later(), { passive: true });
    new ResizeObserver(() => {
      this.#fit();
      this.#later();
    }).observe(element);
    this.#body.addEventListener("click", (event) => this.#clicked(event, told.select));
    this.#body.addEventListener("dblclick", (event) => this.#clicked(event, told.open));
  }

  get selected() {
    return this.#rows[this.#selected];
  }

  /** @param {Column[]} columns @param {string} role "grid", or "treegrid" */
  show(columns, role, label) {
    this.#all = columns;
    this.#columns = [];
    this.element.setAttribute("role", role);
    this.element.setAttribute("aria-label", label);
    this.#rows = [];
    this.#selected = -1;
    this.#id = null;
    this.element.scrollTop = 0;
    this.#fit();
  }

  /** Others, of the same table, if they are others. */
  columns(columns) {
    if (columns === undefined || columns.length === this.#all.length) return;
    this.#all = columns;
    this.#columns = [];
    this.#fit();
  }

  /** Leave out what there is no room for: those that tell least. */
  #fit() {
    const widthOf = (columns) => columns.reduce((sum, column) => sum + column.least + 12, 12);
    let columns = this.#all;
    for (const key of [
      "state",
      "runs",
      "age",
      "busy",
      "tls",
      "readers",
      "writers",
      "cpu",
      "turns",
    ]) {
      if (widthOf(columns) <= this.element.clientWidth) break;
      columns = columns.filter((column) => column.key !== key);
    }
    if (columns.length === this.#columns.length) return;
    this.#columns = columns;
    const { style } = this.element;
    style.setProperty("--columns", columns.map(({ width }) => width).join(" "));
    style.setProperty("--least", `${widthOf(columns)}px`);
    this.element.setAttribute("aria-colcount", String(columns.length));
    this.#head.replaceChildren(
      ...columns.map(({ key, title, number }) =>
        h(
          number ? "span.number" : "span",
          { role: "columnheader", "data-key": key },
          h(
            "button",
            { tabIndex: -1, title: `Sort by it`, onclick: () => this.told.sort(key) },
            title,
          ),
        ),
      ),
    );
    this.#markSort();
    this.#pool = [];
    this.#body.replaceChildren();
  }

  #markSort() {
    for (const cell of this.#head.children)
      cell.setAttribute("aria-sort", cell.dataset.key === this.#sort ? "descending" : "none");
  }

  /** @param {any[]} rows @param {string} sort the key of a column @param {string} nothing what to say if there are none */
  update(rows, sort, nothing) {
    this.#rows = rows;
    this.#selected =
      this.#id === null ? -1 : rows.findIndex((row) => this.told.id(row) === this.#id);
    this.#sort = sort;
    this.#markSort();
    this.element.setAttribute("aria-rowcount", String(rows.length + 1));
    this.#body.style.height = `${rows.length * ROW}px`;
    this.#empty.hidden = rows.length > 0;
    setText(this.#empty, nothing);
    this.#draw();
  }

  /** Select the row with this id, and bring it into view. */
  select(id) {
    this.#id = id;
    this.#selected = this.#rows.findIndex((row) => this.told.id(row) === id);
    if (this.#selected >= 0) this.#reveal();
    this.#draw();
  }

  /** Select another: so many further down, or up. */
  move(by) {
    if (this.#rows.length === 0) return;
    const from = this.#selected < 0 ? (by > 0 ? -1 : this.#rows.length) : this.#selected;
    const to = Math.min(Math.max(from + by, 0), this.#rows.length - 1);
    this.select(this.told.id(this.#rows[to]));
    this.told.select(this.#rows[to]);
  }

  get page() {
    return Math.max(Math.floor(this.element.clientHeight / ROW) - 2, 1);
  }

  #clicked(event, told) {
    const line = event.target.closest(".line");
    if (line === null) return;
    const row = this.#rows[Number(line.dataset.index)];
    if (row === undefined) return;
    this.select(this.told.id(row));
    told(row, event);
  }

  #reveal() {
    const { element } = this;
    const top = this.#selected * ROW;
    const room = element.clientHeight - 2 * ROW;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top > element.scrollTop + room) element.scrollTop = top - room;
  }

  #later() {
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(() => {
      this.#asked = false;
      this.#draw();
    });
  }

  #draw() {
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(Math.floor(scrollTop / ROW) - SPARE, 0);
    const last = Math.min(Math.ceil((scrollTop + clientHeight) / ROW) + SPARE, this.#rows.length);
    const count = Math.max(last - first, 0);
    while (this.#pool.length < count) this.#pool.push(this.#makeLine());
    this.#pool.forEach((line, i) => this.#drawLine(line, i < count ? first + i : -1));
    const active = this.#selected >= first && this.#selected < last;
    if (active) this.element.setAttribute("aria-activedescendant", `row-${this.#selected}`);
    else this.element.removeAttribute("aria-activedescendant");
  }

  #makeLine() {
    const cells = this.#columns.map(({ number }) =>
      h(number ? "span.number" : "span", { role: "gridcell" }),
    );
    const line = h("div.line", { role: "row" }, ...cells);
    this.#body.append(line);
    return line;
  }

  #drawLine(line, index) {
    line.hidden = index < 0;
    if (index < 0) return void line.removeAttribute("id");
    const row = this.#rows[index];
    line.id = `row-${index}`;
    line.dataset.index = String(index);
    line.setAttribute("aria-rowindex", String(index + 2));
    line.setAttribute("aria-selected", String(index === this.#selected));
    line.style.transform = `translateY(${index * ROW}px)`;
    this.#columns.forEach((column, i) => {
      const cell = line.children[i];
      if (column.draw) column.draw(cell, row, line);
      else setText(cell, column.text(row));
    });
  }
}
