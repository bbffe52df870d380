/** All that is known of one fiber, or socket. */
import { count, duration, size } from "/view/format.js";
import { LINTS } from "/view/lints.js";
import { numberOf } from "/view/model.js";
import { h, terms } from "./dom.js";

export class Details {
  #shown = "";
  /** The path that was asked for: of this fiber, in this wait. */
  #path = { of: "", frames: [] };

  /** @param {{ close: () => void, fiber: (id: number) => void, choose: (slot: number) => void }} told */
  constructor(element, model, told) {
    this.element = element;
    this.model = model;
    this.told = told;
  }

  get open() {
    return !this.element.hidden;
  }

  close() {
    this.element.hidden = true;
    this.#path = { of: "", frames: [] };
  }

  /** Of what is shown in `row`, of that table. A path is asked for when there is a new one. */
  show(kind, row) {
    this.element.hidden = false;
    if (kind === "sockets") return this.#draw(this.#socket(row));
    if (kind === "servers") return this.#draw(this.#server(row));
    if (kind === "workers" || row.heading) return this.#draw(this.#process(row.process));
    const { fiber } = row;
    const of = `${fiber.id} ${fiber.since}`;
    if (this.#path.of !== of) this.#askPath(fiber, of);
    this.#draw(this.#fiber(fiber, this.#path.frames));
  }

  async #askPath(fiber, of) {
    // What was its path may be it still: of the same fiber it stays until the new one is there.
    const same = this.#path.of.split(" ")[0] === String(fiber.id);
    this.#path = { of, frames: same ? this.#path.frames : [] };
    const worker = this.model.processOf(fiber.id)?.id ?? 0;
    const known = await ask(`/path?id=${numberOf(fiber.id)}&worker=${worker}`);
    // Another one may have been selected meanwhile.
    if (this.#path.of !== of || !this.open) return;
    this.#path.frames = known ?? [];
    this.#draw(this.#fiber(fiber, this.#path.frames));
  }

  #draw({ title, parts }) {
    const close = h("button", { title: "Close (esc)", onclick: () => this.told.close() }, "Close");
    const content = [h("header", {}, h("h2", {}, title), close), ...parts];
    // What is read, or selected, must not be torn away.
    const text = content.map((part) => part.textContent).join("\n");
    if (text === this.#shown) return;
    this.#shown = text;
    const { scrollTop } = this.element;
    this.element.replaceChildren(...content);
    this.element.scrollTop = scrollTop;
  }

  #fiber(fiber, path) {
    const { now } = this.model.head;
    const { name, lints } = fiber;
    const parts = [];
    if (lints !== "")
      parts.push(
        ...lints
          .split(" ")
          .map((lint) => h("p", {}, h(`span.lint.${lint}`, {}, lint), ` ${LINTS[lint]}`)),
      );
    parts.push(
      section(
        "Waits for",
        h("p.mono", {}, fiber.waitsFor ?? "nothing"),
        terms([
          ["for", since(now, fiber.since)],
          ["timeout", fiber.until === null ? "" : timeout(fiber.until - now)],
        ]),
      ),
    );
    if (path.length > 0)
      parts.push(
        section(
          "Where",
          h("ol", {}, ...path.map(frame)),
          path.length === 1
            ? h("p.note", {}, "With COSOCKET_STACKS=1 the whole path is known.")
            : "",
        ),
      );
    parts.push(
      section(
        "Fiber",
        terms([
          ["id", numberOf(fiber.id)],
          ["process", this.#processName(fiber.id)],
          ["state", fiber.state],
          ["age", since(now, fiber.born)],
          ["runs", fiber.runs],
          ["busy", duration(fiber.busy)],
          ["longest run", duration(fiber.longest)],
        ]),
      ),
    );
    const sockets = [...this.model.processOf(fiber.id).sockets.values()].filter(
      (socket) => socket.id === fiber.socket || socket.fiber === fiber.id,
    );
    for (const socket of sockets.slice(0, 8)) parts.push(this.#socketPart(socket));
    parts.push(...this.#family(fiber));
    return { title: name, parts };
  }

  #family({ id, parent }) {
    const children = [...this.model.processOf(id).fibers.values()].filter(
      (fiber) => fiber.parent === id,
    );
    const above = this.model.fiber(parent);
    return [
      ...(above ? [section("Parent", this.#links([above]))] : []),
      ...(children.length > 0
        ? [section(`Children: ${children.length}`, this.#links(children))]
        : []),
    ];
  }

  #links(fibers) {
    const links = fibers
      .slice(0, 30)
      .map(({ id, name }) =>
        h("li", {}, h("button", { onclick: () => this.told.fiber(id) }, name)),
      );
    return h("ul.links", {}, ...links);
  }

  #socketPart(socket) {
    const { now } = this.model.head;
    return section(
      "Socket",
      h("p.mono", {}, socket.name),
      terms([
        ["age", since(now, socket.born)],
        ["encrypted", socket.tls],
        ["received", size(socket.received)],
        ["sent", size(socket.sent)],
        ["unread", socket.unread === 0 ? "" : size(socket.unread)],
        ["unsent", socket.unsent === 0 ? "" : size(socket.unsent)],
        ["waiting", waiting(socket)],
        ["closing", socket.closing ? "what was sent is still to leave" : ""],
      ]),
    );
  }

  #socket(socket) {
    const owner = this.model.fiber(socket.fiber);
    const waits = [...this.model.processOf(socket.id).fibers.values()].filter(
      (fiber) => fiber.socket === socket.id,
    );
    return {
      title: socket.name,
      parts: [
        this.#socketPart(socket),
        ...(owner ? [section("Closed with", this.#links([owner]))] : []),
        ...(waits.length > 0 ? [section("Waited for by", this.#links(waits))] : []),
      ],
    };
  }

  /** Of a cluster, in which process it is. */
  #processName(id) {
    const { name, pid } = this.model.processOf(id);
    return this.model.isCluster ? `${name}, pid ${pid}` : "";
  }

  #process(process) {
    const { name, pid, slot, facts, head, rates, connections, fibers, sockets } = process;
    const only = h("button", { onclick: () => this.told.choose(slot) }, "Show only this");
    const { now } = this.model.head;
    return {
      title: name,
      parts: [
        section(
          "Process",
          terms([
            ["pid", pid],
            ["state", process.stateAt(now)],
            ["problem", facts?.problem],
            ["age", duration(process.age)],
            ["restarts", facts?.restarts],
            ["in a row", facts?.failures || ""],
            ["fibers", count(fibers.size)],
            ["sockets", count(sockets.size)],
            ["connections", count(connections)],
            ["memory", head === null ? "" : size(head.memory)],
            ["processor", `${Math.round(rates.cpu * 100)} %`],
            ["turns", `${count(rates.turns)}/s`],
            ["bytes", `${size(rates.bytes)}/s`],
            ["lag", head === null ? "" : duration(head.lag)],
          ]),
        ),
        section("", only),
      ],
    };
  }

  #server(server) {
    const { name, address, served, accepted, refused, waiting, backlog, live, errors } = server;
    return {
      title: name,
      parts: [
        section(
          "Server",
          terms([
            ["address", address],
            ["served", served ? "by serve" : "by accept"],
            ["live", count(live)],
            ["accepted", count(accepted)],
            ["waiting", `${waiting} of ${backlog}`],
            ["refused", count(refused)],
            ["errors", count(errors)],
          ]),
        ),
      ],
    };
  }
}

function section(title, ...content) {
  return h("section", {}, h("h3", {}, title), ...content);
}

function frame({ function: name, file, line, column }) {
  const short = file.replace(/^file:\/\//, "");
  return h(
    "li.mono",
    {},
    `${name || "(no name)"} `,
    h(
      "span.where",
      { title: `${short}:${line}:${column}` },
      `${short.split("/").slice(-2).join("/")}:${line}`,
    ),
  );
}

function since(now, from) {
  return from === null ? "" : duration(now - from);
}

function timeout(left) {
  return left >= 0 ? `in ${duration(left)}` : `${duration(-left)} ago`;
}

function waiting({ readers, writers }) {
  const parts = [];
  if (readers > 0) parts.push(`${readers} to receive`);
  if (writers > 0) parts.push(`${writers} to send`);
  return parts.join(", ");
}

async function ask(path) {
  try {
    const response = await fetch(path);
    return response.ok ? await response.json() : null;
  } catch {
    // The process has gone: what was told last stays.
    return null;
  }
}
