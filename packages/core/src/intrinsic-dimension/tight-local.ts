// Tight localities (Amsaleg, Chelly, Houle, Kawarabayashi, Radovanović & Treeratanajaru, "Intrinsic Dimensionality
// Estimation within Tight Localities", SDM 2019): the estimate of Levina & Bickel, to which every pair of neighbours
// contributes two further distances.

import { type Matrix, matrix, rowAt } from "@vielbein/linalg";
import { requireKind } from "../requirements.ts";
import { squaredDistance } from "../statistics/squared-distances.ts";
import type { Cloud } from "./cloud.ts";
import { type Estimate, meanOf } from "./estimate.ts";

/** Distances below this share of that to the last neighbour are left out. */
const SMALLEST = 1e-4;

/**
 * At a point with neighbours xᵢ at distances uᵢ and r = u_k, d = −2(k² − dropped)/(Σ_{i≠j} [ln(sᵢⱼ/r) + ln(tᵢⱼ/r)] +
 * 2·Σ ln(uⱼ/r)). Here sᵢⱼ is the distance of xᵢ and xⱼ as seen from a ball about xᵢ that touches that of radius r about the
 * point, and tᵢⱼ that of xᵢ and the reflection of xⱼ in the point. Of the cloud, the mean over its points.
 *
 * @param k at least 2.
 * @throws {VielbeinError} `INVALID_ARGUMENT` where the cloud has no k neighbours.
 */
export function tightLocal(cloud: Cloud, k: number): Estimate {
  requireKind("tightLocal: cloud", "cloud", cloud);
  const { n, distances, indices } = cloud.neighbours(k);
  const coordinates = cloud.coordinates();
  return meanOf(
    Float64Array.from({ length: n }, (_, i) =>
      localityAt(localityOf(coordinates, i, rowAt(distances, i, k), indices.subarray(i * k, (i + 1) * k))),
    ),
    "at every point the neighbours are equally far from it, or too near each other to count",
  );
}

/** Neighbours as seen from their point, in the unit of the distance to the last. */
interface Locality {
  /** `[k, c]`. */
  readonly members: Matrix;
  /** Ascending, the last one 1. */
  readonly radii: Float64Array;
}

function localityOf(points: Matrix, at: number, distances: Float64Array, indices: Int32Array): Locality {
  const { cols, data } = points;
  const r = distances[distances.length - 1];
  const members = matrix(indices.length, cols);
  indices.forEach((row, j) => {
    for (let c = 0; c < cols; c++) {
      members.data[j * cols + c] = (data[row * cols + c] - data[at * cols + c]) / r;
    }
  });
  return { members, radii: distances.map((x) => x / r) };
}

function localityAt({ members, radii }: Locality): number {
  const k = radii.length;
  let [dropped, pairs, singles] = [0, 0, 0];
  for (let j = 0; j < k; j++) {
    if (radii[j] < SMALLEST) dropped++;
    else singles += Math.log(radii[j]);
    for (let i = 0; i < k; i++) {
      if (i === j) continue;
      const square = squaredDistance(members, i, members, j);
      const [a, b] = [radii[i], radii[j]];
      const s = touching(square, a, b);
      const t = touching(2 * a * a + 2 * b * b - square, a, b);
      // Both or neither, so that they keep their balance.
      if (s >= SMALLEST && t >= SMALLEST) pairs += Math.log(s) + Math.log(t);
      else dropped++;
    }
  }
  return pairs > -SMALLEST ? Number.NaN : (-2 * (k * k - dropped)) / (pairs + 2 * singles);
}

/** The positive root x of (1 − a²)·x² + c·x − v² = 0 where c = a² + v² − b²: in a form that does not cancel. */
function touching(square: number, a: number, b: number): number {
  const rest = (1 - a) * (1 + a);
  const c = a * a + square - b * b;
  const root = Math.sqrt(c * c + 4 * square * rest);
  return c >= 0 ? (2 * square) / (root + c) : (root - c) / (2 * rest);
}
