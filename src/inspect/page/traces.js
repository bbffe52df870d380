/** Traces: recorded here, or opened from a file; shown as a timeline. */
import { $, h, setText } from "./dom.js";

const SECONDS = 10;

export class Traces {
  /** What draws it: loaded when there is something to draw. */
  #timeline = null;
  #recording = false;
  #drawn = null;

  /** @param {() => void} show lets the timeline be seen */
  constructor(show) {
    this.show = show;
    $("#file").onchange = (event) => this.#openFile(event.target.files[0]);
    const { body } = document;
    addEventListener("dragover", (event) => {
      event.preventDefault();
      body.classList.add("dropping");
    });
    addEventListener("dragleave", () => body.classList.remove("dropping"));
    addEventListener("drop", (event) => {
      event.preventDefault();
      body.classList.remove("dropping");
      this.#openFile(event.dataTransfer.files[0]);
    });
  }

  /** Keys of the timeline, for the list of them. */
  get keys() {
    return this.#drawn === null ? [] : this.#drawn.keys;
  }

  /** It can be seen now. */
  shown() {
    this.#timeline?.redraw();
    $("#canvas").focus();
  }

  redraw() {
    this.#timeline?.redraw();
  }

  /** What runs and waits from now on, for some seconds. @param {string} whose as of a URL; "": of all processes */
  async record(whose) {
    if (this.#recording) return;
    this.#recording = true;
    const button = $("#trace");
    button.disabled = true;
    const begun = performance.now();
    const tick = setInterval(() => {
      const left = SECONDS - (performance.now() - begun) / 1000;
      setText(button, left > 0 ? `Tracing: ${Math.ceil(left)} s` : "Tracing: reading");
    }, 200);
    try {
      const response = await fetch(`/trace?seconds=${SECONDS}&${whose}`);
      const text = await response.text();
      const missing = response.headers.get("Cosocket-Missing");
      if (response.ok)
        await this.open(text, `trace-${new Date().toISOString().slice(0, 19)}.json`, true, missing);
      else this.#say(text);
    } catch {
      this.#say("The process has gone before it was done.");
    } finally {
      clearInterval(tick);
      setText(button, `Trace ${SECONDS} s`);
      button.disabled = false;
      this.#recording = false;
    }
  }

  async #openFile(file) {
    if (file !== undefined) await this.open(await file.text(), file.name, false);
  }

  /** @param {boolean} fresh it is in no file yet @param {string | null} missing which processes are not in it */
  async open(text, name, fresh, missing = null) {
    this.show();
    try {
      this.#drawn ??= await import("./timeline.js");
      this.#timeline ??= this.#drawn.timeline($("#canvas"));
      this.#timeline.open(text, name);
    } catch (error) {
      return this.#say(`${name} is no trace that can be shown: ${error.message}`);
    }
    const address = fresh
      ? URL.createObjectURL(new Blob([text], { type: "application/json" }))
      : "";
    const save = fresh ? [" ", h("a.button", { href: address, download: name }, "Save")] : [];
    const without = missing === null ? "" : ` (no answer of ${missing})`;
    $("#opened").replaceChildren(name, without, ...save);
    $("#canvas").focus();
  }

  #say(text) {
    this.show();
    setText($("#opened"), text);
  }
}
