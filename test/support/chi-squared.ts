/** Pearson's test: whether numbers are as far from what is expected as chance has it; no farther, and no nearer. */
import { expect } from "chai";

/** A sum of squares, each of which is one of a normal distribution of mean 0 and variance 1, if all is as it should be. */
export class ChiSquared {
  private sum = 0;
  private degrees = 0;

  /** @param numbers many independent ones, of mean 0 and variance 1 */
  add(numbers: Iterable<number>): this {
    let [sum, count] = [0, 0];
    for (const number of numbers) {
      sum += number;
      count++;
    }
    if (count === 0) return this;
    this.sum += sum ** 2 / count;
    this.degrees++;
    return this;
  }

  /** @param counts how often each of several equally probable things came */
  static even(counts: number[]): ChiSquared {
    const chi = new ChiSquared();
    const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    for (const count of counts) chi.sum += (count - expected) ** 2 / expected;
    chi.degrees = counts.length - 1;
    return chi;
  }

  /** Neither the most nor the least probable ten-thousandth. (Wilson and Hilferty's approximation) */
  expect(what: string, leastDegrees = 1): void {
    const { sum, degrees } = this;
    expect(degrees, what).to.be.at.least(leastDegrees);
    const part = 2 / (9 * degrees);
    const quantile = (z: number): number => Math.max(0, 1 - part + z * Math.sqrt(part)) ** 3;
    expect(sum / degrees, what).to.be.within(quantile(-3.719), quantile(3.719));
  }
}
