// Reverse products in stages give what one run gives, and no part of the network runs more than once forwards and once
// again on the way back.

import { normal } from "@vielbein/linalg";
import { describe, expect, test } from "vitest";
import { openSession } from "../src/file/source.ts";
import { OnnxMap, type PreparedGraph, prepare, type VjpGraph, vjp } from "../src/index.ts";
import { bytesHeld, reverseStages } from "../src/map/reverse-stages.ts";
import { StageSessions } from "../src/map/stage-sessions.ts";
import type { Stage } from "../src/map/stages.ts";
import { elementCount, floatFeed } from "../src/model/tensor.ts";
import { exported } from "./graphs.ts";
import { relativeError, runtime } from "./helpers.ts";

const NETWORKS = ["mapping", "dcgan", "vae", "stylegan2", "biggan", "vit"];
const COTANGENTS = 3;

/** Value and products at a point for a few cotangents. */
async function multiply(
  stages: readonly Pick<Stage, "model" | "reads" | "yields" | "spent">[],
  graph: PreparedGraph,
  { input, output, outputCotangent, inputCotangent }: VjpGraph,
  point: Float32Array,
): Promise<Float32Array[]> {
  const { dataType, shape } = graph.info.get(output)!;
  const feeds = new Map([
    [input, floatFeed(dataType, graph.info.get(input)!.shape, point)],
    [
      outputCotangent,
      floatFeed(dataType, [COTANGENTS, ...shape], normal(3, 0, COTANGENTS * elementCount(shape))),
    ],
  ]);
  const sessions = new StageSessions(stages, ({ model }) => openSession(runtime, model, { keeps: true }));
  const results = await sessions.run(feeds, [output, inputCotangent]);
  await sessions.dispose();
  return [output, inputCotangent].map((name) => results.get(name)!.data as Float32Array);
}

describe.each(NETWORKS)("%s", (name) => {
  test.each([2, 5, 1000])("where a stage makes a share of 1/%d of what one run holds", async (share) => {
    const { model, point } = await exported(name);
    const graph = await prepare(model, runtime);
    const derivative = vjp(graph);
    const stages = reverseStages(graph, derivative, bytesHeld(graph, derivative) / share);
    expect(stages.length).toBeGreaterThan(share === 2 ? 1 : 2);

    const whole = reverseStages(graph, derivative, Number.POSITIVE_INFINITY);
    expect(whole).toHaveLength(1);
    const wanted = await multiply(whole, graph, derivative, point);
    const found = await multiply(stages, graph, derivative, point);
    found.forEach((values, i) => {
      expect(values).toHaveLength(wanted[i]!.length);
      expect(relativeError(values, wanted[i]!)).toBeLessThan(1e-5);
    });

    const runs = new Map<string, number>();
    for (const { outputs } of stages.flatMap((stage) => stage.model.graph.nodes))
      for (const output of outputs) runs.set(output, (runs.get(output) ?? 0) + 1);
    const ofNetwork = graph.model.graph.nodes.flatMap(({ outputs }) => outputs);
    expect(Math.max(...ofNetwork.map((output) => runs.get(output) ?? 0))).toBeLessThan(3);
    const made = new Set(derivative.model.graph.nodes.flatMap(({ outputs }) => outputs));
    expect(new Set(runs.keys())).toEqual(made);
  });
});

test("a map whose budget is small multiplies in stages, chunk by chunk, at one point after another", async () => {
  const { model, point } = await exported("dcgan");
  const graph = await prepare(model, runtime);
  const held = bytesHeld(graph, vjp(graph));
  const [whole, split] = await Promise.all(
    [undefined, held].map((memoryBudget) => OnnxMap.create(model, runtime, { memoryBudget })),
  );
  const cotangents = Float32Array.from(normal(4, 0, COTANGENTS * whole!.to.dim));
  for (const at of [point, point.map((x) => -x), point]) {
    const wanted = await whole!.vjp(at, cotangents, COTANGENTS);
    expect(relativeError(await split!.vjp(at, cotangents, COTANGENTS), wanted)).toBeLessThan(1e-5);
  }
  await whole!.dispose();
  await split!.dispose();
});
