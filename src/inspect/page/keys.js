/** Keys: what each does, and the list of them. */
import { $, h } from "./dom.js";

/**
 * @param {[keys: string[], does: string, act: () => void][]} bindings
 * @param {() => [string, string][]} more what the shown tab has beside
 */
export function bindKeys(bindings, more) {
  const acts = new Map(bindings.flatMap(([keys, , act]) => keys.map((key) => [key, act])));
  const dialog = $("#keys");
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || dialog.open)
      return;
    const typing =
      event.target instanceof HTMLElement && event.target.matches("input, select, textarea");
    if (typing && !["Escape", "Enter", "ArrowDown", "ArrowUp"].includes(event.key)) return;
    // A button that has the focus is pressed by it.
    if (event.key === "Enter" && event.target.matches?.("button, summary, label")) return;
    const act = acts.get(event.key);
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
  return () => {
    const list = [
      ...bindings.map(([keys, does]) => [keys.map(shown), does]),
      ...more().map(([keys, does]) => [keys.split(" "), does]),
    ];
    dialog
      .querySelector("dl")
      .replaceChildren(
        ...list.flatMap(([keys, does]) => [
          h("dt", {}, ...keys.flatMap((key, i) => [i === 0 ? "" : " ", h("kbd", {}, key)])),
          h("dd", {}, does),
        ]),
      );
    dialog.showModal();
  };
}

const NAMES = {
  ArrowDown: "\u2193",
  ArrowUp: "\u2191",
  ArrowLeft: "\u2190",
  ArrowRight: "\u2192",
  Escape: "esc",
  Enter: "enter",
};

function shown(key) {
  return NAMES[key] ?? key;
}
