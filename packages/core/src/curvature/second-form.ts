// The second fundamental form II(u, v) = (I − J·J⁺)·D²f(u, v) along a frame, and what is read off its products:
// normal and mean curvature, and by Gauss's equation the sectional curvature of pairs (do Carmo, "Riemannian Geometry",
// 1992, chapter 6).

import { type Matrix, matrix, norm, pinv, rank, rowAt } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import type { JacobianAt } from "../jacobian/jacobian-at.ts";
import type { FloatArray } from "../map/float-array.ts";
import { dot } from "../optimize/objective.ts";
import { cosinesOf, type Frame, INDEPENDENT } from "./frame.ts";
import type { TangentSpace } from "./tangent-space.ts";

export interface SecondForm {
  /** ‖II(v, v)‖/‖J·v‖², in 1 / unit of the output. */
  readonly normal: Float64Array;
  /** What of D²f(v, v) is tangent and across J·v, over ‖J·v‖²: how the image of the straight line turns in its surface. */
  readonly geodesic: Float64Array;
  /** Sectional curvature of the planes of two directions, in 1 / unit²; NaN of one with itself, and of parallel images. */
  readonly sectional: Matrix;
  /** Length of the mean of II over the span of the images; undefined where they are dependent. */
  readonly mean: number | undefined;
}

/** From here on sin² of the angle between images says that they span a plane. */
const PLANE = INDEPENDENT ** 2;

/**
 * D²f(vᵢ, vⱼ) for j = i, … of every direction i: `[count − i, m]`.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` for a map without second derivatives; what these throw.
 */
export async function accelerationsOf(at: JacobianAt, frame: Frame): Promise<FloatArray[]> {
  const { map, point, inputs: n, signal } = at;
  const { vectors, moving } = frame;
  if (!map.secondDerivative) throw noSecondDerivative(at);
  const found: FloatArray[] = [];
  for (let i = 0; i < moving.length; i++) {
    signal?.throwIfAborted();
    const along: FloatArray = rowAt(vectors, i, n);
    const rest = vectors.subarray(i * n);
    found.push(await map.secondDerivative(point, along, rest, moving.length - i, { signal }));
  }
  return found;
}

/** @param accelerations of {@link accelerationsOf}. */
export async function secondForm(
  tangent: TangentSpace,
  frame: Frame,
  accelerations: readonly FloatArray[],
): Promise<SecondForm> {
  const count = frame.moving.length;
  const m = frame.images.length / Math.max(1, count);
  const cosines = cosinesOf(frame, m);
  const weights = count > 0 && rank(cosines, { tolerance: PLANE }) === count ? pinv(cosines) : undefined;
  const own: Float64Array[] = [];
  const geodesic = new Float64Array(count);
  const squares = matrix(count, count);
  const sum = new Float64Array(m);
  for (let i = 0; i < count; i++) {
    const rows = perUnitSpeed(accelerations[i], frame, i, m);
    const acceleration = rows.slice(0, m);
    const normals = await tangent.normalParts(rows);
    for (let j = i; j < count; j++) {
      const normal = rowAt(normals, j - i, m);
      squares.data[i * count + j] = dot(normal, normal);
      const weight = (weights?.data[i * count + j] ?? 0) * (i === j ? 1 : 2);
      for (let row = 0; row < m; row++) sum[row] += weight * normal[row];
    }
    own.push(normals.slice(0, m));
    geodesic[i] = across(acceleration, own[i], rowAt(frame.images, i, m));
  }
  return {
    normal: Float64Array.from(own, norm),
    geodesic,
    sectional: sectionalOf(own, squares, cosines),
    mean: weights && norm(sum) / count,
  };
}

/** D²f(vᵢ, vⱼ)/(‖J·vᵢ‖·‖J·vⱼ‖). */
function perUnitSpeed(accelerations: FloatArray, { speeds }: Frame, i: number, m: number): Float64Array {
  return Float64Array.from(accelerations, (x, at) => x / (speeds[i] * speeds[i + Math.floor(at / m)]));
}

function noSecondDerivative({ map: { from, to } }: JacobianAt): VielbeinError {
  return new VielbeinError(
    "INVALID_ARGUMENT",
    `Curvature needs second derivatives, and the map "${from.name}" → "${to.name}" has no \`secondDerivative\`. Take one that has, as those of ONNX models and of plain functions do.`,
  );
}

/** Length of the tangent part of an acceleration, less what lies along the unit velocity. */
function across(acceleration: Float64Array, normal: Float64Array, velocity: Float64Array): number {
  const tangent = acceleration.map((x, i) => x - normal[i]);
  const along = dot(tangent, velocity);
  return norm(tangent.map((x, i) => x - along * velocity[i]));
}

/** (⟨II(u, u), II(v, v)⟩ − ‖II(u, v)‖²)/(1 − cos²) for images of length 1. */
function sectionalOf(own: readonly Float64Array[], squares: Matrix, cosines: Matrix): Matrix {
  const count = own.length;
  const result = matrix(count, count, new Float64Array(count * count).fill(Number.NaN));
  for (let i = 0; i < count; i++) {
    for (let j = i + 1; j < count; j++) {
      const area = 1 - cosines.data[i * count + j] ** 2;
      if (!(area > PLANE)) continue;
      const curvature = (dot(own[i], own[j]) - squares.data[i * count + j]) / area;
      result.data[i * count + j] = result.data[j * count + i] = curvature;
    }
  }
  return result;
}
