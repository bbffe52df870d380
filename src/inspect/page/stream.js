/** What the process tells, as long as somebody looks: not while the page is hidden, or frozen. */

export class Stream {
  /** @type {EventSource | null} */
  #source = null;
  #frozen = false;

  /**
   * @param {(kind: "all" | "more", message: object) => void} told
   * @param {(state: "live" | "lost" | "frozen") => void} changed
   */
  constructor(told, changed) {
    this.told = told;
    this.changed = changed;
    document.addEventListener("visibilitychange", () => this.#look());
    this.#look();
  }

  get frozen() {
    return this.#frozen;
  }

  freeze(on) {
    this.#frozen = on;
    this.#look();
  }

  #look() {
    const wanted = !this.#frozen && document.visibilityState === "visible";
    if (this.#frozen) this.changed("frozen");
    if (wanted === (this.#source !== null)) return;
    if (wanted) this.#open();
    else {
      this.#source.close();
      this.#source = null;
    }
  }

  #open() {
    const source = (this.#source = new EventSource("/events"));
    for (const kind of ["all", "more"])
      source.addEventListener(kind, (event) => {
        this.changed("live");
        this.told(kind, JSON.parse(event.data));
      });
    source.addEventListener("error", () => {
      if (source === this.#source) this.changed("lost");
      // A server that says no is not asked again by the browser.
      if (source.readyState === EventSource.CLOSED) setTimeout(() => this.#again(source), 3000);
    });
  }

  #again(source) {
    if (source !== this.#source) return;
    this.#source = null;
    this.#look();
  }
}
