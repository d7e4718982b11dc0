// Forward and reverse in one graph give Jᵀ·D·J·t.

import { describe, expect, test } from "vitest";
import { gaussNewton, jvp, prepare, vjp } from "../src/index.ts";
import { makeNode } from "../src/model/attributes.ts";
import { exported, runGraph } from "./graphs.ts";
import { irregular, randomStream, relativeError, runtime } from "./helpers.ts";

describe.each(["mapping", "dcgan", "vae", "stylegan2", "biggan", "vit"])("%s", (name) => {
  test.each([
    ["Jᵀ·J·t", false, false],
    ["Jᵀ·D·J·t, portable", true, true],
  ])("%s", async (_, diagonal, portable) => {
    const { model, point } = await exported(name);
    const graph = await prepare(model, runtime);
    const random = randomStream(4);
    const tangents = irregular(random, 3 * point.length);

    const forward = jvp(graph);
    const feeds = { [forward.input]: point, [forward.inputTangent]: tangents };
    const { [forward.output]: value, [forward.outputTangent]: pushed } = await runGraph(forward.model, feeds);
    const m = value!.length;
    const weights = diagonal ? irregular(random, m) : new Float32Array(m).fill(1);
    const reverse = vjp(graph);
    const expected = await runGraph(reverse.model, {
      [reverse.input]: point,
      [reverse.outputCotangent]: pushed!.map((x, at) => x * weights[at % m]!),
    });

    const fused = gaussNewton(graph, { diagonal, portable });
    const given = { [fused.input]: point, [fused.inputTangent]: tangents };
    const result = await runGraph(fused.model, diagonal ? { ...given, [fused.diagonal!]: weights } : given);
    expect(fused.diagonal === undefined).toBe(!diagonal);
    expect(relativeError(result[fused.output]!, value!)).toBeLessThan(1e-6);
    expect(relativeError(result[fused.product]!, expected[reverse.inputCotangent]!)).toBeLessThan(5e-6);
  });
});

test("refuses maps whose derivative is zero everywhere", async () => {
  const { model } = await exported("mapping");
  const output = model.graph.outputs[0]!;
  const rounded = {
    ...model,
    graph: {
      ...model.graph,
      nodes: [...model.graph.nodes, makeNode("Round", [output.name], ["whole"])],
      outputs: [{ ...output, name: "whole" }],
    },
  };
  const graph = await prepare(rounded, runtime);
  expect(() => gaussNewton(graph)).toThrow(expect.objectContaining({ code: "INVALID_SPACE" }));
});
