// Clouds whose dimension is known, and how estimates change, or do not, with the cloud.

import {
  fromRows,
  identity,
  type Matrix,
  matmul,
  matrix,
  normal,
  orthogonal,
  uniform,
} from "@vielbein/linalg";
import { describe, expect, it } from "vitest";
import {
  ballPoints,
  Cloud,
  ESTIMATOR_NAMES,
  type EstimatorName,
  estimateDimension,
  gaussianCloud,
  neighboursNeeded,
  SPECTRUM_RULES,
} from "../../src/intrinsic-dimension/index.ts";
import { graphLength } from "../../src/intrinsic-dimension/neighbour-graph.ts";

const N = 1000;

const cloudOf = (point: (i: number) => ArrayLike<number>, n = N) =>
  Cloud.of(fromRows(Array.from({ length: n }, (_, i) => point(i))));

/** Isometric in a space of more dimensions, away from the origin. */
function embedded({ points }: Cloud, dim: number): Cloud {
  const frame = orthogonal(3, 0, dim, points.cols);
  const { rows, cols, data } = matmul(points, frame, { transposeB: true });
  return Cloud.of(
    matrix(
      rows,
      cols,
      data.map((x) => x + 7),
    ),
  );
}

const cube = (d: number) => cloudOf((i) => uniform(1, i, d));

function sphere(d: number): Cloud {
  return cloudOf((i) => {
    const point = normal(2, i, d + 1);
    const length = Math.hypot(...point);
    return point.map((x) => x / length);
  });
}

const roll = cloudOf((i) => {
  const [a, b] = uniform(3, i, 2);
  const t = 1.5 * Math.PI * (1 + 2 * a!);
  return [t * Math.cos(t), 21 * b!, t * Math.sin(t)];
}, 2000);

/** Estimators that read the dimension of a manifold, not that of the space which it spans. */
const OF_MANIFOLDS: readonly EstimatorName[] = [
  "mle",
  "twonn",
  "twonn-mle",
  "correlation-integral",
  "mom",
  "mada",
  "tle",
  "ess",
  "mind-mlk",
];

describe("manifolds", () => {
  const cases: [string, Cloud, number, number][] = [
    ["square", cube(2), 2, 0.2],
    ["cube", cube(3), 3, 0.2],
    ["circle", sphere(1), 1, 0.2],
    ["sphere", sphere(2), 2, 0.2],
    ["sphere of dimension 4", sphere(4), 4, 0.2],
    ["sphere of dimension 4 among 20 coordinates", embedded(sphere(4), 20), 4, 0.2],
    ["Swiss roll", roll, 2, 0.2],
  ];
  it.each(cases)("%s", (_, cloud, dimension, tolerance) => {
    for (const name of OF_MANIFOLDS) {
      const found = estimateDimension(cloud, name).dimension!;
      expect(Math.abs(found / dimension - 1), `${name}: ${found}`).toBeLessThan(tolerance);
    }
    expect(estimateDimension(cloud, "mind-mli").dimension).toBe(dimension);
  });

  it("the graph of neighbours, by k = 5", () => {
    for (const [dimension, cloud] of [
      [1, sphere(1)],
      [2, cube(2)],
      [2, sphere(2)],
      [3, cube(3)],
    ] as const) {
      expect(estimateDimension(cloud, "knn-graph").dimension).toBe(dimension);
    }
  });

  it("the graph has the same length from few known neighbours as from all", () => {
    const cloud = gaussianCloud(60, 3);
    const isDrawn = Uint8Array.from({ length: 60 }, (_, i) => (i % 4) & 1);
    const whole = graphLength(cloud, cloud.neighbours(59), isDrawn, 5);
    expect(graphLength(cloud, cloud.neighbours(6), isDrawn, 5) / whole).toBeCloseTo(1, 12);
    const { reason } = estimateDimension(gaussianCloud(7, 3), "knn-graph");
    expect(reason).toBe("subsamples need more than 7 distinct points");
  });

  it("spheres about their centre, by separability", () => {
    for (const d of [3, 6, 12]) {
      const { dimension } = estimateDimension(sphere(d - 1), "fishers");
      expect(Math.abs(dimension! - d)).toBeLessThan(0.05 * d);
    }
  });
});

describe("Gaussians of 5000 points", () => {
  // One draw of another generator of random numbers, by NumPy.
  const values = {
    2: { mle: 2.01, twonn: 1.99, mom: 2.27, mada: 2.19 },
    5: { mle: 5.06, twonn: 5.08, mom: 5.65, mada: 5.46 },
    10: { mle: 9.34, twonn: 9.79, mom: 10.4, mada: 9.96 },
    20: { mle: 16, twonn: 17.4, mom: 17.7, mada: 16.9 },
    50: { mle: 29.7, twonn: 33.1, mom: 32.8, mada: 30.8 },
  };
  it.each(Object.entries(values))("in %s dimensions", (d, expected) => {
    const cloud = gaussianCloud(5000, Number(d), 0);
    for (const [name, value] of Object.entries(expected)) {
      const { dimension } = estimateDimension(cloud, name as EstimatorName);
      expect(Math.abs(dimension! / value - 1), `${name}: ${dimension}`).toBeLessThan(0.04);
    }
  });

  it("maximum likelihood over whole numbers has no bound of its own", () => {
    const cloud = gaussianCloud(1000, 50, 0);
    const { dimension } = estimateDimension(cloud, "mind-mli");
    expect(dimension).toBeGreaterThan(20);
    expect(dimension).toBe(Math.round(estimateDimension(cloud, "mind-mlk").dimension!));
  });
});

describe("rules of principal components", () => {
  it("count the directions that a cloud spans", () => {
    const cloud = embedded(gaussianCloud(N, 6), 15);
    for (const name of ["pca-fo", "pca-maxgap", "pca-kaiser"] as const) {
      expect(estimateDimension(cloud, name).dimension).toBe(6);
    }
    expect(estimateDimension(cloud, "pca-participation").dimension).toBeCloseTo(5.95, 1);
  });

  it("of a spectrum worked by hand", () => {
    const ell = Float64Array.of(8, 4, 2, 1.2, 1.1, 1, 0.95, 0.9, 0.85, 0.8);
    const found = Object.entries(SPECTRUM_RULES).map(([name, rule]) => [name, rule(ell)]);
    expect(Object.fromEntries(found)).toEqual({
      fo: 10,
      // Less a noise of (0.85 + 0.8)/2, no gap is above 10, and two hold 82 %.
      fan: 2,
      maxgap: 1,
      ratio: 9,
      participation: expect.closeTo(4.7687, 4),
      kaiser: 2,
      "broken-stick": 1,
    });
  });

  it("in neighbourhoods count those of the tangent space", () => {
    const k = 12;
    const { local } = estimateDimension(roll, "pca-ratio", { perPoint: true, k });
    expect(estimateDimension(roll, "pca-ratio").dimension).toBe(3);
    const two = local!.filter((x) => x === 2).length;
    expect(two / roll.n).toBeGreaterThan(0.95);
  });
});

describe("the estimate does not depend on", () => {
  const points = gaussianCloud(150, 4).points;
  const estimates = (cloud: Cloud) =>
    ESTIMATOR_NAMES.map((name) => estimateDimension(cloud, name).dimension!);
  const expected = estimates(Cloud.of(points));
  const expectSame = (changed: Matrix, tolerance = 1e-9, but: readonly EstimatorName[] = []) => {
    estimates(Cloud.of(changed)).forEach((x, i) => {
      if (but.includes(ESTIMATOR_NAMES[i]!)) return;
      expect(Math.abs(x - expected[i]!), ESTIMATOR_NAMES[i]).toBeLessThanOrEqual(tolerance * expected[i]!);
    });
  };
  const changedBy = (change: (x: number) => number) => matrix(150, 4, points.data.map(change));

  it("the unit", () => {
    expectSame(changedBy((x) => x * 3));
    expectSame(changedBy((x) => x * 1e200));
    expectSame(changedBy((x) => x * 1e-200));
  });

  it("the origin and the axes", () => {
    const turned = matmul(points, orthogonal(1, 0, 4, 4));
    expectSame(
      matrix(
        150,
        4,
        turned.data.map((x) => x + 100),
      ),
    );
  });

  it("constant coordinates, except for rules about the number of coordinates", () => {
    const wider = matrix(150, 6);
    for (let i = 0; i < 150; i++) {
      wider.data.set([...points.data.subarray(4 * i, 4 * i + 4), 5, -1], 6 * i);
    }
    expectSame(wider, 1e-9, ["pca-kaiser", "pca-broken-stick", "pca-maxgap", "pca-fan", "knn-graph"]);
    expect(estimateDimension(Cloud.of(wider), "pca-maxgap").dimension).toBe(4);
  });

  it("many more coordinates than points, in another basis of them", () => {
    const turned = matmul(points, orthogonal(2, 0, 400, 4), { transposeB: true });
    const spectrum: EstimatorName[] = ["pca-kaiser", "pca-broken-stick", "pca-maxgap", "pca-fan"];
    expectSame(turned, 1e-9, [...spectrum, "knn-graph"]);
    const wide = Cloud.of(turned);
    expect(wide.coordinates().cols).toBe(150);
    expect(wide.spectrum()).toHaveLength(149);
    expect(wide.localSpectra(30)[0]).toHaveLength(29);
    expect(wide.neighbours(20).indices).toEqual(Cloud.of(points).neighbours(20).indices);
  });

  it("points that occur again", () => {
    const twice = Cloud.of(matrix(300, 4, [...points.data, ...points.data]));
    expect([twice.n, twice.repeated]).toEqual([150, 150]);
    expect(Array.from(twice.rowOf.subarray(150, 153))).toEqual([0, 1, 2]);
    expect(estimates(twice)).toEqual(expected);
  });
});

describe("neighbours", () => {
  it("of points that nearly coincide, far from the origin", () => {
    // The numbers of float64 about 1e10 are 2⁻¹⁹ apart.
    const step = 2 ** -18;
    const at = (x: number, y: number) => [1e10 + x * step, 1e10 + y * step];
    const cloud = Cloud.of(fromRows([at(0, 0), at(3, 4), at(6, 8), [-1e10, 0], at(0, 1)]));
    const { distances, indices } = cloud.neighbours(3);
    expect(Array.from(indices.subarray(0, 3))).toEqual([4, 1, 2]);
    expect(distances[1]! / distances[0]!).toBe(5);
    expect(distances[2]! / distances[0]!).toBe(10);
  });

  it("of points whose squared distances vanish", () => {
    const neighbours = Cloud.of(
      fromRows([
        [0, 1],
        [1e-200, 1],
        [0, 3],
      ]),
    ).neighbours(1);
    expect(Array.from(neighbours.indices)).toEqual([1, 0, 0]);
    expect(neighbours.distances[0]).toBeGreaterThan(0);
  });

  it("are all the others, in order of their distance, where k is n − 1", () => {
    const cloud = gaussianCloud(40, 3);
    const { indices, distances } = cloud.neighbours(39);
    for (let i = 0; i < 40; i++) {
      const own = Array.from(indices.subarray(39 * i, 39 * i + 39));
      expect(own.toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: 40 }, (_, j) => j).filter((j) => j !== i),
      );
      const radii = distances.subarray(39 * i, 39 * i + 39);
      expect(radii).toEqual(radii.toSorted());
    }
  });

  it("fewer of them are the nearest of more", () => {
    const [one, other] = [gaussianCloud(600, 5), gaussianCloud(600, 5)];
    one.neighbours(50);
    expect(one.neighbours(7)).toEqual(other.neighbours(7));
  });

  it("at one distance come in the order of their indices", () => {
    const { indices } = Cloud.of(
      fromRows([
        [0, 0],
        [0, 1],
        [1, 0],
        [0, -1],
        [-1, 0],
      ]),
    ).neighbours(4);
    expect(Array.from(indices.subarray(0, 4))).toEqual([1, 2, 3, 4]);
  });
});

describe("clouds that do not determine a dimension", () => {
  const clouds: [string, Matrix][] = [
    ["one point", fromRows([[1, 2]])],
    ["equal points", fromRows(Array.from({ length: 30 }, () => [1, 2, 3]))],
    [
      "two points",
      fromRows([
        [1, 2],
        [2, 3],
      ]),
    ],
    [
      "three points",
      fromRows([
        [1, 2],
        [2, 3],
        [0, 7],
      ]),
    ],
    ["vertices of a simplex, all equally far", identity(130)],
    ["numbers on a line, equally far", fromRows(Array.from({ length: 130 }, (_, i) => [i]))],
    ["a lattice", fromRows(Array.from({ length: 144 }, (_, i) => [i % 12, Math.floor(i / 12)]))],
    ["as many points as neighbours", gaussianCloud(20, 3).points],
  ];
  it.each(clouds)("%s: a number, or none with its reason; never NaN", (_, points) => {
    const cloud = Cloud.of(points);
    for (const name of ESTIMATOR_NAMES) {
      const { dimension, reason } = estimateDimension(cloud, name);
      if (dimension === undefined) expect(reason, name).toMatch(/./);
      else expect(dimension, name).toSatisfy((x: number) => Number.isFinite(x) && x >= 0);
    }
  });

  it("a simplex has none by distances", () => {
    const cloud = Cloud.of(identity(130));
    for (const name of ["mle", "twonn", "mom", "mada", "tle", "mind-mlk"] as const) {
      const { dimension, reason } = estimateDimension(cloud, name);
      expect(dimension, name).toBeUndefined();
      expect(reason).toMatch(/equally far/);
    }
  });

  it("a point far beyond all others changes nothing about the others", () => {
    const { points } = gaussianCloud(300, 3);
    const far = matrix(301, 3, Float64Array.of(...points.data, 1e150, 1e150, 1e150));
    for (const name of ["mle", "twonn", "mada", "correlation-integral", "ess"] as const) {
      const [without, beside] = [points, far].map((each) => estimateDimension(Cloud.of(each), name));
      expect(Math.abs(beside!.dimension! / without!.dimension! - 1), name).toBeLessThan(0.02);
    }
    const { local } = estimateDimension(Cloud.of(far), "tle");
    estimateDimension(Cloud.of(points), "tle").local!.forEach((x, i) => {
      expect(Math.abs(local![i]! / x - 1)).toBeLessThan(1e-9);
    });
  });

  it("where neighbours are too few, says how many are needed", () => {
    const cloud = gaussianCloud(20, 3);
    expect(estimateDimension(cloud, "mle")).toEqual({
      dimension: undefined,
      reason: "needs more than 20 distinct points, there are 20",
      local: undefined,
    });
    expect(estimateDimension(cloud, "mle", { k: 19 }).dimension).toBeGreaterThan(1);
    expect(neighboursNeeded(["mle", "ess"], 50)).toBe(20);
    expect(neighboursNeeded(["ess"], 50)).toBe(0);
    expect(() => neighboursNeeded(["toString" as "ess"], 50)).toThrow(
      /must be one of .*ess.*, got "toString"/,
    );
  });

  it("refuses what is no number, and k that is none", () => {
    expect(() => Cloud.of(fromRows([[1, Number.NaN]]))).toThrow(/NaN in row 0, coordinate 1/);
    expect(() => Cloud.of(matrix(0, 3))).toThrow(/at least one point/);
    expect(() => gaussianCloud(10, 2).neighbours(10)).toThrow(/from 1 to 9.*got 10/);
    expect(() => estimateDimension(gaussianCloud(10, 2), "mle", { k: 1 })).toThrow(/at least 2, got 1/);
  });
});

it("Gaussians of reference are no samples of the prior of the same seed", () => {
  const { points } = gaussianCloud(3, 2, 5);
  const ratio = points.data[0]! / normal(5, 0, 2)[0]!;
  expect(points.data[1]! / normal(5, 0, 2)[1]!).not.toBeCloseTo(ratio, 3);
  expect(gaussianCloud(3, 2, 6).points.data).not.toEqual(points.data);
});

describe("points of a ball", () => {
  it("are uniform in it, and the same whatever the batch", () => {
    const centre = Float32Array.of(10, -3, 0.5);
    const points = ballPoints(centre, 0.25, 4, 0, 4000);
    expect(ballPoints(centre, 0.25, 4, 17, 2)).toEqual(points.slice(51, 57));
    const cubes = Array.from({ length: 4000 }, (_, i) =>
      Math.hypot(...centre.map((x, j) => points[3 * i + j]! - x)),
    ).map((r) => (r / 0.25) ** 3);
    expect(Math.max(...cubes)).toBeLessThan(1.001);
    // The volume within a radius is uniform.
    const mean = cubes.reduce((sum, x) => sum + x, 0) / 4000;
    expect(mean).toBeCloseTo(0.5, 1);
    expect(cubes.filter((x) => x < 0.25).length / 4000).toBeCloseTo(0.25, 1);
  });
});
