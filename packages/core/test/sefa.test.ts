import { readFileSync } from "node:fs";
import { fromRows, type Matrix, matmul, matrix, normal, orthogonal, transpose } from "@vielbein/linalg";
import { describe, expect, it } from "vitest";
import {
  type AffineMap,
  factorize,
  functionMap,
  localBasisAt,
  type SefaSelection,
  sefa,
  selectMaps,
  stackWeights,
} from "../src/index.ts";
import { maxDifference } from "./grassmann/frames.ts";

interface Golden {
  readonly maps: readonly { layer: number; isToRgb: boolean; weight: number[][] }[];
  readonly variants: Readonly<Record<string, { eigenvalues: number[]; directions: number[][] }>>;
}

const golden: Golden = JSON.parse(readFileSync(new URL("factorization.json", import.meta.url), "utf8")).sefa;

const map = (layer: number, isToRgb: boolean, weight: Matrix): AffineMap => ({
  name: `style${layer}`,
  operator: "Gemm",
  position: 0,
  layer,
  weight,
  isToRgb,
  isNormalized: false,
});

const maps = golden.maps.map(({ layer, isToRgb, weight }) => map(layer, isToRgb, fromRows(weight)));
const weights = (selection?: SefaSelection): Matrix[] => selectMaps(maps, selection).map((m) => m.weight);
const gaussian = (rows: number, cols: number, seed: number) =>
  matrix(rows, cols, normal(seed, 0, rows * cols));

describe("sefa", () => {
  it.each([
    ["official", {}, true],
    ["raw", { toRgb: "none" }, false],
    ["noToRgb", { toRgb: "none" }, true],
    ["officialLayers12", { layers: [1, 2] }, true],
  ] as const)("agrees with NumPy's eig and svd: %s", (name, selection, normalizeRows) => {
    const { eigenvalues, directions } = golden.variants[name]!;
    for (const method of ["gram", "svd"] as const) {
      const result = sefa(weights(selection), { normalizeRows, method });
      expect(maxDifference(result.eigenvalues, eigenvalues)).toBeLessThan(2e-12);
      expect(maxDifference(result.directions.data, transpose(fromRows(directions)).data)).toBeLessThan(1e-11);
    }
  });

  it.each([
    [10176, "StyleGAN at 1024, all styles"],
    [6080, "StyleGAN2 at 1024, styles of convolutions and of the last map to colours"],
    [8192, "PGGAN, the first convolution"],
  ])("has as many units of eigenvalue as normalised rows: %i, %s", (rows) => {
    const { eigenvalues, share } = sefa([gaussian(rows, 64, rows)]);
    const sum = (values: Float64Array) => values.reduce((a, b) => a + b, 0);
    expect(sum(eigenvalues) / rows).toBeCloseTo(1, 13);
    expect(sum(share)).toBeCloseTo(1, 13);
  });

  it("finds the local basis of an affine map, at any point", async () => {
    const a = gaussian(20, 7, 3);
    const styles = functionMap({
      from: { name: "w", dim: 7, shape: [7] },
      to: { name: "s", dim: 20, shape: [20] },
      evaluate: (w) => matmul(a, matrix(7, 1, w)).data.map((x, i) => x + i),
    });
    const basis = await localBasisAt(styles, Float32Array.from(normal(4, 0, 7)));
    const { directions, eigenvalues } = sefa([a], { normalizeRows: false });
    const cosines = matmul(directions, basis.inputVectors, { transposeA: true });
    for (let i = 0; i < 7; i++) {
      expect(Math.abs(cosines.data[i * 8]!)).toBeGreaterThan(1 - 1e-10);
      // The map returns float32.
      expect(Math.sqrt(eigenvalues[i]!) / basis.singularValues[i]!).toBeCloseTo(1, 5);
    }
  });

  it("recovers the directions that weights were built from", () => {
    const v = orthogonal(5, 0, 8);
    const s = [5, 4, 3, 2, 1, 0.5, 0.25, 0.125];
    const scaled = matrix(
      8,
      8,
      transpose(v).data.map((x, at) => x * s[Math.floor(at / 8)]!),
    );
    const a = matmul(orthogonal(6, 0, 30, 8), scaled);
    const { directions, eigenvalues } = factorize(a);
    eigenvalues.forEach((value, i) => {
      expect(value).toBeCloseTo(s[i]! ** 2, 12);
    });
    const cosines = matmul(directions, v, { transposeA: true });
    cosines.data.forEach((x, at) => {
      expect(Math.abs(x)).toBeCloseTo(at % 9 === 0 ? 1 : 0, 12);
    });
  });

  it.each([1e-300, 1e-200, 1e200, 1e300])("does not depend on the unit %d", (unit) => {
    const a = matrix(12, 5, normal(9, 0, 60));
    const scaled = matrix(
      12,
      5,
      a.data.map((x) => x * unit),
    );
    for (const options of [
      {},
      { normalizeRows: false },
      { normalizeRows: false, method: "svd" },
      { method: "svd" },
    ] as const) {
      const [here, there] = [sefa([a], options), sefa([scaled], options)];
      there.directions.data.forEach((x, i) => {
        expect(x).toBeCloseTo(here.directions.data[i]!, 10);
      });
      there.share.forEach((x, i) => {
        expect(x).toBeCloseTo(here.share[i]!, 10);
      });
    }
  });

  it.each([Number.MAX_VALUE, 2 ** -1074])("takes weights at the end of what float64 holds: %d", (end) => {
    for (const method of ["gram", "svd"] as const) {
      const { directions, share } = factorize(matrix(2, 2, [0, 0, 0, end]), { method });
      expect(directions.data.map(Math.abs)).toEqual(Float64Array.of(0, 1, 1, 0));
      expect([...share]).toEqual([1, 0]);
    }
    const { share } = factorize(matrix(2, 2, [Number.MAX_VALUE / 2, 0, 0, Number.MAX_VALUE]));
    expect(share[0]).toBeCloseTo(0.8, 12);
  });

  it("refuses weights that are not finite, and methods that there are not", () => {
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => sefa([matrix(2, 2, [1, 2, wrong, 4])])).toThrow(
        expect.objectContaining({ code: "NOT_FINITE" }),
      );
    }
    expect(() => sefa([matrix(1, 1, [1])], { method: "qr" as "svd" })).toThrow(/"gram" or "svd"/);
  });

  it("has no more directions than rows, and keeps rows of zeros as they are", () => {
    const a = fromRows([
      [3, 0, 4],
      [0, 0, 0],
    ]);
    const { directions, eigenvalues, rows } = sefa([a]);
    expect([directions.rows, directions.cols, rows]).toEqual([3, 2, 2]);
    expect(
      Array.from(
        directions.data.filter((_, at) => at % 2 === 0),
        (x) => +x.toFixed(12),
      ),
    ).toEqual([0.6, 0, 0.8]);
    expect(eigenvalues[0]).toBeCloseTo(1, 14);
    expect(eigenvalues[1]).toBeCloseTo(0, 14);
  });
});

describe("selectMaps", () => {
  const names = (selection: SefaSelection) =>
    selectMaps(maps, selection).map((m) => `${m.layer}${m.isToRgb ? "rgb" : ""}`);

  it("takes the styles of convolutions, and of maps to colours the last, those asked for, or none", () => {
    expect(names({})).toEqual(["0", "1", "2", "3rgb"]);
    expect(names({ toRgb: "all" })).toEqual(["0", "1rgb", "1", "2", "3rgb"]);
    expect(names({ toRgb: "none" })).toEqual(["0", "1", "2"]);
    expect(names({ layers: [1] })).toEqual(["1"]);
    expect(names({ layers: [3] })).toEqual(["3rgb"]);
  });

  it("refuses layers that there are none of, and selections of nothing", () => {
    expect(() => selectMaps(maps, { layers: [2, 4, 5] })).toThrow("layers 0, 1, 2, 3, got 4, 5");
    expect(() => selectMaps(maps, { layers: [3], toRgb: "none" })).toThrow("no weights are left");
  });

  it("refuses weights that act on different codes", () => {
    expect(() => stackWeights([gaussian(3, 4, 1), gaussian(3, 5, 1)])).toThrow("4 and 5 columns");
    expect(() => stackWeights([])).toThrow("at least one weight matrix");
  });
});
