/** The page: what is told by the stream goes into the model, and from there into what is shown. */
import { LINTS } from "/view/lints.js";
import { Model, SORTS } from "/view/model.js";
import { count, duration, size } from "/view/format.js";
import { Chart } from "./charts.js";
import { fiberColumns, serverColumns, socketColumns } from "./columns.js";
import { Details } from "./details.js";
import { $, h, setText } from "./dom.js";
import { Grid } from "./grid.js";
import { bindKeys } from "./keys.js";
import { Stream } from "./stream.js";
import { followTheme } from "./theme.js";
import { Traces } from "./traces.js";

/** For tests, and for the console of a browser. */
export const model = new Model();
const now = () => model.head?.now ?? 0;
const search = $("#search");

let tab = "fibers";
/** What each table is sorted by. */
const sorts = { fibers: "tree", sockets: "born", servers: "name" };

// ---- curves -----------------------------------------------------------------------------------------------------

const perSecond = (text) => (value) => `${text(value)}/s`;
const charts = {
  fibers: new Chart("Fibers", count, $("#charts")),
  connections: new Chart("Connections", count, $("#charts")),
  bytes: new Chart("Bytes", perSecond(size), $("#charts")),
  turns: new Chart("Turns", perSecond(count), $("#charts")),
  lag: new Chart("Lag of the event loop", duration, $("#charts")),
};

function addToCurves(before) {
  const { head } = model;
  charts.fibers.add(model.fibers.size);
  let connections = 0;
  for (const { role } of model.sockets.values()) if (role === "client") connections++;
  charts.connections.add(connections);
  charts.lag.add(head.lag);
  const seconds = before === null ? 0 : head.now - before.now;
  if (seconds <= 0) return;
  const bytes = ({ received, sent }) => received + sent;
  charts.bytes.add(Math.max(bytes(head.bytes) - bytes(before.bytes), 0) / seconds);
  charts.turns.add(Math.max(head.reactor.turns - before.reactor.turns, 0) / seconds);
}

// ---- tables -----------------------------------------------------------------------------------------------------

const grid = new Grid($("#grid"), {
  id: (row) => row.fiber?.id ?? row.id,
  sort: sortBy,
  select(row, event) {
    if (event?.target.closest(".fold")) fold(row, row.open);
    else details.show(tab, row);
  },
  open: (row) => details.show(tab, row),
});
const details = new Details($("#details"), model, { close: closeDetails, fiber: goTo });

function rows() {
  if (tab === "fibers") return model.lines(sorts.fibers, search.value);
  const all = tab === "sockets" ? [...model.sockets.values()] : model.servers;
  const words = search.value.toLowerCase().split(/\s+/);
  const found = all.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
  return found.sort(inOrder(sorts[tab]));
}

/** Names as in a book, the greatest numbers first; the oldest are those with the smallest. */
function inOrder(key) {
  if (key === "born") return (a, b) => a.born - b.born || a.id - b.id;
  const text = ({ [key]: value }) => value ?? "";
  return (a, b) =>
    typeof a[key] === "number"
      ? b[key] - a[key] || a.id - b.id
      : text(a).localeCompare(text(b)) || a.id - b.id;
}

function show() {
  if (model.head === null) return;
  setText($("#tab-fibers output"), count(model.fibers.size));
  setText($("#tab-sockets output"), count(model.sockets.size));
  setText($("#tab-servers output"), count(model.servers.length));
  showLints();
  if (tab === "timeline") return;
  const list = rows();
  const searched = search.value.trim() !== "";
  grid.update(list, sorts[tab], searched ? "Nothing is found." : `There are no ${tab}.`);
  const all = tab === "fibers" ? model.fibers : tab === "sockets" ? model.sockets : model.servers;
  const found = list.filter(({ aside }) => !aside).length;
  const total = all.size ?? all.length;
  setText($("#shown"), found === total ? `${total} ${tab}` : `${found} of ${total} ${tab}`);
  if (details.open && grid.selected !== undefined) details.show(tab, grid.selected);
}

function showLints() {
  const found = model.lints();
  const key = JSON.stringify([...found, search.value]);
  const group = $("#lints");
  if (group.dataset.key === key) return;
  group.dataset.key = key;
  group.replaceChildren(
    ...Object.entries(LINTS)
      .filter(([lint]) => found.has(lint))
      .map(([lint, words]) => {
        const pressed = search.value === lint;
        const toggle = () => find(pressed ? "" : lint);
        return h(
          `button.lint.${lint}`,
          { title: words, "aria-pressed": pressed, onclick: toggle },
          `${lint} ${found.get(lint)}`,
        );
      }),
  );
}

function sortBy(key) {
  if (tab === "fibers" && !SORTS.includes(key)) return;
  sorts[tab] = key;
  show();
}

function nextSort() {
  if (tab === "fibers") sortBy(SORTS[(SORTS.indexOf(sorts.fibers) + 1) % SORTS.length]);
}

function find(text) {
  search.value = text;
  if (tab === "timeline" || tab === "servers") go("fibers");
  show();
}

function fold(row, folded) {
  if (row?.fiber === undefined || row.children === 0) return;
  if (folded) model.folded.add(row.fiber.id);
  else model.folded.delete(row.fiber.id);
  show();
}

/** Leaf or folded: to its parent; otherwise fold it. */
function foldOrUp() {
  const row = grid.selected;
  if (row?.open) fold(row, true);
  else if (model.fibers.has(row?.fiber?.parent)) goTo(row.fiber.parent);
}

function goTo(id) {
  if (tab !== "fibers") go("fibers");
  // It may be one that is not found, or folded away.
  if (!rows().some((row) => row.fiber.id === id)) {
    search.value = "";
    for (let { parent } = model.fibers.get(id) ?? {}; model.fibers.has(parent);) {
      model.folded.delete(parent);
      ({ parent } = model.fibers.get(parent));
    }
  }
  show();
  grid.select(id);
  if (grid.selected !== undefined) details.show("fibers", grid.selected);
}

function closeDetails() {
  details.close();
  $("#grid").focus();
}

// ---- views ------------------------------------------------------------------------------------------------------

const COLUMNS = {
  fibers: [() => fiberColumns(now), "treegrid", "Fibers"],
  sockets: [() => socketColumns(now), "grid", "Sockets"],
  servers: [() => serverColumns(), "grid", "Servers"],
};

function go(to) {
  tab = to;
  details.close();
  for (const button of document.querySelectorAll("[role=tab]"))
    button.setAttribute("aria-selected", String(button.dataset.tab === to));
  const timeline = to === "timeline";
  $("#timeline").hidden = !timeline;
  $("#grid").hidden = $("#bar").hidden = timeline;
  $("#charts").hidden = timeline;
  if (timeline) return traces.shown();
  const [columns, role, label] = COLUMNS[to];
  grid.show(columns(), role, label);
  show();
}

const traces = new Traces(() => go("timeline"));
for (const button of document.querySelectorAll("[role=tab]"))
  button.onclick = () => go(button.dataset.tab);

const WORDS = { live: "live", lost: "no answer: what was told last stays", frozen: "frozen" };
function showState(state) {
  $("#state").dataset.state = state;
  setText($("#state"), WORDS[state]);
}

const stream = new Stream((kind, message) => {
  const before = kind === "all" ? null : model.head;
  model.apply(kind, message);
  addToCurves(before);
  show();
}, showState);

function freeze() {
  stream.freeze(!stream.frozen);
  $("#freeze").setAttribute("aria-pressed", String(stream.frozen));
}
$("#freeze").onclick = freeze;
$("#trace").onclick = () => traces.record();
search.oninput = show;

const otherTheme = followTheme(() => {
  for (const chart of Object.values(charts)) chart.draw();
  traces.redraw();
});
$("#theme").onclick = otherTheme;

function escape() {
  if (document.activeElement === search && search.value !== "") find("");
  else if (details.open) closeDetails();
  else if (search.value !== "") find("");
  else $("#grid").focus();
}

function enter() {
  if (document.activeElement === search) {
    $("#grid").focus();
    // The first that was found, not what it is below.
    if (grid.selected === undefined) grid.move(1);
    while (grid.selected?.aside) {
      const at = grid.selected;
      grid.move(1);
      if (grid.selected === at) break;
    }
  }
  if (grid.selected !== undefined && tab !== "timeline") details.show(tab, grid.selected);
}

const inTable = (act) => () => {
  if (tab !== "timeline") act();
};
const help = bindKeys(
  [
    [
      ["/"],
      "search",
      () => (go(tab === "timeline" ? "fibers" : tab), search.focus(), search.select()),
    ],
    [["j", "ArrowDown"], "next", inTable(() => grid.move(1))],
    [["k", "ArrowUp"], "previous", inTable(() => grid.move(-1))],
    [["PageDown"], "a page down", inTable(() => grid.move(grid.page))],
    [["PageUp"], "a page up", inTable(() => grid.move(-grid.page))],
    [["g", "Home"], "first", inTable(() => grid.move(-Infinity))],
    [["G", "End"], "last", inTable(() => grid.move(Infinity))],
    [["Enter"], "details", enter],
    [["Escape"], "close details, clear the search", escape],
    [["l", "ArrowRight"], "show what is below a fiber", inTable(() => fold(grid.selected, false))],
    [["h", "ArrowLeft"], "fold it, or go to its parent", inTable(foldOrUp)],
    [["s"], "sort: tree, wait, age, runs, busy, bytes", inTable(nextSort)],
    [["1"], "fibers", () => go("fibers")],
    [["2"], "sockets", () => go("sockets")],
    [["3"], "servers", () => go("servers")],
    [["4"], "timeline", () => go("timeline")],
    [["f"], "freeze", freeze],
    [["t"], "trace the next 10 seconds", () => traces.record()],
    [["d"], "dark or light", otherTheme],
    [["?"], "this list", () => help()],
  ],
  () => traces.keys,
);
$("#help").onclick = help;

go("fibers");
$("#grid").focus();
fetch("/process")
  .then((response) => response.json())
  .then(({ pid, program }) => {
    const name = program.split("/").at(-1);
    setText($("#process"), `${name} \u00b7 ${pid}`);
    $("#process").title = program;
    document.title = `${name} ${pid}: cosocket`;
  })
  .catch(() => {});
