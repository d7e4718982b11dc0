// The estimates of `intrinsic`, each with the same estimate of a Gaussian whose dimension is known.

import {
  type Cloud,
  ESTIMATORS,
  type Estimate,
  type Estimator,
  type EstimatorName,
  type EstimatorOptions,
  estimateDimension,
  gaussianCloud,
  neighboursNeeded,
} from "@vielbein/core/intrinsic-dimension";
import { endingAtOnce } from "../../kit/signals.ts";
import { each, type Task } from "../../kit/task.ts";

/** As many points of a standard normal distribution, and what the same estimator says of them. */
interface GaussianReference {
  /** The dimension of the distribution: the estimate, rounded; from 1 to the number of coordinates. */
  readonly known: number;
  readonly estimate: Estimate;
}

/** What one estimator says. */
export interface Estimated {
  readonly name: EstimatorName;
  readonly title: string;
  /** Neighbours, where their number matters. */
  readonly k: number | undefined;
  readonly estimate: Estimate;
  /** Undefined where there is no estimate. */
  readonly reference: GaussianReference | undefined;
}

/** All estimates, and their references, which are made once for each dimension. */
export async function estimatesOf(
  task: Pick<Task<unknown>, "terminal" | "signal">,
  cloud: Cloud,
  names: readonly EstimatorName[],
  options: EstimatorOptions,
): Promise<Estimated[]> {
  const settings = { ...options, perPoint: options.perPoint === true };
  const estimates = await each(task, "estimates", names, (name) =>
    endingAtOnce(() => {
      searchOnce(cloud, names, settings);
      return estimateDimension(cloud, name, settings);
    }, task.signal),
  );
  const known = estimates.map(({ dimension }) => knownDimension(dimension, cloud.points.cols));
  const dimensions = [...new Set(known.filter((d) => d !== undefined))].sort((a, b) => a - b);
  const references = new Map<EstimatorName, GaussianReference>();
  await each(task, "Gaussian references", dimensions, (d) =>
    endingAtOnce(() => {
      const same = names.filter((_, i) => known[i] === d);
      for (const [name, estimate] of estimatesOfGaussian(cloud.n, d, same, options)) {
        references.set(name, { known: d, estimate });
      }
    }, task.signal),
  );
  return names.map((name, i) => ({
    name,
    title: ESTIMATORS[name].title,
    k: neighboursOf(ESTIMATORS[name], settings),
    estimate: estimates[i] ?? { dimension: undefined },
    reference: references.get(name),
  }));
}

/** Neighbours are searched for once, as many as any estimator needs. */
function searchOnce(cloud: Cloud, names: readonly EstimatorName[], options: EstimatorOptions): void {
  const k = neighboursNeeded(names, cloud.n, options);
  if (k > 0) cloud.neighbours(k);
}

function estimatesOfGaussian(
  n: number,
  d: number,
  names: readonly EstimatorName[],
  { k, seed }: EstimatorOptions,
): [EstimatorName, Estimate][] {
  const cloud = gaussianCloud(n, d, seed);
  searchOnce(cloud, names, { k, seed });
  return names.map((name) => [name, estimateDimension(cloud, name, { k, seed })]);
}

function knownDimension(estimate: number | undefined, coordinates: number): number | undefined {
  return estimate === undefined ? undefined : Math.min(Math.max(1, Math.round(estimate)), coordinates);
}

/** Of rules for the whole spectrum only where they are applied to neighbourhoods too. */
function neighboursOf(
  { k, searched }: Estimator,
  { k: given, perPoint }: EstimatorOptions,
): number | undefined {
  if (k === undefined) return undefined;
  return searched(k, Number.POSITIVE_INFINITY, { perPoint }) === 0 ? undefined : (given ?? k);
}

/** Without what it says at the points. */
export function withoutLocal({ estimate, ...rest }: Estimated): Estimated {
  return { ...rest, estimate: { ...estimate, local: undefined } };
}
