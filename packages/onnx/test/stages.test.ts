// Stages, run one after the other with what earlier ones yielded and nothing else, give what the whole graph gives.

import { describe, expect, test } from "vitest";
import { linearize, prepare } from "../src/index.ts";
import { bytesOf, stagesOf } from "../src/map/stages.ts";
import { exported, runGraph } from "./graphs.ts";
import { relativeError, runtime } from "./helpers.ts";

describe.each(["mapping", "dcgan", "vae", "stylegan2", "biggan", "vit"])("%s", (name) => {
  test.each([1, 4, 1000])("in about %d stages", async (count) => {
    const { model, point } = await exported(name);
    const graph = await prepare(model, runtime);
    const { primal, input } = await linearize(graph, runtime);
    const { outputs } = primal.graph;
    const total = outputs.reduce((sum, info) => sum + bytesOf(info), 0);
    const stages = stagesOf(primal, graph, total / count);
    expect(stages.length === 1).toBe(count === 1);
    expect(stages.flatMap((stage) => stage.model.graph.nodes)).toHaveLength(primal.graph.nodes.length);

    const tensors = new Map([[input, point]]);
    for (const { model: part, reads, yields, spent } of stages) {
      // What is spent is gone: a stage that still read it would be fed `undefined`.
      const feeds = Object.fromEntries(reads.map((read) => [read, tensors.get(read)!]));
      const made = await runGraph(part, feeds);
      for (const yielded of yields) tensors.set(yielded, made[yielded]!);
      for (const gone of spent) tensors.delete(gone);
    }
    const asked = outputs.map((output) => output.name);
    expect([...tensors.keys()].filter((tensor) => tensor !== input).sort()).toEqual([...asked].sort());
    const whole = await runGraph(primal, { [input]: point });
    for (const output of asked) {
      const [made, wanted] = [tensors.get(output)!, whole[output]!];
      if (!(wanted instanceof Float32Array)) expect(made).toEqual(wanted);
      else if (wanted.some((x) => x !== 0)) expect(relativeError(made, wanted)).toBeLessThan(1e-5);
    }
  });
});
