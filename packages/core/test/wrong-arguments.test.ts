// What people pass by mistake: arrays in place of maps and pairs, sets without names. Each is a typed error.

import { expect, it } from "vitest";
import { encodeDirections } from "../src/directions/directions-file.ts";
import {
  functionMap,
  jacobian,
  localBasis,
  localBasisAt,
  metricTensor,
  singularValues,
} from "../src/index.ts";
import { distortionSample, warpageSample } from "../src/tangent-spaces/index.ts";

const space = { name: "plane", dim: 2, shape: [2] };
const turn = functionMap({ from: space, to: space, evaluate: ([x = 0, y = 0]) => [-y, x] });
const point = Float32Array.of(1, 2);
const vectors = { rows: 2, cols: 1, data: Float64Array.of(1, 0) };

type Loose = (...args: unknown[]) => unknown;

const MAPS = { jacobian, localBasis, localBasisAt, metricTensor, singularValues } as Record<string, Loose>;
const PAIRS = { distortionSample, warpageSample } as Record<string, Loose>;

it.for(Object.keys({ ...MAPS, ...PAIRS }))("%s says that a map comes first", async (name) => {
  const call = { ...MAPS, ...PAIRS }[name]!;
  for (const map of [undefined, null, "z", {}, [1, 2], point]) {
    await expect(async () => call(map, point)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("a map comes first"),
    });
  }
});

it.for(Object.keys(MAPS))("%s says what a point is", async (name) => {
  for (const wrong of [undefined, null, "z"]) {
    await expect(async () => MAPS[name]!(turn, wrong)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  }
  await expect(async () => MAPS[name]!(turn, [1, 2, 3])).rejects.toMatchObject({ code: "SHAPE_MISMATCH" });
});

it.for(Object.keys(PAIRS))("%s says what a pair is", async (name) => {
  for (const wrong of [undefined, null, "z", point, [point, point], { point }]) {
    await expect(async () => PAIRS[name]!(turn, wrong)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("warpagePair draws one"),
    });
  }
});

it.for([
  undefined,
  null,
  [],
  {},
  { space, vectors, method: "mine" },
  { space, names: ["d0"], method: "mine" },
])("encodeDirections says what a set lacks: %j", (set) => {
  expect(() => (encodeDirections as Loose)(set)).toThrow(
    expect.objectContaining({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("{ space, vectors"),
    }),
  );
});
