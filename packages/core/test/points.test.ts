import { describe, expect, it } from "vitest";
import { contractSamples, type Space, samplePoints } from "../src/index.ts";
import { linearTraversal, symmetricSteps } from "../src/paths/index.ts";

const z: Space = { name: "z", dim: 6, shape: [6] };

describe("samplePoints", () => {
  it("draws sample j the same whatever the batch", () => {
    const all = samplePoints(z, 7, 0, 10);
    expect(samplePoints(z, 7, 4, 1)).toEqual(all.slice(24, 30));
    expect(samplePoints(z, 8, 4, 1)).not.toEqual(all.slice(24, 30));
  });

  it("follows the prior of the space", () => {
    const box: Space = { ...z, prior: { kind: "uniform", low: -1, high: 1 } };
    const uniform = samplePoints(box, 1, 0, 2000);
    expect(Math.max(...uniform)).toBeLessThan(1);
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(-1);
    const variance = (x: Float32Array) => x.reduce((sum, v) => sum + v * v, 0) / x.length;
    expect(variance(uniform)).toBeCloseTo(1 / 3, 1);
    expect(variance(samplePoints(z, 1, 0, 2000))).toBeCloseTo(1, 1);
  });
});

describe("traversal", () => {
  it("steps evenly and passes 0 exactly", () => {
    expect(symmetricSteps(3, 7)).toEqual([-3, -2, -1, 0, 1, 2, 3]);
    expect(symmetricSteps(1, 2)).toEqual([-1, 1]);
  });

  it("refuses steps that make no line", () => {
    expect(() => symmetricSteps(0, 7)).toThrow("range must be positive and finite");
    expect(() => symmetricSteps(3, 1)).toThrow("at least 2");
    expect(() => symmetricSteps(3, 2.5)).toThrow("at least 2");
    for (const range of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => symmetricSteps(range, 7)).toThrow("range must be positive and finite");
    }
  });

  it("adds t times the direction", () => {
    expect(Array.from(linearTraversal(Float32Array.of(1, 2), [0, 1], [-1, 0, 2]))).toEqual([
      1, 1, 1, 2, 1, 4,
    ]);
    expect(() => linearTraversal(Float32Array.of(1, 2), [1], [0])).toThrow("they must agree");
  });
});

it("contractSamples: toward the mean of the prior", () => {
  const points = Float32Array.of(1, -2);
  expect([...contractSamples(points, undefined, 0.5)]).toEqual([0.5, -1]);
  expect(Array.from(contractSamples(points, { kind: "normal" }, 0), (x) => x + 0)).toEqual([0, 0]);
  expect([...contractSamples(points, { kind: "uniform", low: 0, high: 4 }, 0.5)]).toEqual([1.5, 0]);
});
