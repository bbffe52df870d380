/** Dark or light: as the system has it, or as was chosen here. */

const KEY = "cosocket-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

const chosen = () => localStorage.getItem(KEY);
const theme = () => chosen() ?? (system.matches ? "dark" : "light");

/** @param {() => void} changed what is drawn is to be drawn again */
export function followTheme(changed) {
  const set = () => {
    document.documentElement.dataset.theme = theme();
    changed();
  };
  system.addEventListener("change", set);
  set();
  return () => {
    const other = theme() === "dark" ? "light" : "dark";
    // As the system has it is no choice.
    if (other === (system.matches ? "dark" : "light")) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, other);
    set();
  };
}
