// Statistics of a survey: of each quantity its mean with an interval by the bootstrap over points or pairs. Points are
// drawn with all that was found at them, at every layer and of every model, so that intervals of one method belong
// together; of many points they are drawn in groups, whose means are as independent as the points.

import { bootstrapValues, intervalOf } from "@vielbein/core/statistics";
import { distortion } from "@vielbein/core/tangent-spaces";
import { quantiles } from "@vielbein/viz";
import type { Found, FoundPart } from "./found.ts";
import { type NamedPlan, type Part, type PlannedMethod, seedOf } from "./plan.ts";
import { type Quantity, quantitiesOf } from "./quantities.ts";

/** A quantity of one method at one layer of one model. */
export interface Statistic extends Part {
  readonly quantity: string;
  /** Points that have a value. */
  readonly points: number;
  /** Points that were computed and have none. */
  readonly missing: number;
  readonly mean: number;
  /** 95 %; undefined of fewer than two points. */
  readonly interval: readonly [number, number] | undefined;
  /** Of the values; undefined of a ratio, and of a mean over pairs. */
  readonly values: Spread | undefined;
}

interface Spread {
  readonly standardDeviation: number;
  /** The 5th, 25th, 50th, 75th and 95th percentiles. */
  readonly percentiles: readonly number[];
}

export interface MethodStatistics {
  readonly method: PlannedMethod;
  readonly statistics: readonly Statistic[];
  /** How many points are drawn together. */
  readonly groupSize: number;
}

/** At most so many groups are drawn from. */
const GROUPS = 2000;
const PERCENTILES = [0.05, 0.25, 0.5, 0.75, 0.95];

/** @param paired statistics that compare points, which are not of the tables. */
export function statisticsOf(
  plan: NamedPlan,
  { parts }: Found,
  paired: readonly Statistic[],
): MethodStatistics[] {
  return plan.methods.map((method, m) => {
    const own = parts.filter((part) => part.method === m && part.rows > 0);
    const groups = Math.min(GROUPS, method.total);
    const sums = own.flatMap((part) => sumsOf(method, part, groups));
    const intervals = intervalsOf(sums, groups, seedOf(method));
    return {
      method,
      groupSize: Math.ceil(method.total / groups),
      statistics: [
        ...sums.map((sum, i) => statisticOf(sum, intervals[i])),
        ...paired.filter((one) => one.method === m),
      ],
    };
  });
}

/** A quantity of a part, summed up by group. */
interface Sums {
  readonly part: FoundPart;
  readonly quantity: Quantity;
  /** NaN for rows that do not count. */
  readonly values: Float64Array;
  /** What the mean is divided by: how many there are, or the other column. */
  readonly numerators: Float64Array;
  readonly denominators: Float64Array;
}

function sumsOf({ name, columns }: PlannedMethod, part: FoundPart, groups: number): Sums[] {
  return quantitiesOf(name, columns).flatMap((quantity) => {
    const { column, over, beside = over } = quantity;
    const [found, divisors] = [part.columns.get(column), part.columns.get(over ?? "")];
    if (!found || (over !== undefined && !divisors)) return [];
    const values = valuesBeside(found, part.columns.get(beside ?? ""));
    const [numerators, denominators] = [new Float64Array(groups), new Float64Array(groups)];
    for (const [i, value] of values.entries()) {
      const divisor = divisors?.[i] ?? 1;
      if (Number.isNaN(value)) continue;
      const group = i % groups;
      numerators[group] = (numerators[group] ?? 0) + value;
      denominators[group] = (denominators[group] ?? 0) + divisor;
    }
    return [{ part, quantity, values, numerators, denominators }];
  });
}

/** NaN where either has no value. */
function valuesBeside(values: Float64Array, others: Float64Array | undefined): Float64Array {
  return others ? values.map((value, i) => (Number.isNaN(others[i]) ? Number.NaN : value)) : values;
}

/** The intervals of all of them, from the same draws. */
function intervalsOf(
  all: readonly Sums[],
  groups: number,
  seed: number,
): (readonly [number, number] | undefined)[] {
  if (groups < 2) return all.map(() => undefined);
  const found = all.map((sums): [Sums, number[]] => [sums, []]);
  bootstrapValues(
    groups,
    (drawn) => {
      for (const [sums, values] of found) values.push(ratio(sums, drawn));
      return 0;
    },
    { seed },
  );
  return found.map(([, values]) => {
    const known = Float64Array.from(values.filter(Number.isFinite)).sort();
    return known.length > values.length / 2 ? intervalOf(known) : undefined;
  });
}

function ratio({ numerators, denominators }: Sums, drawn: Iterable<number>): number {
  let [numerator, denominator] = [0, 0];
  for (const group of drawn) {
    numerator += numerators[group] ?? 0;
    denominator += denominators[group] ?? 0;
  }
  return numerator / denominator;
}

function statisticOf(sums: Sums, interval: readonly [number, number] | undefined): Statistic {
  const { part, quantity, values, numerators } = sums;
  const known = values.filter((value) => !Number.isNaN(value)).sort();
  const hasMean = known.length > 0 && (quantity.over === undefined || isDistortion(sums, known.length));
  return {
    model: part.model,
    method: part.method,
    layer: part.layer,
    quantity: quantity.name,
    points: known.length,
    missing: part.rows - known.length,
    mean: hasMean ? ratio(sums, numerators.keys()) : Number.NaN,
    interval: hasMean && known.length > 1 ? interval : undefined,
    values: quantity.over === undefined && known.length > 0 ? spreadOf(known) : undefined,
  };
}

/** Whether the ratio of these distances is one, as the command decides: where neighbours do not turn it is rounding. */
function isDistortion({ numerators, denominators }: Sums, pairs: number): boolean {
  const meanOf = (sums: Float64Array) => ({ distance: sums.reduce((sum, x) => sum + x, 0) / pairs, k: 1 });
  const { problem } = distortion([{ random: meanOf(numerators), near: meanOf(denominators) }]);
  return problem === undefined;
}

/** @param ascending at least one. */
function spreadOf(ascending: Float64Array): Spread {
  const mean = ascending.reduce((sum, x) => sum + x / ascending.length, 0);
  const squares = ascending.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return {
    standardDeviation: Math.sqrt(squares / (ascending.length - 1)),
    percentiles: quantiles(ascending, PERCENTILES),
  };
}
