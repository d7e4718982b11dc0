// Draws of a model's noise, and what is assumed of it.

import { stackMaps } from "@vielbein/core";
import { DataType } from "@vielbein/onnx";
import { describe, expect, it } from "vitest";
import { drawsOf, drawsText, stackedOver } from "../src/inputs/draws.ts";
import type { LoadedModel } from "../src/inputs/model.ts";
import { model, node } from "./models.ts";

const noisy = model({
  nodes: [node("RandomNormalLike", ["z"], ["e"]), node("Add", ["z", "e"], ["y"])],
  inputs: [{ name: "z", dataType: DataType.FLOAT, shape: [1, 2] }],
  outputs: [{ name: "y", dataType: DataType.FLOAT }],
});
const quiet = model({ nodes: [node("Neg", ["z"], ["y"])] });
const loaded = (of = noisy, noiseSeed?: number) => ({ model: of, noiseSeed }) as LoadedModel;
const seedOf = ({ model: { graph } }: LoadedModel) => graph.nodes[0]!.attributes.get("seed")?.value;

describe("drawsOf", () => {
  it("begins with the model as it is, then takes the seeds that follow", () => {
    const first = loaded();
    const draws = drawsOf(first, 3);
    expect(draws[0]).toBe(first);
    // A seed and the next are 10368889 apart, modulo 2²⁴, from 1 on.
    expect(draws.map(seedOf)).toEqual([undefined, 10_368_890, 3_960_563]);
    expect(drawsOf(loaded(noisy, 1), 2).map(seedOf)).toEqual([undefined, 3_960_563]);
  });

  it("one draw is any model's, several are those of one that draws", () => {
    expect(drawsOf(loaded(quiet), 1)).toHaveLength(1);
    expect(() => drawsOf(loaded(quiet), 2)).toThrow("--draws 2: the model draws nothing at random");
    expect(drawsOf(loaded(), 2)).toHaveLength(2);
  });
});

it("captions name the draws where there are some", () => {
  expect(drawsText(undefined)).toEqual([]);
  expect(drawsText(8)).toEqual(["mean over 8 draws of the noise"]);
});

it("stackedOver: maps in their order, one after another", async () => {
  const space = { name: "x", dim: 1, shape: [1] };
  const constant = (value: number) => ({
    from: space,
    to: space,
    evaluate: async () => Float32Array.of(value),
    jvp: async () => Float32Array.of(value),
    vjp: async () => Float32Array.of(value),
    dispose: async () => undefined,
  });
  const map = await stackedOver([3, 5], async (value) => constant(value));
  const values = await map.evaluate(Float32Array.of(0), 1);
  expect([...values]).toEqual([3, 5].map((x) => expect.closeTo(x / Math.SQRT2, 6)));
  const single = constant(2);
  expect(await stackedOver([1], async () => single)).toBe(stackMaps([single]));
});
