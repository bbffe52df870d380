/** Colours: those of the page, and a tint for each sort of wait. */

/** Hues of waits, by the first word of what is waited for; of others there are some to choose from. */
const HUES = new Map(
  Object.entries({
    receive: 215,
    receiveany: 215,
    receiveuntil: 215,
    receivefrom: 215,
    accept: 200,
    send: 275,
    sendto: 275,
    flush: 275,
    connect: 180,
    bind: 180,
    dohandshake: 165,
    join: 40,
    halt: 20,
    lock: 340,
  }),
);
const OTHERS = [95, 120, 240, 300, 320, 60];
/** Of what has no colour of its own: time goes by. */
const PLAIN = /^(?:sleep|timer|within|its|the end)\b/;

/** @param {Element} element by whose style the page's colours are known */
export function themeOf(element) {
  const style = getComputedStyle(element);
  const own = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
  const dark = brightness(own("--panel", "#ffffff")) < 0.5;
  return {
    dark,
    background: own("--panel", dark ? "#161b21" : "#ffffff"),
    band: own("--row", dark ? "#1b222a" : "#f1f4f7"),
    foreground: own("--fg", dark ? "#e4e9ee" : "#1b1f24"),
    muted: own("--muted", dark ? "#98a4b0" : "#59636e"),
    line: own("--line", dark ? "#2b333c" : "#d9dee3"),
    accent: own("--accent", dark ? "#6cb0ff" : "#0b5fcc"),
    running: own("--run", dark ? "#57c46f" : "#1a7f37"),
    ready: own("--warn", dark ? "#f0b84a" : "#8a5a00"),
    bad: own("--bad", dark ? "#ff8a80" : "#b3261e"),
    font: `12px ${own("--sans", "system-ui, sans-serif")}`,
    wait: tints(dark),
  };
}

/** What colour a wait has, by its words. */
function tints(dark) {
  const known = new Map();
  return (text) => {
    const word = /^[\w.]+/.exec(text)?.[0] ?? text;
    let colour = known.get(word);
    if (colour === undefined) known.set(word, (colour = tint(word, text, dark)));
    return colour;
  };
}

function tint(word, text, dark) {
  const light = dark ? 27 : 88;
  if (PLAIN.test(text)) return `hsl(215 8% ${light}%)`;
  let sum = 0;
  for (let i = 0; i < word.length; i++) sum = (sum * 31 + word.charCodeAt(i)) % 9973;
  const hue = HUES.get(word) ?? OTHERS[sum % OTHERS.length];
  return `hsl(${hue} ${dark ? 32 : 55}% ${light}%)`;
}

/** From 0 to 1, of "#rrggbb" or "rgb(r, g, b)". */
function brightness(colour) {
  const hex = /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})/i.exec(colour);
  const parts = hex
    ? hex.slice(1).map((one) => parseInt(one, 16))
    : colour.match(/\d+/g)?.map(Number);
  const [red = 255, green = 255, blue = 255] = parts ?? [];
  return (0.3 * red + 0.59 * green + 0.11 * blue) / 255;
}
