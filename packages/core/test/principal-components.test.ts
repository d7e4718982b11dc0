import { readFileSync } from "node:fs";
import { fromRows, type Matrix, matmul, matrix, normal, orthogonal, transpose } from "@vielbein/linalg";
import { describe, expect, it } from "vitest";
import { subspaceAngles } from "../src/grassmann/index.ts";
import {
  PrincipalComponentsAccumulator,
  type PrincipalComponentsOptions,
  randomDirections,
} from "../src/index.ts";
import { leading, maxDifference } from "./grassmann/frames.ts";

const golden: Readonly<Record<string, number[][] & number[]>> = JSON.parse(
  readFileSync(new URL("factorization.json", import.meta.url), "utf8"),
).principalComponents;

/** Components of the rows of `samples`, handed over in batches of the given sizes. */
function components(
  samples: Matrix,
  batches: readonly number[],
  options: PrincipalComponentsOptions = {},
  codes?: Matrix,
) {
  const accumulator = new PrincipalComponentsAccumulator(samples.cols, options);
  let start = 0;
  for (const size of batches) {
    const part = ({ cols, data }: Matrix) => data.subarray(start * cols, (start + size) * cols);
    accumulator.append(part(samples), codes && part(codes));
    start += size;
  }
  expect(start).toBe(samples.rows);
  return accumulator.result();
}

/** Rows with standard deviations falling as `decay`^k along hidden axes. */
function anisotropic(
  rows: number,
  dim: number,
  decay: number,
  seed: number,
): { samples: Matrix; axes: Matrix } {
  const axes = orthogonal(seed, 0, dim);
  const scaled = matrix(
    rows,
    dim,
    normal(seed, 1, rows * dim).map((x, at) => x * decay ** (at % dim)),
  );
  return { samples: matmul(scaled, axes, { transposeB: true }), axes };
}

describe("principal components", () => {
  const samples = fromRows(golden.samples!);
  const latent = fromRows(golden.latent!);

  it("are those of scikit-learn, and GANSpace's directions of the code go with them", () => {
    const result = components(samples, [1, 17, 22], { k: 4, latentDim: 3 }, latent);
    expect(result).toMatchObject({ count: 40, isExact: true });
    expect(maxDifference(result.mean, golden.mean!)).toBeLessThan(1e-13);
    expect(maxDifference(result.components.data, transpose(fromRows(golden.components!)).data)).toBeLessThan(
      1e-11,
    );
    expect(maxDifference(result.stdev, golden.stdev!)).toBeLessThan(1e-13);
    expect(maxDifference(result.share, golden.share!)).toBeLessThan(1e-13);
    expect(
      maxDifference(result.latent!.directions.data, transpose(fromRows(golden.latentDirections!)).data),
    ).toBeLessThan(1e-10);
    expect(maxDifference(result.latent!.stdev, golden.latentStdev!)).toBeLessThan(1e-12);
  });

  it("do not depend on how the samples come in batches, in either method", () => {
    const { samples: many } = anisotropic(700, 12, 0.7, 3);
    for (const exactUpTo of [4096, 5]) {
      const once = components(many, [700], { k: 4, exactUpTo });
      const parts = components(many, [3, 0, 611, 86], { k: 4, exactUpTo });
      expect(Array.from(parts.components.data)).toEqual(Array.from(once.components.data));
      expect(Array.from(parts.stdev)).toEqual(Array.from(once.stdev));
    }
  });

  it("keep their digits where the mean is a million times the deviation", () => {
    const { samples: centred } = anisotropic(300, 4, 0.5, 5);
    const far = matrix(
      300,
      4,
      centred.data.map((x) => x + 1e6),
    );
    const [near, result] = [components(centred, [300]), components(far, [100, 200])];
    expect(maxDifference(result.components.data, near.components.data)).toBeLessThan(1e-8);
    expect(maxDifference(result.stdev, near.stdev)).toBeLessThan(1e-8);
  });

  it("come from a sketch in high dimensions, near those of the whole covariance", () => {
    const { samples: many } = anisotropic(2000, 80, 0.85, 7);
    const exact = components(many, [2000], { k: 6 });
    const sketch = components(many, [2000], { k: 6, exactUpTo: 79 });
    expect([exact.isExact, sketch.isExact]).toEqual([true, false]);
    expect(Math.max(...subspaceAngles(sketch.components, exact.components))).toBeLessThan(0.02);
    expect(maxDifference(sketch.mean, exact.mean)).toBeLessThan(1e-12);
    sketch.stdev.forEach((value, k) => {
      expect(value / exact.stdev[k]!).toBeCloseTo(1, 3);
      // The sketch loses variance outside its span, none of the total that shares refer to.
      expect(sketch.share[k]! / exact.share[k]!).toBeCloseTo(1, 3);
    });
  });

  it("are exact in the sketch while it holds all that varies", () => {
    const { samples: few } = anisotropic(60, 9, 0.8, 9);
    const exact = components(few, [60], { k: 5 });
    const sketch = components(few, [60], { k: 5, exactUpTo: 8 });
    expect(maxDifference(sketch.components.data, exact.components.data)).toBeLessThan(1e-10);
    expect(maxDifference(sketch.stdev, exact.stdev)).toBeLessThan(1e-12);
  });

  it("recover the axes that samples were drawn along, at the rate of sampling", () => {
    const { samples: many, axes } = anisotropic(4000, 6, 0.4, 11);
    const result = components(many, [4000], { k: 2 });
    expect(Math.max(...subspaceAngles(result.components, leading(axes, 2)))).toBeLessThan(0.03);
  });

  it("find in the code what drives the samples, where these are linear in it", () => {
    const codes = matrix(3000, 3, normal(13, 0, 9000));
    // The second coordinate of the code moves the samples most, then the first; the third not at all.
    const out = matmul(
      codes,
      fromRows([
        [1, 1, 0, 0],
        [0, 0, 3, 3],
        [0, 0, 0, 0],
      ]),
    );
    const { latent: found } = components(out, [3000], { k: 2, latentDim: 3 }, codes);
    const d = found!.directions;
    expect(Math.abs(d.data[2]!)).toBeGreaterThan(0.999);
    expect(Math.abs(d.data[1]!)).toBeGreaterThan(0.999);
    found!.stdev.forEach((value) => {
      expect(value).toBeCloseTo(1, 1);
    });
  });

  it("refuse what has none", () => {
    const two = new PrincipalComponentsAccumulator(2);
    two.append(Float32Array.of(1, 2));
    expect(() => two.result()).toThrow("at least 2 samples");
    two.append(Float32Array.of(1, 2));
    expect(() => two.result()).toThrow("none of the 2 coordinates varies");
    expect(() => two.append(Float32Array.of(1, 2, 3))).toThrow("dimension 2");
    expect(() => new PrincipalComponentsAccumulator(2, { k: 3 })).toThrow("from 1 to 2, the dimension");
    const coded = new PrincipalComponentsAccumulator(2, { latentDim: 1 });
    expect(() => coded.append(Float32Array.of(1, 2))).toThrow("a code for each of 1 samples");
    expect(() => new PrincipalComponentsAccumulator(3_000_000, { k: 50 })).toThrow("GiB");
  });
});

describe("randomDirections", () => {
  it("are orthonormal, and the same for the same seed only", () => {
    const a = randomDirections(20, 5, 1);
    const product = matmul(a, a, { transposeA: true });
    product.data.forEach((x, at) => {
      expect(x).toBeCloseTo(at % 6 === 0 ? 1 : 0, 13);
    });
    expect(randomDirections(20, 5, 1)).toEqual(a);
    expect(Math.min(...subspaceAngles(a, randomDirections(20, 5, 2)))).toBeGreaterThan(0.05);
    expect(() => randomDirections(4, 5, 1)).toThrow("from 1 to 4, the dimension");
  });
});
