// The linear graphs of a linearisation are the derivatives, computed from residuals alone.

import { metricSpectrum } from "@vielbein/core";
import type { Runtime } from "@vielbein/core/runtime";
import { describe, expect, test } from "vitest";
import { linearizeWithin } from "../src/derive/linearize.ts";
import { jvp, linearize, OnnxMap, prepare, vjp } from "../src/index.ts";
import { int, ints } from "../src/model/attributes.ts";
import { exported, runGraph } from "./graphs.ts";
import { GraphBuilder, irregular, randomStream, relativeError, runtime } from "./helpers.ts";

describe.each(["mapping", "dcgan", "vae", "stylegan2", "biggan", "vit"])("%s", (name) => {
  test("products from residuals equal those of the whole derivative", async () => {
    const { model, point } = await exported(name);
    const graph = await prepare(model, runtime);
    const [forward, reverse] = [jvp(graph), vjp(graph)];
    const linear = await linearize(graph, runtime);
    const residuals = {
      ...(await runGraph(linear.primal, { [linear.input]: point })),
      [linear.input]: point,
    };
    const value = residuals[linear.output]!;

    const random = randomStream(3);
    const tangents = irregular(random, 3 * point.length);
    const pushed = await runGraph(forward.model, {
      [forward.input]: point,
      [forward.inputTangent]: tangents,
    });
    expect(relativeError(value, pushed[forward.output]!)).toBeLessThan(1e-6);
    const forwards = await runGraph(linear.jvp.model, { ...residuals, [linear.jvp.input]: tangents });
    expect(relativeError(forwards[linear.jvp.output]!, pushed[forward.outputTangent]!)).toBeLessThan(2e-6);

    const cotangents = irregular(random, 2 * value.length);
    const pulled = await runGraph(reverse.model, {
      [reverse.input]: point,
      [reverse.outputCotangent]: cotangents,
    });
    const backwards = await runGraph(linear.vjp.model, { ...residuals, [linear.vjp.input]: cotangents });
    expect(relativeError(backwards[linear.vjp.output]!, pulled[reverse.inputCotangent]!)).toBeLessThan(2e-6);
  });

  test("the linear graphs hold nothing of the primal", async () => {
    const { model } = await exported(name);
    const graph = await prepare(model, runtime);
    const linear = await linearize(graph, runtime);
    const primal = new Set(linear.primal.graph.nodes.flatMap((node) => node.outputs));
    for (const part of [linear.jvp, linear.vjp]) {
      const defined = part.model.graph.nodes.flatMap((node) => node.outputs);
      expect(defined.filter((output) => primal.has(output))).toEqual([]);
      expect(part.model.graph.nodes.length).toBeLessThan(jvp(graph).model.graph.nodes.length);
      expect(part.model.graph.inputs.map((input) => input.name)).toEqual([...part.residuals, part.input]);
    }
  });
});

test("no engine is asked for shapes of residuals that follow from those of the network", async () => {
  const { model } = await exported("mapping");
  const graph = await prepare(model, runtime);
  let asked = 0;
  const observed: Runtime = {
    name: runtime.name,
    createSession: (...args) => {
      asked++;
      return runtime.createSession(...args);
    },
  };
  const { primal } = await linearize(graph, observed);
  expect(asked).toBe(0);
  expect(primal.graph.outputs.length).toBeGreaterThan(1);
  expect(primal.graph.outputs.every(({ shape }) => shape !== undefined)).toBe(true);
});

/** Maps z [1, 6] → y whose derivative needs nothing of the point. */
const pointless: readonly (readonly [string, (g: GraphBuilder, z: string) => string])[] = [
  ["Gemm", (g, z) => g.op("Gemm", [z, g.constant([6, 4])])],
  ["Identity", (g, z) => g.op("Identity", [z])],
  ["Neg", (g, z) => g.op("Neg", [z])],
  ["Slice", (g, z) => g.op("Slice", [z, g.int64([1]), g.int64([4]), g.int64([1])])],
  ["Concat", (g, z) => g.op("Concat", [z, z], { axis: int(1) })],
  ["Pad", (g, z) => g.op("Pad", [z, g.int64([0, 2, 0, 1])])],
  [
    "AveragePool",
    (g, z) => g.op("AveragePool", [g.op("Reshape", [z, g.int64([1, 1, 6])])], { kernel_shape: ints([2]) }),
  ],
  ["CumSum", (g, z) => g.op("CumSum", [z, g.int64([1], [])])],
  ["ReduceMean", (g, z) => g.op("ReduceMean", [z, g.int64([1])])],
  [
    "Transpose",
    (g, z) => g.op("Transpose", [g.op("Reshape", [z, g.int64([1, 2, 3])])], { perm: ints([0, 2, 1]) }),
  ],
  ["Gather", (g, z) => g.op("Gather", [z, g.int64([0, 5, 0])], { axis: int(1) })],
];

test.each(pointless)("%s: a map whose derivative needs nothing of the point", async (_op, build) => {
  const g = new GraphBuilder("float32");
  const model = g.model(build(g, g.variable([1, 6])));
  const map = await OnnxMap.create(model, runtime);
  const point = Float32Array.from(g.point);
  const differential = await map.linearize(point);
  const random = randomStream(5);
  const tangents = Float32Array.from(irregular(random, 2 * map.from.dim));
  const cotangents = Float32Array.from(irregular(random, 2 * map.to.dim));
  const [forwards, backwards] = [await differential.jvp(tangents, 2), await differential.vjp(cotangents, 2)];
  expect(relativeError(forwards, await map.jvp(point, tangents, 2))).toBeLessThan(1e-6);
  expect(relativeError(backwards, await map.vjp(point, cotangents, 2))).toBeLessThan(1e-6);
  await map.dispose();
});

test("the leading eigenvalues of the metric of an affine map: the squares of its singular values", async () => {
  const g = new GraphBuilder("float32");
  const weight = Float32Array.from([3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0]);
  const model = g.model(g.op("Gemm", [g.variable([1, 4]), g.float([...weight], [4, 3])]));
  const map = await OnnxMap.create(model, runtime);
  const { eigenvalues } = await metricSpectrum(map, Float32Array.from(g.point), { k: 2 });
  expect(relativeError(eigenvalues, [9, 4])).toBeLessThan(1e-6);
  await map.dispose();
});

test("more residuals than a session should be given are not computed", async () => {
  const graph = await prepare((await exported("vae")).model, runtime);
  const { jvp: forward, vjp: reverse } = await linearize(graph, runtime);
  const residuals = new Set([...forward.residuals, ...reverse.residuals]);
  residuals.delete(graph.input);
  expect(await linearizeWithin(graph, runtime, residuals.size - 1, {})).toBeUndefined();
  expect(await linearizeWithin(graph, runtime, residuals.size, {})).toBeDefined();
});
