/** The page: what is told by the stream goes into the model, and from there into what is shown. */
import { LINTS } from "/view/lints.js";
import { Model, SORTS } from "/view/model.js";
import { count, duration, size } from "/view/format.js";
import { Chart } from "./charts.js";
import { fiberColumns, serverColumns, socketColumns, workerColumns } from "./columns.js";
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
const sorts = { fibers: "tree", sockets: "born", servers: "name", workers: "name" };

// ---- curves -----------------------------------------------------------------------------------------------------

const perSecond = (text) => (value) => `${text(value)}/s`;
const charts = {
  fibers: new Chart("Fibers", count, $("#charts")),
  connections: new Chart("Connections", count, $("#charts")),
  bytes: new Chart("Bytes", perSecond(size), $("#charts")),
  turns: new Chart("Turns", perSecond(count), $("#charts")),
  lag: new Chart("Lag of the event loop", duration, $("#charts")),
};

/** At each message of the process that is asked; the others tell about as often. */
function addToCurves() {
  charts.fibers.add(model.sum(({ fibers }) => fibers.size));
  charts.connections.add(model.sum(({ connections }) => connections));
  charts.bytes.add(model.sum(({ rates }) => rates.bytes));
  charts.turns.add(model.sum(({ rates }) => rates.turns));
  charts.lag.add(Math.max(0, ...model.shown().map(({ head }) => head?.lag ?? 0)));
}

// ---- tables -----------------------------------------------------------------------------------------------------

const grid = new Grid($("#grid"), {
  id: (row) => row.fiber?.id ?? row.id,
  sort: sortBy,
  select(row, event) {
    if (event?.target.closest(".fold")) fold(row, row.open);
    else details.show(tab, row);
  },
  open: (row) => (tab === "workers" ? choose(row.process.slot) : details.show(tab, row)),
});
const details = new Details($("#details"), model, { close: closeDetails, fiber: goTo, choose });

function rows() {
  if (tab === "fibers") return model.lines(sorts.fibers, search.value);
  if (tab === "workers") return workers().sort(inOrder(sorts.workers));
  const all = tab === "sockets" ? model.sockets() : model.servers();
  const words = search.value.toLowerCase().split(/\s+/);
  const found = all.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
  return found.sort(inOrder(sorts[tab]));
}

/** All processes of a cluster, whichever are shown elsewhere. */
function workers() {
  return model.all().map((process) => {
    const { base: id, name, pid, age, facts, head, rates, connections, fibers } = process;
    const status = process.stateAt(now());
    const told = { memory: head?.memory ?? null, lag: head?.lag ?? null };
    const counts = { fibers: fibers.size, connections, restarts: facts?.restarts ?? null };
    return {
      id,
      process,
      name,
      pid,
      status,
      age,
      ...counts,
      turns: rates.turns,
      cpu: rates.cpu,
      ...told,
    };
  });
}

/** Names as in a book, the greatest numbers first; the oldest are those with the smallest. */
function inOrder(key) {
  if (key === "born") return (a, b) => a.born - b.born || a.id - b.id;
  const text = ({ [key]: value }) => String(value ?? "");
  return (a, b) =>
    typeof a[key] === "number"
      ? b[key] - a[key] || a.id - b.id
      : text(a).localeCompare(text(b)) || a.id - b.id;
}

function show() {
  if (model.head === null) return;
  const totals = {
    fibers: model.sum(({ fibers }) => fibers.size),
    sockets: model.sum(({ sockets }) => sockets.size),
    servers: model.sum(({ servers }) => servers.length),
    workers: model.all().length,
  };
  for (const [name, total] of Object.entries(totals))
    setText($(`#tab-${name} output`), count(name === "workers" ? total - 1 : total));
  showProcesses();
  showLints();
  if (tab === "timeline") return;
  const list = rows();
  const searched = search.value.trim() !== "";
  grid.update(list, sorts[tab], searched ? "Nothing is found." : `There are no ${tab}.`);
  const found = list.filter(({ aside, heading }) => !aside && !heading).length;
  const total = searched ? totals[tab] : found;
  const what = tab === "workers" ? "processes" : tab;
  setText($("#shown"), found === total ? `${totals[tab]} ${what}` : `${found} of ${total} ${what}`);
  if (details.open && grid.selected !== undefined) details.show(tab, grid.selected);
}

/** What can be chosen of a cluster. */
function showProcesses() {
  const select = $("#process");
  const slots = [...new Set(model.all().map(({ slot }) => slot))];
  // Who is gone comes back, by another process.
  if (model.chosen !== null && !slots.includes(model.chosen)) slots.push(model.chosen);
  const key = slots.join();
  select.hidden = $("#tab-workers").hidden = !model.isCluster;
  if (select.dataset.key !== key) {
    select.dataset.key = key;
    const option = (value, text) => h("option", { value }, text);
    select.replaceChildren(
      option("", "All processes"),
      ...slots.map((slot) => option(String(slot), slot === 0 ? "Primary" : `Worker ${slot}`)),
    );
  }
  select.value = String(model.chosen ?? "");
  if (model.isCluster) grid.columns(COLUMNS[tab]?.[0]());
}

/** Of a cluster: those in this slot only, 0: the primary process; null: all. */
function choose(slot) {
  model.chosen = slot;
  for (const chart of Object.values(charts)) chart.clear();
  details.close();
  if (tab === "workers") go("fibers");
  show();
}

function chooseNext() {
  if (!model.isCluster) return;
  const slots = [null, ...new Set(model.all().map(({ slot }) => slot))];
  choose(slots[slots.indexOf(model.chosen) + 1] ?? null);
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
  if (tab !== "fibers" && tab !== "sockets") go("fibers");
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
  else if (model.fiber(row?.fiber?.parent ?? null)) goTo(row.fiber.parent);
}

function goTo(id) {
  if (tab !== "fibers") go("fibers");
  // It may be one that is not found, or folded away.
  if (!rows().some((row) => row.fiber.id === id)) {
    search.value = "";
    model.folded.delete(model.processOf(id)?.base);
    for (let above = model.fiber(id); above !== undefined; above = model.fiber(above.parent))
      model.folded.delete(above.parent);
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

/** The process that something is in, by its number; null: there is only one. */
const several = () => (model.hasHeadings ? (id) => model.processOf(id)?.name ?? "" : null);
const COLUMNS = {
  fibers: [() => fiberColumns(now, sorts.fibers !== "tree" && several()), "treegrid", "Fibers"],
  sockets: [() => socketColumns(now, several()), "grid", "Sockets"],
  servers: [() => serverColumns(several()), "grid", "Servers"],
  workers: [() => workerColumns(), "grid", "Workers"],
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

/** Many processes tell at many times: what has come is shown when the next picture is drawn. */
let asked = false;
function showSoon() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    show();
  });
}

const stream = new Stream((kind, message) => {
  model.apply(kind, message);
  if (message.worker === undefined) addToCurves();
  showSoon();
}, showState);

function freeze() {
  stream.freeze(!stream.frozen);
  $("#freeze").setAttribute("aria-pressed", String(stream.frozen));
}
$("#freeze").onclick = freeze;
$("#trace").onclick = () => traces.record(query());
$("#process").onchange = ({ target: { value } }) => choose(value === "" ? null : Number(value));
search.oninput = show;

/** For whom something is asked: nothing where it is for all. */
function query() {
  const chosen = model.chosen === null ? undefined : model.shown().at(-1);
  return chosen === undefined ? "" : `worker=${chosen.id}`;
}
$("#dump").onclick = () => ($("#dump").href = `/dump?${query()}`);

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
    [["5"], "workers of a cluster", () => model.isCluster && go("workers")],
    [["w"], "of a cluster: all processes, the primary, each worker", inTable(chooseNext)],
    [["f"], "freeze", freeze],
    [["t"], "trace the next 10 seconds", () => traces.record(query())],
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
    setText($("#program"), `${name} \u00b7 ${pid}`);
    $("#program").title = program;
    document.title = `${name} ${pid}: cosocket`;
  })
  .catch(() => {});
