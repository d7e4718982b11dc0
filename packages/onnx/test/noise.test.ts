// Operators that draw at random: which they are, and other draws.

import { expect, it } from "vitest";
import { DataType, noiseRemark, noiseTensors, OnnxMap, withNoiseSeed } from "../src/index.ts";
import { float, ints, makeNode } from "../src/model/attributes.ts";
import { makeModel, runtime } from "./helpers.ts";

const noisy = makeModel({
  nodes: [
    makeNode("RandomNormalLike", ["z"], ["e"]),
    makeNode("RandomUniform", [], ["u"], { shape: ints([1, 4]), seed: float(3) }),
    makeNode("Mul", ["z", "e"], ["ze"]),
    makeNode("Add", ["ze", "u"], ["y"]),
  ],
  inputs: [{ name: "z", dataType: DataType.FLOAT, shape: [1, 4] }],
  outputs: [{ name: "y", dataType: DataType.FLOAT, shape: [1, 4] }],
});

/** e and u: the value at 1 less that at 0, and the value at 0. */
async function draws(model = noisy) {
  const map = await OnnxMap.create(model, runtime);
  const at = (x: number) => map.evaluate(new Float32Array(4).fill(x), 1);
  const [zero, one] = [await at(0), await at(1)];
  await map.dispose();
  return { e: [...one.map((y, i) => y - zero[i]!)], u: [...zero] };
}

it("noiseTensors: all that is drawn", () => {
  expect(noiseTensors(noisy)).toEqual(["e", "u"]);
  expect(noiseTensors({ ...noisy, graph: { ...noisy.graph, nodes: [] } })).toEqual([]);
});

it("withNoiseSeed: the same for one seed, another for another, whatever the file states", async () => {
  const [plain, again, first, same, second] = [
    await draws(),
    await draws(),
    await draws(withNoiseSeed(noisy, 1)),
    await draws(withNoiseSeed(noisy, 1)),
    await draws(withNoiseSeed(noisy, 2)),
  ];
  expect(again).toEqual(plain);
  expect(same).toEqual(first);
  for (const [a, b] of [
    [plain, first],
    [first, second],
  ] as const) {
    expect(a.e).not.toEqual(b.e);
    expect(a.u).not.toEqual(b.u);
  }
});

it("withNoiseSeed: consecutive seeds and tensors share no draw", () => {
  const seeds = [0, 1, 2, 3, 1000, 2 ** 24 - 1].flatMap((seed) =>
    withNoiseSeed(noisy, seed)
      .graph.nodes.slice(0, 2)
      .map(({ attributes }) => attributes.get("seed")!.value),
  );
  expect(new Set(seeds).size).toBe(seeds.length);
  expect(seeds.every((seed) => Math.fround(seed as number) === seed)).toBe(true);
});

it("withNoiseSeed: a seed and the next lie an odd number apart, a tensor and the next one, modulo 2²⁴", () => {
  const seedsOf = (seed: number) =>
    withNoiseSeed(noisy, seed)
      .graph.nodes.slice(0, 2)
      .map(({ attributes }) => attributes.get("seed")!.value as number);
  expect(seedsOf(0)).toEqual([1, 2]);
  expect(seedsOf(1)).toEqual([10_368_890, 10_368_891]);
  // 2·10368889 − 2²⁴ = 3960562.
  expect(seedsOf(2)).toEqual([3_960_563, 3_960_564]);
  // Only what draws is given a seed.
  expect(withNoiseSeed(noisy, 1).graph.nodes.slice(2)).toEqual(noisy.graph.nodes.slice(2));
});

it("noiseRemark: up to three tensors by name", () => {
  const text = "drawn at random by the model, and frozen: ";
  expect(noiseRemark(["a"])).toBe(`${text}a`);
  expect(noiseRemark(["a", "b", "c"])).toBe(`${text}a, b, c`);
  expect(noiseRemark(["a", "b", "c", "d"])).toBe(`${text}a, b, c, …`);
});

it.each([-1, 0.5, 2 ** 24, Number.NaN])("withNoiseSeed: refuses %s", (seed) => {
  expect(() => withNoiseSeed(noisy, seed)).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
});
