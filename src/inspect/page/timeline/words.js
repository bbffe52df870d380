/** Times in words, and where to write them along an axis. */

const UNITS = [
  [1e6, "s"],
  [1e3, "ms"],
  [1, "µs"],
  [1e-3, "ns"],
];

/** @param {number} microseconds in a unit that suits it */
export function duration(microseconds) {
  const [size, unit] = UNITS.find(([least]) => microseconds >= least) ?? UNITS.at(-1);
  const value = microseconds / size;
  const places = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${Number(value.toFixed(places))} ${unit}`;
}

/** Spaces between lines of an axis. */
const MOST_LINES = 10;

/**
 * Where the lines of an axis are, and what is written there: the same unit along all of it.
 *
 * @param {number} begin microseconds
 * @param {number} end
 * @param {number} lines as many as there is room for
 */
export function ticks(begin, end, lines = MOST_LINES) {
  const least = (end - begin) / Math.max(lines, 1);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= least * 0.999);
  const [size, unit] = UNITS.find(([of]) => step >= of * 0.999) ?? UNITS.at(-1);
  const found = [];
  for (let i = Math.ceil(begin / step); i * step <= end; i++) {
    const at = i * step;
    found.push({ at, text: `${Number((at / size).toFixed(3)).toLocaleString("en")} ${unit}` });
  }
  return found;
}
