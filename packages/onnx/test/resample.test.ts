// Resampling weights: means of what pixels cover, and interpolation between centres.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { resamplingWeights } from "../src/map/resample.ts";

const rows = (from: number, to: number) => {
  const weights = resamplingWeights(from, to);
  return Array.from({ length: to }, (_, i) => [...weights.subarray(i * from, (i + 1) * from)]);
};

it("by hand", () => {
  expect(rows(4, 2)).toEqual([
    [0.5, 0.5, 0, 0],
    [0, 0, 0.5, 0.5],
  ]);
  // Three pixels of 4/3 each: a whole one and a third, two thirds and two thirds …
  for (const [i, row] of [
    [0.75, 0.25, 0, 0],
    [0, 0.5, 0.5, 0],
    [0, 0, 0.25, 0.75],
  ].entries()) {
    for (const [j, weight] of row.entries()) expect(rows(4, 3)[i]![j]).toBeCloseTo(weight, 6);
  }
  expect(rows(2, 4)).toEqual([
    [1, 0],
    [0.75, 0.25],
    [0.25, 0.75],
    [0, 1],
  ]);
  expect(rows(1, 3)).toEqual([[1], [1], [1]]);
  expect(rows(3, 3)).toEqual([
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ]);
});

it("keeps constants, and by area the mean", () => {
  for (const [from, to] of [
    [1024, 256],
    [100, 33],
    [7, 5],
    [5, 7],
    [33, 100],
  ] as const) {
    const weights = rows(from, to);
    for (const row of weights) expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    if (to > from) continue;
    for (let j = 0; j < from; j++) {
      expect(weights.reduce((sum, row) => sum + row[j]!, 0)).toBeCloseTo(to / from, 5);
    }
  }
});

it("PyTorch's, in float64: means of blocks and bilinear interpolation", () => {
  const golden = JSON.parse(readFileSync(new URL("fixtures/resample.json", import.meta.url), "utf8"));
  expect(golden.length).toBeGreaterThan(3);
  for (const { from, to, image, resized } of golden) {
    const [vertical, horizontal] = [0, 1].map((axis) => rows(from[axis], to[axis])) as [
      number[][],
      number[][],
    ];
    for (let i = 0; i < to[0]; i++) {
      for (let j = 0; j < to[1]; j++) {
        let sum = 0;
        for (let p = 0; p < from[0]; p++) {
          for (let q = 0; q < from[1]; q++) sum += vertical[i]![p]! * horizontal[j]![q]! * image[p][q];
        }
        expect(sum).toBeCloseTo(resized[i][j], 6);
      }
    }
  }
});
