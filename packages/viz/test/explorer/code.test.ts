import { expect, it } from "vitest";
import { codeAt, unitLengths } from "../../src/explorer/code.ts";

const space = { name: "w", dim: 4, shape: [2, 2] };
const set = {
  space,
  vectors: { rows: 4, cols: 4, data: Float64Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1) },
  names: ["a", "b", "c", "d"],
  method: "random",
};

it("codeAt adds steps times lengths times directions", () => {
  const code = codeAt(Float32Array.of(1, 1, 1, 1), [
    { set, steps: [2, 0, -1], lengths: Float64Array.of(0.5, 9, 3) },
  ]);
  expect(Array.from(code)).toEqual([2, 1, -2, 1]);
});

it("codeAt keeps to the layers of the directions", () => {
  const perLayer = {
    ...set,
    vectors: { rows: 2, cols: 1, data: Float64Array.of(1, 2) },
    names: ["a"],
    layers: [1],
  };
  const edit = { set: perLayer, steps: [3], lengths: Float64Array.of(1) };
  expect(Array.from(codeAt(new Float32Array(4), [edit]))).toEqual([0, 0, 3, 6]);
});

it("codeAt adds the edits of all columns", () => {
  const one = { set, steps: [1, 0], lengths: Float64Array.of(2, 2) };
  const two = { set, steps: [1, -1], lengths: Float64Array.of(5, 7) };
  expect(Array.from(codeAt(new Float32Array(4), [one, two]))).toEqual([7, -7, 0, 0]);
});

it("codeAt moves the rows of the layers chosen, and no others", () => {
  const diagonal = {
    set: {
      ...set,
      vectors: { rows: 4, cols: 1, data: Float64Array.of(1, 2, 3, 4) },
      names: ["a"],
    },
    steps: [2],
    lengths: Float64Array.of(1),
  };
  expect(Array.from(codeAt(new Float32Array(4), [diagonal], [1, 1]))).toEqual([0, 0, 6, 8]);
  expect(Array.from(codeAt(new Float32Array(4), [diagonal], [0, 1]))).toEqual([2, 4, 6, 8]);
});

it("units: deviations, or equal predicted change of the same geometric mean", () => {
  const directions = { deviations: Float64Array.of(2, 2, 2), speeds: Float64Array.of(8, 4, 2) };
  expect(Array.from(unitLengths(directions, "deviation", 2))).toEqual([2, 2]);
  const lengths = unitLengths(directions, "change", 3);
  const change = lengths.map((length, k) => length * directions.speeds[k]!);
  for (const value of change) expect(value).toBeCloseTo(change[0]!, 12);
  expect(lengths.reduce((a, b) => a * b)).toBeCloseTo(8, 12);
});

it("equal change does not stretch directions that hardly move the output", () => {
  const directions = { deviations: Float64Array.of(1, 1), speeds: Float64Array.of(1, 0) };
  const [fast, slow] = unitLengths(directions, "change", 2);
  expect(slow! / fast!).toBeCloseTo(50, 12);
});
