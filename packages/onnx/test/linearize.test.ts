// The linear graphs of a linearisation are the derivatives, computed from residuals alone.

import { describe, expect, test } from "vitest";
import { jvp, linearize, prepare, vjp } from "../src/index.ts";
import { exported, runGraph } from "./graphs.ts";
import { irregular, randomStream, relativeError, runtime } from "./helpers.ts";

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
