// The dimension of data behind a denoiser: ideal denoisers of mixtures of Gaussians, against automatic differentiation
// of their densities in PyTorch, and against what is known in closed form.

import { normal, orthogonal } from "@vielbein/linalg";
import { describe, expect, it } from "vitest";
import { flipd, TRACE_METHODS, type TraceMethod } from "../../src/dimension/index.ts";
import { functionMap } from "../../src/index.ts";
import { type Component, mixtureNoise, referenceCases } from "./gaussian-mixture.ts";

/** A Gaussian of variance 1 on a random subspace. */
function gaussianOn(dim: number, rank: number, seed = 3): Component {
  const { data } = orthogonal(seed, 0, dim, rank);
  return {
    weight: 1,
    mean: Array.from({ length: dim }, () => 0),
    basis: Array.from({ length: dim }, (_, i) => [...data.subarray(i * rank, (i + 1) * rank)]),
    variances: Array.from({ length: rank }, () => 1),
  };
}

function pointOn({ basis }: Component, seed: number): Float32Array {
  const z = normal(seed, 0, basis[0]!.length);
  return Float32Array.from(basis, (row) => row.reduce((sum, u, j) => sum + u * z[j]!, 0));
}

describe.each(referenceCases)("$name", ({ components, points, sigmas, dimension }) => {
  it.each(sigmas.map((sigma, i) => [sigma, dimension[i]!]))("σ = %f", async (sigma, expected) => {
    const map = mixtureNoise(components, sigma);
    for (const [i, point] of points.entries()) {
      const found = await flipd(map, Float64Array.from(point), sigma);
      expect(Math.abs(found.dimension - expected[i]!)).toBeLessThan(1e-4 * (1 + Math.abs(expected[i]!)));
      expect(found.margin).toBe(0);
      expect(found.products).toBe(point.length);
    }
  });
});

describe("as σ → 0", () => {
  it("a point, a line and a plane have 0, 1 and 2 dimensions", async () => {
    const { components, points } = referenceCases.find(({ name }) => name.startsWith("a point"))!;
    for (const [i, point] of points.entries()) {
      const { dimension } = await flipd(mixtureNoise(components, 0.01), Float64Array.from(point), 0.01);
      expect(dimension).toBeCloseTo(i, 2);
    }
  });

  it("a Gaussian on a subspace has its dimension at every small level", async () => {
    for (const rank of [1, 4, 11]) {
      const component = gaussianOn(12, rank);
      for (const sigma of [1e-1, 1e-2, 1e-3, 1e-4]) {
        // At the mean nothing moves: d/(1 + σ²).
        const { dimension } = await flipd(mixtureNoise([component], sigma), new Float64Array(12), sigma);
        expect(Math.abs(dimension - rank / (1 + sigma ** 2))).toBeLessThan(1e-6);
        const beside = await flipd(mixtureNoise([component], sigma), pointOn(component, 2), sigma);
        expect(Math.abs(beside.dimension - rank)).toBeLessThan(30 * sigma ** 2 + 1e-4);
      }
    }
  });

  it("a member of a finite training set has 0, at every distance from the others", async () => {
    const { components, points } = referenceCases.find(({ name }) => name.startsWith("a finite"))!;
    const { dimension } = await flipd(mixtureNoise(components, 0.02), Float64Array.from(points[0]!), 0.02);
    expect(Math.abs(dimension)).toBeLessThan(1e-6);
  });
});

describe("traces", () => {
  const component = gaussianOn(120, 20);
  const sigma = 0.1;
  const map = mixtureNoise([component], sigma);
  const point = pointOn(component, 5);
  const square = point.reduce((sum, x) => sum + x * x, 0);
  /** D − Σ σ²/(λ + σ²) over all λ, and what the point is moved by. */
  const expected = 20 / (1 + sigma ** 2) + (sigma ** 2 * square) / (1 + sigma ** 2) ** 2;

  it("exact", async () => {
    const found = await flipd(map, point, sigma);
    expect(found.dimension).toBeCloseTo(expected, 4);
    expect(found.passed).toBeCloseTo(20 / (1 + sigma ** 2), 4);
    expect(found.displacement).toBeCloseTo((sigma ** 2 * square) / (1 + sigma ** 2) ** 2, 4);
    expect(found.route).toBe("columns");
  });

  it("hutch++: exact where the rank is below a third of the products", async () => {
    const found = await flipd(map, point, sigma, { trace: "hutch++", products: 96 });
    expect(found.dimension).toBeCloseTo(expected, 3);
    expect(found.margin).toBeLessThan(1e-3);
    // Nothing is asked of a basis wider than the range.
    expect(found.products).toBeLessThanOrEqual(96);
    expect(found.route).toBe("products");
  });

  it("hutchinson: the interval holds the truth for about 95 % of the seeds", async () => {
    let held = 0;
    for (let seed = 0; seed < 60; seed++) {
      const { dimension, margin } = await flipd(map, point, sigma, {
        trace: "hutchinson",
        products: 8,
        seed,
      });
      if (Math.abs(dimension - expected) <= margin) held++;
    }
    expect(held).toBeGreaterThanOrEqual(50);
    expect(held).toBeLessThan(60);
  });
});

describe("a process that fades the data", () => {
  it("is asked at α·x, and agrees with the one that does not", async () => {
    const component = gaussianOn(12, 4);
    const point = pointOn(component, 1);
    const [alpha, sigma] = [0.6, 0.05];
    // p of α·x₀ + σ·ε is that of a Gaussian of variance α².
    const faded = mixtureNoise(
      [{ ...component, variances: component.variances.map((v) => v * alpha ** 2) }],
      sigma,
    );
    const { dimension } = await flipd(faded, point, sigma, { alpha });
    const plain = await flipd(mixtureNoise([component], sigma / alpha), point, sigma / alpha);
    expect(dimension).toBeCloseTo(plain.dimension, 4);
  });
});

describe("refuses", () => {
  const map = mixtureNoise([gaussianOn(3, 1)], 0.1);
  const space = (name: string, dim: number) => ({ name, dim, shape: [dim] });
  it.each([
    ["σ = 0", 0, {}, "INVALID_ARGUMENT", "flipd: sigma must be positive and finite, got 0"],
    ["an infinite σ", Number.POSITIVE_INFINITY, {}, "INVALID_ARGUMENT", "got Infinity"],
    ["α = 0", 0.1, { alpha: 0 }, "INVALID_ARGUMENT", "flipd: alpha must be positive and finite, got 0"],
    ["another trace", 0.1, { trace: "guess" as TraceMethod }, "INVALID_ARGUMENT", TRACE_METHODS.join(", ")],
    [
      "too few products",
      0.1,
      { trace: "hutch++", products: 11 },
      "INVALID_ARGUMENT",
      "12 products or more, got 11",
    ],
  ] as const)("%s", async (_what, sigma, options, code, message) => {
    await expect(flipd(map, new Float32Array(3), sigma, options)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  it.each(["exact", "hutch++"] as const)("a map between spaces of two dimensions (%s)", async (trace) => {
    const wide = functionMap({ from: space("x", 3), to: space("y", 4), evaluate: (x) => [...x, 0] });
    await expect(flipd(wide, new Float32Array(3), 0.1, { trace })).rejects.toMatchObject({
      code: "SHAPE_MISMATCH",
    });
  });
});
