// The iterative curve traversal (Choi, Lee, Yoon, Park, Hwang & Kang, "Do Not Escape From the Manifold", ICLR 2022):
// the curve through x whose tangent is everywhere the k-th local direction. Each of N steps moves the code by ±h·v,
// recomputes the local basis and continues along the direction that continues the last one. A straight line leaves
// the manifold of outputs; the curve stays on it.

import { VielbeinError } from "../errors.ts";
import type { JacobianOptions } from "../jacobian/jacobian.ts";
import { type LocalBasis, localBasisAt } from "../jacobian/local-basis.ts";
import type { DifferentiableMap } from "../map/map.ts";
import { requireKind } from "../requirements.ts";

/** Length, unit and steps of {@link curveTraversal}. */
export interface CurveTraversalOptions extends JacobianOptions {
  /**
   * Length of the walk in either direction. With `unit: "input"` the code moves by it; with `"output"` the output does,
   * approximately: every step is divided by the singular value where it starts. Default 3.
   */
  readonly length?: number | undefined;
  /** What `length` is measured in. Default `input`. */
  readonly unit?: "input" | "output" | undefined;
  /** Number of steps, both ways together, even: the step is 2·length/steps. Default 24. */
  readonly steps?: number | undefined;
  /** Points to return, odd, at most `steps` + 1. Default 7. */
  readonly frames?: number | undefined;
  /** Called after each step. */
  readonly onStep?: ((step: CurveStep) => void) | undefined;
}

/** What one step of the walk found at its end. */
export interface CurveStep {
  /** −N/2 … N/2 without 0: which way, and how many steps along it. */
  readonly step: number;
  /** Index of the direction in the basis at the new point; it changes where singular values cross. */
  readonly index: number;
  /** Of that direction, in units of the output per unit of the input. */
  readonly singularValue: number;
  /** Cosine of the output vectors u before and after, ≥ 0: the index is chosen to make it largest. */
  readonly outputCosine: number;
  /** Cosine of the input vectors v before and after; negative where u and v disagree about the sign. */
  readonly inputCosine: number;
  /** Length by which the output moved. */
  readonly outputStep: number;
  /** Distance of the output from the straight line f(x) + t·u, t being the length walked to first order. */
  readonly drift: number;
}

/** A walk that follows a local direction as it turns, with what was met on the way. */
export interface CurveTraversal {
  /** Codes, `[frames, from.dim]`, the start in the middle. */
  readonly points: Float32Array;
  /** Their outputs, `[frames, to.dim]`. */
  readonly values: Float32Array;
  /** Step number of each frame: 0 in the middle. */
  readonly frameSteps: readonly number[];
  /** Step by step from −N/2 to N/2, 0 left out. */
  readonly steps: readonly CurveStep[];
}

/** Where the walk is: the basis there, and the signed direction it arrived along. */
interface Station {
  readonly basis: LocalBasis;
  readonly index: number;
  readonly sign: number;
}

/**
 * Follows the `direction`-th local direction of `map` (0 is the leading one) from `point` both ways.
 *
 * The direction that continues the last one is the one whose output vector has the largest |cosine| with the last
 * output vector; the sign of that cosine is carried to both of its vectors.
 *
 * @param start a local basis with all its directions, as {@link localBasisAt} returns it; the walk starts at its point.
 * @throws {VielbeinError} `INVALID_ARGUMENT` for options out of range; `NUMERICAL_FAILURE` where the direction does not
 * move the output; what `jacobian` throws.
 */
export async function curveTraversal(
  map: DifferentiableMap,
  start: LocalBasis,
  direction: number,
  options: CurveTraversalOptions = {},
): Promise<CurveTraversal> {
  requireKind("curveTraversal: map", "map", map);
  requireKind("curveTraversal: start", "localBasis", start);
  const { length = 3, unit = "input", steps = 24, frames = 7, onStep, ...rest } = options;
  requireWalk(start, direction, length, steps, frames);
  const half = steps / 2;
  const side = (frames - 1) / 2;
  // Frames are equally spaced among the steps, as far as whole steps go.
  const frameSteps = Array.from({ length: side }, (_, i) => Math.floor(((i + 1) * half) / side));
  const ways: { readonly kept: LocalBasis[]; readonly steps: CurveStep[] }[] = [];
  for (const way of [-1, 1] as const) {
    let station: Station = { basis: start, index: direction, sign: 1 };
    let walked = 0;
    const kept: LocalBasis[] = [];
    const report: CurveStep[] = [];
    for (let n = 1; n <= half; n++) {
      const sigma = singularValueOf(station, unit);
      const h = (2 * length) / steps / (unit === "output" ? sigma : 1);
      const basis = await localBasisAt(map, moveBy(station, way * h), rest);
      const next = continued(station, basis);
      walked += h * sigma;
      const step: CurveStep = {
        step: way * n,
        index: next.station.index,
        singularValue: basis.singularValues[next.station.index],
        outputCosine: next.outputCosine,
        inputCosine: next.inputCosine,
        outputStep: distance(basis.value, station.basis.value),
        drift: driftFrom(start, direction, way * walked, basis.value),
      };
      report.push(step);
      onStep?.(step);
      station = next.station;
      if (frameSteps.includes(n)) kept.push(basis);
    }
    ways.push({ kept, steps: report });
  }
  const [back, forth] = ways as [(typeof ways)[0], (typeof ways)[0]];
  const bases = [...back.kept.reverse(), start, ...forth.kept];
  return {
    points: stackRows(bases.map((basis) => basis.point)),
    values: stackRows(bases.map((basis) => basis.value)),
    frameSteps: [...frameSteps.map((n) => -n).reverse(), 0, ...frameSteps],
    steps: [...back.steps.reverse(), ...forth.steps],
  };
}

function requireWalk(
  start: LocalBasis,
  direction: number,
  length: number,
  steps: number,
  frames: number,
): void {
  const count = start.singularValues.length;
  const wrong = [
    [
      Number.isInteger(direction) && direction >= 0 && direction < count,
      `direction: 0 to ${count - 1}`,
      direction,
    ],
    [length > 0 && Number.isFinite(length), "length: a positive number", length],
    [
      Number.isInteger(frames) && frames >= 3 && frames % 2 === 1,
      "frames: an odd integer of at least 3",
      frames,
    ],
    [
      Number.isInteger(steps) && steps % 2 === 0 && steps >= frames - 1,
      `steps: an even integer of at least frames − 1 = ${frames - 1}`,
      steps,
    ],
  ].find(([holds]) => !holds);
  if (wrong) throw new VielbeinError("INVALID_ARGUMENT", `curveTraversal: ${wrong[1]}, got ${wrong[2]}.`);
}

/** σ of the direction, which must move the output if steps are measured there. */
function singularValueOf({ basis, index }: Station, unit: "input" | "output"): number {
  const sigma = basis.singularValues[index];
  if (unit === "input" || sigma > 1e-6 * basis.singularValues[0]) return sigma;
  throw new VielbeinError(
    "NUMERICAL_FAILURE",
    `curveTraversal: direction ${index} moves the output by σ = ${sigma}, negligible compared with ${basis.singularValues[0]} of the leading one, so steps along it have no length in the output. Choose a leading direction, or unit: "input".`,
  );
}

/** The point at `h` along the direction. */
function moveBy({ basis, index, sign }: Station, h: number): Float32Array {
  const { data, cols } = basis.inputVectors;
  return basis.point.map((x, j) => x + h * sign * data[j * cols + index]);
}

/** The direction of the new basis that continues the last one. */
function continued(
  { basis: last, index, sign }: Station,
  basis: LocalBasis,
): { station: Station; outputCosine: number; inputCosine: number } {
  let best = 0;
  let cosine = 0;
  for (let j = 0; j < basis.singularValues.length; j++) {
    const c = sign * columnDot(last.outputVectors, index, basis.outputVectors, j);
    if (Math.abs(c) > Math.abs(cosine)) [best, cosine] = [j, c];
  }
  const turned = cosine < 0 ? -1 : 1;
  return {
    station: { basis, index: best, sign: turned },
    outputCosine: Math.abs(cosine),
    inputCosine: sign * turned * columnDot(last.inputVectors, index, basis.inputVectors, best),
  };
}

function columnDot(
  a: LocalBasis["inputVectors"],
  i: number,
  b: LocalBasis["inputVectors"],
  j: number,
): number {
  let sum = 0;
  for (let row = 0; row < a.rows; row++) sum += a.data[row * a.cols + i] * b.data[row * b.cols + j];
  return sum;
}

function driftFrom(start: LocalBasis, k: number, t: number, value: Float32Array): number {
  const { data, cols } = start.outputVectors;
  return distance(
    value,
    start.value.map((y, j) => y + t * data[j * cols + k]),
  );
}

function distance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += (a[j] - b[j]) ** 2;
  return Math.sqrt(sum);
}

function stackRows(rows: readonly Float32Array[]): Float32Array {
  const dim = rows[0].length;
  const result = new Float32Array(rows.length * dim);
  rows.forEach((row, i) => {
    result.set(row, i * dim);
  });
  return result;
}
