/** Logarithmic axes. */

/** Where a figure lies on a logarithmic axis. */
export function axis(figures: number[], from: number, to: number): (figure: number) => number {
  const [least, most] = [Math.log(Math.min(...figures)), Math.log(Math.max(...figures))];
  return (figure) => from + ((Math.log(figure) - least) / (most - least || 1)) * (to - from);
}

/** 1, 2, 5, 10, ... within the figures. */
export function ticks(figures: number[]): number[] {
  const steps = [0.1, 1, 10, 100, 1000, 10_000, 100_000].flatMap((n) => [n, 2 * n, 5 * n]);
  return steps.filter((step) => step >= Math.min(...figures) && step <= Math.max(...figures));
}
