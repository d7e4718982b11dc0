// Compositions of operators at singular points, and their first and second derivatives.

import { expect } from "vitest";
import { hvp, type Model, OnnxMap, prepare } from "../../src/index.ts";
import { assemble } from "../derivative.ts";
import { runGraph } from "../graphs.ts";
import { forwardJacobian, type GraphBuilder, relativeError, runtime } from "../helpers.ts";

export type Build = (g: GraphBuilder, x: string) => string;

const identity = (n: number): Float32Array =>
  Float32Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));

export function modelOf(build: Build, count: number): Model {
  return assemble((g) => build(g, g.variable([1, count])), "float32", {}).model;
}

export async function expectJacobian(
  model: Model,
  point: readonly number[],
  expected: readonly number[],
): Promise<void> {
  const map = await OnnxMap.create(model, runtime);
  const at = Float32Array.from(point);
  const m = map.to.dim;
  const linear = await map.linearize(at);
  for (const found of [
    await forwardJacobian(map, at),
    await map.vjp(at, identity(m), m),
    await linear.vjp(identity(m), m),
  ]) {
    expect(relativeError(found, expected, 1e-3)).toBeLessThan(1e-5);
  }
  await map.dispose();
}

/** The Hessian of the sum of the outputs. */
export async function hessian(model: Model, point: readonly number[]): Promise<Float32Array> {
  const second = await hvp(await prepare(model, runtime), runtime);
  const outputs = second.model.graph.inputs.find(({ name }) => name === second.cotangent)!.shape as number[];
  const result = await runGraph(second.model, {
    [second.input]: point,
    [second.cotangent]: new Float32Array(outputs.reduce((a, b) => a * b, 1)).fill(1),
    [second.inputTangent]: identity(point.length),
  });
  return result[second.product]!;
}
