// Every operator at its singular points: forward, reverse and linearised derivatives and both second ones agree with
// each other and with PyTorch in float64, or are refused alike (docs/kinks.md).

import { readFile } from "node:fs/promises";
import { VielbeinError } from "@vielbein/core";
import { describe, expect, test } from "vitest";
import { type Model, OnnxMap, prepare, supportedOperators, vjp } from "../../src/index.ts";
import { everyCase } from "../cases/families.ts";
import { assemble } from "../derivative.ts";
import { forwardJacobian, relativeError, runtime } from "../helpers.ts";
import type { Otherwise } from "./case.ts";
import { singularCases } from "./cases.ts";
import { regular } from "./regular.ts";

interface Reference {
  readonly name: string;
  readonly point: readonly number[];
  readonly jacobian: readonly (number | null)[];
  readonly hessian?: readonly (number | null)[];
}

const file = new URL("../fixtures/singular_points.json", import.meta.url);
const references = new Map(
  (JSON.parse(await readFile(file, "utf8")) as Reference[]).map((one) => [one.name, one]),
);

/** A matrix, row-major, or that its computation was refused. */
type Outcome = Float64Array | "refused";

const identity = (n: number): Float32Array =>
  Float32Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));

async function outcome(compute: () => Promise<ArrayLike<number>>): Promise<Outcome> {
  try {
    return Float64Array.from(await compute());
  } catch (error) {
    if (error instanceof VielbeinError && error.code === "NUMERICAL_FAILURE") return "refused";
    throw error;
  }
}

/** The matrix [rows, columns] of which `values` is the transpose. */
function transposed(values: ArrayLike<number>, rows: number, columns: number): Float64Array {
  return Float64Array.from(
    { length: rows * columns },
    (_, i) => values[(i % columns) * rows + Math.floor(i / columns)]!,
  );
}

/** The Jacobian in the four ways in which a map computes it. */
async function jacobians(map: OnnxMap, point: Float32Array): Promise<Record<string, Outcome>> {
  const [m, n] = [map.to.dim, map.from.dim];
  return {
    forward: await outcome(() => forwardJacobian(map, point)),
    reverse: await outcome(() => map.vjp(point, identity(m), m)),
    "linearised forward": await outcome(async () => {
      const linear = await map.linearize(point);
      return transposed(await linear.jvp(identity(n), n), m, n);
    }),
    "linearised reverse": await outcome(async () => (await map.linearize(point)).vjp(identity(m), m)),
  };
}

/** Zero everywhere, which is found before anything is computed. */
function isVanishing(error: unknown): boolean {
  return error instanceof VielbeinError && error.code === "INVALID_SPACE";
}

async function withMap<T>(
  model: Model,
  options: Parameters<typeof OnnxMap.create>[2],
  use: (map: OnnxMap) => Promise<T>,
): Promise<T | undefined> {
  const map = await OnnxMap.create(model, runtime, options as object).catch((error: unknown) => {
    if (isVanishing(error)) return undefined;
    throw error;
  });
  try {
    return map && (await use(map));
  } finally {
    await map?.dispose();
  }
}

/**
 * The Hessian of Σ (i + 1)·fᵢ, forward over reverse and reverse over reverse; undefined where it vanishes identically.
 */
async function hessians(model: Model, point: Float32Array): Promise<Record<string, Outcome> | undefined> {
  const gradient = vjp(await prepare(model, runtime));
  const { name, shape } = gradient.model.graph.inputs.at(-1)!;
  const dims = [1, ...(shape as number[]).slice(1)];
  const weights = Float32Array.from({ length: dims.reduce((a, b) => a * b) }, (_, i) => i + 1);
  const options = {
    from: gradient.input,
    to: gradient.inputCotangent,
    inputs: { [name]: { type: "float32", dims, data: weights } as const },
  };
  return withMap(gradient.model, options, async (map) => ({
    "forward over reverse": await outcome(() => forwardJacobian(map, point)),
    "reverse over reverse": await outcome(() => map.vjp(point, identity(point.length), point.length)),
  }));
}

function expectOutcomes(
  outcomes: Readonly<Record<string, Outcome>>,
  expected: Outcome | readonly number[],
  tolerance = 1e-5,
): void {
  for (const [way, found] of Object.entries(outcomes)) {
    if (expected === "refused" || found === "refused") expect(found, way).toEqual(expected);
    else expect(relativeError(found, expected as Float64Array, 1e-3), way).toBeLessThan(tolerance);
  }
}

/** What is expected: what PyTorch has, refused where it is not finite, but for what is said to be otherwise. */
function expectation(
  values: readonly (number | null)[] | undefined,
  otherwise: Otherwise | undefined,
): readonly number[] | "refused" | undefined {
  if (otherwise === "refused" || Array.isArray(otherwise)) return otherwise;
  const replaced = values?.map((value, i) => (otherwise as ReadonlyMap<number, number>)?.get(i) ?? value);
  return replaced?.includes(null) ? "refused" : (replaced as number[] | undefined);
}

test("every operator is either regular everywhere or has a case, and every reference is used", () => {
  const singular = new Set(singularCases.map(({ op }) => op));
  const known = [...Object.values(regular).flat(), ...singular];
  expect(supportedOperators().filter((op) => !known.includes(op))).toEqual([]);
  expect(
    Object.values(regular)
      .flat()
      .filter((op) => singular.has(op)),
  ).toEqual([]);
  expect(singularCases.map(({ name }) => name).sort()).toEqual([...references.keys()].sort());
});

describe("singular points", () => {
  test.each(singularCases.map((entry) => [entry.name, entry] as const))("%s", async (name, entry) => {
    const { build, opset, otherwise } = entry;
    const reference = references.get(name)!;
    const point = Float32Array.from(reference.point);
    const { model } = assemble(build, "float32", opset === undefined ? {} : { opset });
    const first = expectation(reference.jacobian, otherwise?.first)!;
    const found = await withMap(model, {}, (map) => jacobians(map, point));
    expectOutcomes(found ?? { "zero everywhere": new Float64Array(reference.jacobian.length) }, first);
    const curvature = found && (await hessians(model, point));
    if (first === "refused" || !found) return;
    const second = expectation(reference.hessian, otherwise?.second);
    const outcomes = curvature ?? { "zero everywhere": new Float64Array(point.length ** 2) };
    if (second === undefined) expectAgreement(outcomes);
    else expectOutcomes(outcomes, second);
  });
});

/** All ways come to the same. */
function expectAgreement(outcomes: Readonly<Record<string, Outcome>>): void {
  expectOutcomes(outcomes, Object.values(outcomes)[0]!);
}

describe("all ways agree at zeros and ties", () => {
  const operators = [...new Set(everyCase.map(({ op }) => op))];
  test.each(operators)("%s", async (op) => {
    const { build, ...check } = everyCase.findLast((entry) => entry.op === op)!;
    const { model, point } = assemble(build, "float32", check);
    const at = Float32Array.from(point, (_, i) => (i % 3 === 0 ? 1 : 0));
    await withMap(model, {}, async (map) => expectAgreement(await jacobians(map, at)));
    const curvature = await withMap(model, {}, () => hessians(model, at));
    if (curvature) expectAgreement(curvature);
  });
});
