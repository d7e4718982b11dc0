// The jackknife: how far a function of a mean scatters, by leaving out one member of the sample at a time (Tukey 1958;
// Efron, "Bootstrap Methods: Another Look at the Jackknife", 1979). For samples too small for a bootstrap.

import { studentQuantile } from "./student.ts";

export interface Jackknife {
  /** The statistic, less its bias of first order. */
  readonly value: number;
  /** Half of the 95 % interval about it. */
  readonly margin: number;
}

/**
 * The jackknife of a smooth function of the mean of vectors.
 *
 * @param members two at least, of one length.
 */
export function jackknife(
  members: readonly Float64Array[],
  statistic: (mean: Float64Array) => number,
): Jackknife {
  const count = members.length;
  const total = members[0].map((_, i) => members.reduce((sum, member) => sum + member[i], 0));
  const whole = statistic(total.map((x) => x / count));
  const values = members.map((member) => {
    const without = statistic(total.map((x, i) => (x - member[i]) / (count - 1)));
    return count * whole - (count - 1) * without;
  });
  const value = values.reduce((sum, x) => sum + x, 0) / count;
  const variance = values.reduce((sum, x) => sum + (x - value) ** 2, 0) / (count - 1);
  return { value, margin: studentQuantile(0.95, count - 1) * Math.sqrt(variance / count) };
}
