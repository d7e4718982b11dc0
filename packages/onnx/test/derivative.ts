// The check that every operator passes: its products with the Jacobian and the transposed Jacobian are those
// of the function that the engine computes, for many vectors as for one.

import { expect } from "vitest";
import { modelSource } from "../src/file/source.ts";
import { jvp, type Model, OnnxMap, prepare } from "../src/index.ts";
import { type Backend, cpu, type Tolerances } from "./backends.ts";
import {
  DirectModel,
  differences,
  forwardJacobian,
  GraphBuilder,
  irregular,
  type Precision,
  randomStream,
  relativeError,
  runtime,
} from "./helpers.ts";

export type Build = (g: GraphBuilder) => string;

/**
 * Where the reference derivative comes from.
 * - `float64`: differences of the same graph in double precision, small step: ten digits.
 * - `affine`: the engine has no double kernel but the function is affine, so that differences with step 1
 *   are exact up to rounding.
 * - a function: the operator written out in float64, differenced with a small step.
 */
export type Reference = "float64" | "affine" | ((point: Float64Array) => Float64Array);

export interface DerivativeCheck {
  readonly opset?: number;
  readonly seed?: number;
  readonly reference?: Reference;
}

const SMALL_STEP = 1e-5;

export async function expectDerivative(build: Build, check: DerivativeCheck = {}): Promise<void> {
  const failures = await derivativeFailures(build, check, cpu);
  for (const error of failures.values()) throw error;
  const { model, point } = assemble(build, "float32", check);
  await expectTangentShape(model, Float32Array.from(point));
}

/** What can be right or wrong about an operator on an engine. */
export const parts = ["value", "jvp", "vjp"] as const;
export type Part = (typeof parts)[number];

/** The same check on any engine, each part by itself: the errors of those that fail. */
export async function derivativeFailures(
  build: Build,
  check: DerivativeCheck,
  backend: Backend,
): Promise<Map<Part, Error>> {
  const { reference = "float64" } = check;
  const single = assemble(build, "float32", check);
  const expected = await referenceJacobian(build, check, reference);
  const failures = await mapFailures(single.model, single.point, expected, backend, backend.single);
  if (reference === "float64" && backend.double) {
    const double = assemble(build, "float64", check);
    const further = await mapFailures(double.model, double.point, expected, backend, backend.double);
    for (const [part, error] of further) if (!failures.has(part)) failures.set(part, error);
  }
  return failures;
}

export function assemble(
  build: Build,
  precision: Precision,
  { opset, seed }: DerivativeCheck,
): { model: Model; point: number[] } {
  const g = new GraphBuilder(precision, opset, seed);
  const output = build(g);
  return { model: g.model(output), point: g.point };
}

interface Expected {
  readonly value: Float64Array;
  readonly jacobian: Float64Array;
}

async function referenceJacobian(
  build: Build,
  check: DerivativeCheck,
  reference: Reference,
): Promise<Expected> {
  if (typeof reference === "function") {
    const { point } = assemble(build, "float32", check);
    const value = reference(Float64Array.from(point));
    return { value, jacobian: await differences(reference, point, SMALL_STEP) };
  }
  const precision = reference === "affine" ? "float32" : "float64";
  const { model, point } = assemble(build, precision, check);
  const direct = await DirectModel.create(model, precision);
  try {
    const step = reference === "affine" ? 1 : SMALL_STEP;
    return { value: await direct.run(point), jacobian: await differences((x) => direct.run(x), point, step) };
  } finally {
    await direct.dispose();
  }
}

async function mapFailures(
  model: Model,
  at: readonly number[],
  expected: Expected,
  { runtime, portable }: Backend,
  tolerances: Tolerances,
): Promise<Map<Part, Error>> {
  const point = Float32Array.from(at);
  const { value, jacobian } = expected;
  const failures = new Map<Part, Error>();
  const attempt = (part: Part, check: () => Promise<void>): Promise<void> =>
    check().catch((error: Error) => void failures.set(part, error));
  let map: OnnxMap;
  try {
    map = await OnnxMap.create(model, runtime, { portable });
  } catch (error) {
    return new Map(parts.map((part) => [part, error as Error]));
  }
  try {
    expect(map.from.dim).toBe(point.length);
    expect(map.to.dim).toBe(value.length);
    await attempt("value", async () => {
      const found = await map.evaluate(point, 1);
      expect(relativeError(found, value, 1e-3), "value").toBeLessThan(tolerances.exact);
    });
    await attempt("jvp", async () => {
      const found = await forwardJacobian(map, point);
      expect(relativeError(found, jacobian, 1e-3), "Jacobian").toBeLessThan(tolerances.exact);
      await expectLinear(map, point, jacobian, tolerances);
    });
    await attempt("vjp", () => expectTransposed(map, point, jacobian, tolerances));
    return failures;
  } finally {
    await map.dispose();
  }
}

/** The tangent of a tensor of shape S has shape [k, ...S]: what follows in a network relies on it. */
async function expectTangentShape(model: Model, point: Float32Array): Promise<void> {
  const graph = await prepare(model, runtime);
  const derivative = jvp(graph);
  const session = await runtime.createSession(modelSource(derivative.model), { optimize: false });
  const dims = graph.info.get(graph.input)!.shape;
  const result = await session.run({
    [derivative.input]: { type: "float32", dims, data: point },
    [derivative.inputTangent]: {
      type: "float32",
      dims: [2, ...dims],
      data: Float32Array.of(...point, ...point),
    },
  });
  await session.dispose();
  expect(result[derivative.outputTangent]!.dims).toEqual([2, ...graph.info.get(graph.output)!.shape]);
}

/** Three tangents at once, and each of them alone, are J times the tangents. */
async function expectLinear(
  map: OnnxMap,
  point: Float32Array,
  jacobian: Float64Array,
  { exact, repeated }: Tolerances,
): Promise<void> {
  const [m, n] = [map.to.dim, map.from.dim];
  const tangents = Float32Array.from(irregular(randomStream(7), 3 * n));
  const together = await map.jvp(point, tangents, 3);
  for (let t = 0; t < 3; t++) {
    const tangent = tangents.slice(t * n, (t + 1) * n);
    const expected = Float64Array.from({ length: m }, (_, i) =>
      tangent.reduce((sum, value, j) => sum + jacobian[i * n + j]! * value, 0),
    );
    const scale = Math.max(1e-3, Math.sqrt(jacobian.reduce((sum, x) => sum + x * x, 0)));
    const part = together.slice(t * m, (t + 1) * m);
    expect(relativeError(part, expected, scale), "linearity").toBeLessThan(exact);
    if (t === 0)
      expect(relativeError(await map.jvp(point, tangent, 1), part, scale), "k = 1").toBeLessThan(repeated);
  }
}

/** Two cotangents at once, and the first alone, are Jᵀ times the cotangents. */
async function expectTransposed(
  map: OnnxMap,
  point: Float32Array,
  jacobian: Float64Array,
  { exact, repeated }: Tolerances,
): Promise<void> {
  const [m, n] = [map.to.dim, map.from.dim];
  const cotangents = Float32Array.from(irregular(randomStream(8), 2 * m));
  const together = await map.vjp(point, cotangents, 2);
  const scale = Math.max(1e-3, Math.sqrt(jacobian.reduce((sum, x) => sum + x * x, 0)));
  for (let u = 0; u < 2; u++) {
    const expected = new Float64Array(n);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) expected[j]! += cotangents[u * m + i]! * jacobian[i * n + j]!;
    }
    expect(relativeError(together.slice(u * n, (u + 1) * n), expected, scale), "transposed").toBeLessThan(
      exact,
    );
  }
  const alone = await map.vjp(point, cotangents.slice(0, m), 1);
  expect(relativeError(alone, together.slice(0, n), scale), "one cotangent").toBeLessThan(repeated);
}
