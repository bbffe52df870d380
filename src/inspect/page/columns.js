/** What the tables show of fibers, sockets and servers. */
import { count, duration, size } from "/view/format.js";
import { h, setText } from "./dom.js";

const number = (key, title, least, text) => ({
  key,
  title,
  width: `${least}px`,
  least,
  number: true,
  text,
});

/** What process it is in, where there are several. @param {((id: number) => string) | null} several */
const processColumn = (several) =>
  several === null
    ? []
    : [
        {
          key: "process",
          title: "Process",
          width: "76px",
          least: 76,
          text: (row) => several(row.fiber?.id ?? row.id),
        },
      ];

/** The name with its place in the tree, what can be folded, and what is conspicuous. */
function drawName(cell, { fiber, depth, children, open, aside, heading }, line) {
  const key = `${fiber.name} ${depth} ${children} ${open} ${fiber.lints}`;
  line.classList.toggle("aside", aside && !heading);
  line.classList.toggle("heading", heading);
  line.setAttribute("aria-level", String(depth + 1));
  if (children > 0) line.setAttribute("aria-expanded", String(open));
  else line.removeAttribute("aria-expanded");
  if (cell.dataset.key === key) return;
  cell.dataset.key = key;
  cell.className = "name";
  cell.style.setProperty("--depth", String(Math.min(depth, 30)));
  const fold = h(
    "button.fold",
    { tabIndex: -1, "aria-hidden": "true" },
    children === 0 ? "" : open ? "\u25be" : "\u25b8",
  );
  const folded = children > 0 && !open ? [h("span.note", {}, `+${children}`)] : [];
  const lints = fiber.lints === "" ? [] : fiber.lints.split(" ");
  const marks = lints.map((lint) => h(`span.lint.${lint}`, {}, lint));
  cell.replaceChildren(fold, h("span", {}, fiber.name), ...folded, ...marks);
}

function drawState(cell, { fiber: { state }, heading }) {
  cell.className = `${heading ? "process" : "state"}-${state}`;
  setText(cell, state);
}

/** @param now the clock of the process, when it was looked at last */
export const fiberColumns = (now, several) => [
  ...processColumn(several || null),
  { key: "tree", title: "Fiber", width: "minmax(150px, 5fr)", least: 150, draw: drawName },
  { key: "state", title: "State", width: "64px", least: 64, draw: drawState },
  {
    key: "waits",
    title: "Waits for",
    width: "minmax(150px, 8fr)",
    least: 150,
    text: ({ fiber }) => fiber.waitsFor ?? "",
  },
  number("wait", "For", 74, ({ fiber }) => since(now(), fiber.since)),
  number("age", "Age", 74, ({ fiber }) => since(now(), fiber.born)),
  number("runs", "Runs", 52, ({ fiber }) => (fiber.runs === null ? "" : count(fiber.runs))),
  number("busy", "Busy", 62, ({ fiber }) => duration(fiber.busy)),
  number("bytes", "Bytes", 60, ({ bytes }) => (bytes === 0 ? "" : size(bytes))),
];

export const socketColumns = (now, several) => [
  ...processColumn(several),
  {
    key: "name",
    title: "Socket",
    width: "minmax(280px, 6fr)",
    least: 280,
    text: ({ name }) => name,
  },
  { key: "tls", title: "TLS", width: "60px", least: 60, text: ({ tls }) => tls ?? "" },
  number("born", "Age", 84, ({ born }) => since(now(), born)),
  number("received", "Received", 74, ({ received }) => size(received)),
  number("sent", "Sent", 74, ({ sent }) => size(sent)),
  number("unread", "Unread", 70, ({ unread }) => (unread === 0 ? "" : size(unread))),
  number("unsent", "Unsent", 70, ({ unsent }) => (unsent === 0 ? "" : size(unsent))),
  number("readers", "Readers", 62, ({ readers }) => (readers === 0 ? "" : String(readers))),
  number("writers", "Writers", 58, ({ writers }) => (writers === 0 ? "" : String(writers))),
];

export const serverColumns = (several) => [
  ...processColumn(several),
  {
    key: "name",
    title: "Server",
    width: "minmax(160px, 3fr)",
    least: 160,
    text: ({ name }) => name,
  },
  {
    key: "address",
    title: "Address",
    width: "minmax(160px, 3fr)",
    least: 160,
    text: ({ address }) => address ?? "",
  },
  number("live", "Live", 66, ({ live }) => count(live)),
  number("accepted", "Accepted", 80, ({ accepted }) => count(accepted)),
  number("waiting", "Waiting", 110, ({ waiting, backlog }) => `${waiting} of ${backlog}`),
  number("refused", "Refused", 70, ({ refused }) => count(refused)),
  number("errors", "Errors", 70, ({ errors }) => count(errors)),
];

const or = (text) => (value) => (value === null ? "" : text(value));

export const workerColumns = () => [
  {
    key: "name",
    title: "Process",
    width: "minmax(90px, 2fr)",
    least: 90,
    text: ({ name }) => name,
  },
  {
    // Of a process nothing tells more, so there is room for it on a narrow screen, too.
    key: "status",
    title: "State",
    width: "minmax(84px, 1fr)",
    least: 84,
    draw(cell, { status }) {
      cell.className = `process-${status}`;
      setText(cell, status);
    },
  },
  number("pid", "PID", 70, ({ pid }) => String(pid ?? "")),
  number("age", "Age", 84, ({ age }) => duration(age)),
  number("restarts", "Restarts", 64, ({ restarts }) => or(String)(restarts)),
  number("fibers", "Fibers", 60, ({ fibers }) => count(fibers)),
  number("connections", "Connections", 84, ({ connections }) => count(connections)),
  number("turns", "Turns", 66, ({ turns }) => `${count(turns)}/s`),
  number("lag", "Lag", 62, ({ lag }) => or(duration)(lag)),
  number("cpu", "CPU", 50, ({ cpu }) => `${Math.round(cpu * 100)} %`),
  number("memory", "Memory", 66, ({ memory }) => or(size)(memory)),
];

function since(now, from) {
  return from === null ? "" : duration(now - from);
}
