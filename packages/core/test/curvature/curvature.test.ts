// Curvature of surfaces that are known in closed form (methods of differential geometry: do Carmo 1976, 1992).

import { type Matrix, matrix, normal, orthogonal } from "@vielbein/linalg";
import { describe, expect, it } from "vitest";
import {
  type Curvature,
  type CurvatureOptions,
  curvatureAt,
  type DifferentiableMap,
  functionMap,
} from "../../src/index.ts";

const { cos, sin, sqrt, PI } = Math;

type Chart = (x: Float64Array) => number[];

function surface(n: number, m: number, chart: Chart) {
  const space = (name: string, dim: number) => ({ name, dim, shape: [dim] });
  return functionMap({ from: space("chart", n), to: space("space", m), evaluate: chart });
}

const columns = (...vectors: number[][]): Matrix => {
  const [n, k] = [vectors[0]!.length, vectors.length];
  return matrix(
    n,
    k,
    Float64Array.from({ length: n * k }, (_, at) => vectors[at % k]![Math.floor(at / k)]!),
  );
};

const at = (chart: Chart, m: number, x: number[], options: CurvatureOptions = {}) =>
  curvatureAt(surface(x.length, m, chart), Float32Array.from(x), options);

const sphere =
  (r: number): Chart =>
  ([u, v]) => [r * cos(u!) * cos(v!), r * sin(u!) * cos(v!), r * sin(v!)];
const torus =
  (R: number, r: number): Chart =>
  ([u, v]) => [(R + r * cos(v!)) * cos(u!), (R + r * cos(v!)) * sin(u!), r * sin(v!)];

/** Numbers along the directions; a number that is missing shows as NaN. */
const along = ({ directions }: Curvature, what: "normal" | "geodesic" | "secant" | "turn" | "speed") =>
  directions.map((one) => one[what] ?? Number.NaN);

const expectClose = (found: number | undefined, expected: number, tolerance = 2e-6) => {
  expect(Math.abs(found! - expected)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(expected)));
};

describe("surfaces", () => {
  it.each([0.5, 1, 20])("sphere of radius %f: 1/r along every direction, 1/r² of the plane", async (r) => {
    const found = await at(sphere(r), 3, [0.3, 0.7], {
      directions: columns([1, 0], [0, 1], [2, -1]),
      epsilon: 1e-2,
    });
    for (const value of along(found, "normal")) expectClose(value * r, 1);
    for (const value of along(found, "secant")) expectClose(value * r, 1, 1e-4);
    for (const value of along(found, "turn")) expectClose(value * r, 1, 1e-4);
    // A circle of latitude turns in the sphere by tan v/r, a meridian does not.
    expectClose(found.directions[0]!.geodesic! * r, Math.tan(0.7));
    expectClose(found.directions[1]!.geodesic! * r, 0);
    expectClose(found.sectional[0]![1]! * r ** 2, 1);
    expectClose(found.sectional[2]![0]! * r ** 2, 1);
    expect(found.sectional[1]![1]).toBeUndefined();
    // Three directions of a plane are dependent.
    expect(found.mean).toBeUndefined();
    expect(found).toMatchObject({ rank: 2, route: "matrix", isPiecewiseLinear: false });
    expectClose((await at(sphere(r), 3, [0.3, 0.7])).mean! * r, 1);
  });

  it.each([0, 0.6, 2, PI])("torus: both principal curvatures, and their product, at angle %f", async (v) => {
    const [R, r] = [3, 0.8];
    const found = await at(torus(R, r), 3, [0.4, v], { directions: columns([1, 0], [0, 1]), epsilon: 1e-2 });
    const around = cos(v) / (R + r * cos(v));
    expectClose(found.directions[0]!.normal, Math.abs(around));
    expectClose(found.directions[1]!.normal, 1 / r);
    expectClose(found.directions[0]!.geodesic, Math.abs(sin(v) / (R + r * cos(v))));
    expectClose(found.sectional[0]![1], around / r);
    expectClose(found.mean, Math.abs(around + 1 / r) / 2);
    expectClose(found.directions[0]!.secant, Math.abs(around), 1e-4);
    expectClose(found.directions[1]!.secant, 1 / r, 1e-4);
  });

  it.each([
    [0, 0],
    [0.5, -1.2],
    [2, 1],
  ])("paraboloid at (%f, %f): K = (1 + x² + y²)⁻²", async (x, y) => {
    const found = await at(([x, y]) => [x!, y!, (x! ** 2 + y! ** 2) / 2], 3, [x, y]);
    expectClose(found.sectional[0]![1], (1 + x ** 2 + y ** 2) ** -2);
  });

  it.each([
    [0.2, 1.3],
    [-1, 2.5],
  ])("the half-plane as a pseudosphere, at (%f, %f): K = −1", async (x, y) => {
    const half: Chart = ([x, y]) => [cos(x!) / y!, sin(x!) / y!, Math.acosh(y!) - sqrt(y! ** 2 - 1) / y!];
    const found = await at(half, 3, [x, y], { directions: columns([1, 0], [1, 1]) });
    // Its metric is (dx² + dy²)/y².
    for (const speed of along(found, "speed")) expectClose(speed, 1 / y);
    expectClose(found.sectional[0]![1], -1, 1e-5);
  });

  it.each([
    [0, 0],
    [0.3, -0.4],
    [-0.5, 0.1],
  ])("the disc of Poincaré at (%f, %f): metric 4/(1 − |x|²)², K = −1", async (a, b) => {
    // i·(1 + w)/(1 − w) is in the half-plane; eight times that, which is as long, lies on the pseudosphere.
    const disc: Chart = ([a, b]) => {
      const square = (1 - a!) ** 2 + b! ** 2;
      const [x, y] = [(-16 * b!) / square, (8 * (1 - a! ** 2 - b! ** 2)) / square];
      return [cos(x) / y, sin(x) / y, Math.acosh(y) - sqrt(y ** 2 - 1) / y];
    };
    const found = await at(disc, 3, [a, b], { directions: columns([1, 0], [1, 2]) });
    for (const speed of along(found, "speed")) expectClose(speed, 2 / (1 - a ** 2 - b ** 2));
    expectClose(found.sectional[0]![1], -1, 1e-4);
  });

  it.each<[string, Chart, (u: number) => number]>([
    ["a cylinder of radius 2", ([u, v]) => [2 * cos(u! / 2), 2 * sin(u! / 2), v!], () => 1 / 2],
    // Along the spiral r = t, whose curvature is known.
    ["a Swiss roll", ([t, v]) => [t! * cos(t!), v!, t! * sin(t!)], (t) => (t ** 2 + 2) / (t ** 2 + 1) ** 1.5],
  ])("%s is curved one way only: K = 0", async (_, chart, curvature) => {
    const found = await at(chart, 3, [5, 0.4], { directions: columns([1, 0], [0, 1]), epsilon: 1e-2 });
    expectClose(found.directions[0]!.normal, curvature(5));
    expectClose(found.directions[0]!.secant, curvature(5), 1e-4);
    expectClose(found.directions[1]!.normal, 0);
    expectClose(found.directions[1]!.geodesic, 0);
    expectClose(found.sectional[0]![1], 0);
  });

  it("the flat torus in four dimensions is curved and flat", async () => {
    const flat: Chart = ([u, v]) => [cos(u!), sin(u!), 2 * cos(v!), 2 * sin(v!)];
    const found = await at(flat, 4, [0.3, 1], { directions: columns([1, 0], [0, 1], [2, 1]) });
    for (const [i, value] of [1, 0.5, sqrt(4 ** 2 + 2 ** 2) / 8].entries()) {
      expectClose(found.directions[i]!.normal, value);
    }
    expectClose(found.sectional[0]![1], 0);
    expectClose((await at(flat, 4, [0.3, 1])).mean, sqrt(1 + 0.5 ** 2) / 2);
  });

  it("a helix is a curve: κ = a/(a² + b²)", async () => {
    const found = await at(([t]) => [2 * cos(t!), 2 * sin(t!), 0.5 * t!], 3, [1.1], { epsilon: 1e-2 });
    expectClose(found.directions[0]!.normal, 2 / 4.25);
    expectClose(found.directions[0]!.secant, 2 / 4.25, 1e-4);
    expectClose(found.directions[0]!.turn, 2 / 4.25, 1e-4);
    expectClose(found.mean, 2 / 4.25);
  });
});

/** A smooth map of four numbers to nine. */
const wave = (scale: number): Chart => {
  const [a, b] = [normal(1, 0, 36), normal(1, 1, 36)];
  return (x) =>
    Array.from({ length: 9 }, (_, i) =>
      x.reduce((sum, value, j) => sum + scale * (a[4 * i + j]! * value + sin(b[4 * i + j]! * value + i)), 0),
    );
};
const x = [0.3, -0.4, 0.7, 0.1];

describe("laws", () => {
  it("a linear map: 0 everywhere", async () => {
    const weights = normal(2, 0, 36);
    const linear: Chart = (x) =>
      Array.from({ length: 9 }, (_, i) => x.reduce((sum, value, j) => sum + weights[4 * i + j]! * value, 0));
    const found = await at(linear, 9, x, { k: 4 });
    for (const what of ["normal", "geodesic", "secant"] as const) {
      for (const value of along(found, what)) expect(value).toBeLessThan(1e-5);
    }
    expect(found.mean).toBeLessThan(1e-5);
    expect(Math.abs(found.sectional[0]![3]!)).toBeLessThan(1e-5);
  });

  it("c·f: curvatures by 1/c, sectional ones by 1/c²", async () => {
    const [once, scaled] = [await at(wave(1), 9, x, { k: 3 }), await at(wave(100), 9, x, { k: 3 })];
    for (const what of ["normal", "geodesic", "secant", "turn"] as const) {
      const [values, found] = [along(once, what), along(scaled, what)];
      values.forEach((value, i) => {
        expectClose((100 * found[i]!) / value, 1, 1e-5);
        expect(value).toBeGreaterThan(1e-3);
      });
    }
    expectClose((1e4 * scaled.sectional[0]![2]!) / once.sectional[0]![2]!, 1, 1e-4);
    expectClose((100 * scaled.mean!) / once.mean!, 1, 1e-5);
  });

  it("other coordinates: normal and sectional curvature stay, the geodesic curvature of lines does not", async () => {
    // x = φ(y), so that ∂φ·w is the same tangent vector at x as w at y.
    const warp = (y: Float64Array) => y.map((value, i) => value + 0.3 * sin(value + y[(i + 1) % 4]!));
    const y = [0.2, -0.3, 0.5, 0.1];
    const slope = (i: number, w: number[]) =>
      w[i]! + 0.3 * cos(y[i]! + y[(i + 1) % 4]!) * (w[i]! + w[(i + 1) % 4]!);
    const ways = [
      [1, 0, 0, 0],
      [0, 1, -1, 2],
    ];
    const pushed = ways.map((w) => w.map((_, i) => slope(i, w)));
    const there = await at((y) => wave(1)(warp(y)), 9, y, { directions: columns(...ways) });
    const here = await at(wave(1), 9, [...warp(Float64Array.from(y))], { directions: columns(...pushed) });
    for (const i of [0, 1]) {
      expectClose(there.directions[i]!.normal, here.directions[i]!.normal!, 1e-5);
      expect(Math.abs(there.directions[i]!.geodesic! / here.directions[i]!.geodesic! - 1)).toBeGreaterThan(
        0.01,
      );
    }
    expectClose(there.sectional[0]![1], here.sectional[0]![1]!, 1e-5);
    expectClose(there.mean, here.mean!, 1e-5);
  });

  it("the secant form tends to the normal curvature as the square of its step", async () => {
    const [found, fine, coarse] = [
      await at(wave(1), 9, x, { epsilon: 1e-2 }),
      await at(wave(1), 9, x, { epsilon: 0.05 }),
      await at(wave(1), 9, x, { epsilon: 0.1 }),
    ];
    found.directions.forEach(({ normal, secant }, i) => {
      expectClose(secant! / normal!, 1, 1e-3);
      const [off, further] = [fine, coarse].map(({ directions }) => directions[i]!.secant! - normal!);
      expect(further! / off!).toBeGreaterThan(3.5);
      expect(further! / off!).toBeLessThan(4.5);
    });
  });
});

it("directions by number are those of the local basis", async () => {
  const [all, some] = [await at(wave(1), 9, x, { k: 4 }), await at(wave(1), 9, x, { directions: [3, 1] })];
  const { turn: _, ...third } = all.directions[3]!;
  expect(some.directions[0]).toMatchObject(third);
  expect(some.directions[1]!.normal).toBe(all.directions[1]!.normal);
  expect(some.sectional[0]![1]).toBeCloseTo(all.sectional[1]![3]!, 12);
});

describe("where there is no curvature to speak of", () => {
  it("directions that do not move the output have none, and take no part", async () => {
    // Three coordinates, of which only two count.
    const chart: Chart = ([u, v, w]) => sphere(2)(Float64Array.of(u! + w!, v!));
    const found = await at(chart, 3, [0.1, 0.7, 0.2], {
      directions: columns([1, 0, 0], [1, 0, -1], [0, 1, 0]),
    });
    expect(found.rank).toBe(2);
    const { speed, ...rest } = found.directions[1]!;
    expect(speed).toBeLessThan(1e-6);
    expect(rest).toEqual({ normal: undefined, geodesic: undefined, secant: undefined, turn: undefined });
    expect(found.sectional[1]).toEqual([undefined, undefined, undefined]);
    expectClose(found.sectional[0]![2], 1 / 4);
    expectClose(found.mean, 1 / 2);
  });

  it("a map that does not move at all", async () => {
    const found = await at(() => [1, 2, 3], 3, [0, 0]);
    expect(found).toMatchObject({ rank: 0, mean: undefined });
    expect(found.directions.map(({ speed, normal }) => [speed, normal])).toEqual([
      [0, undefined],
      [0, undefined],
    ]);
  });

  it("parallel directions span no plane", async () => {
    const found = await at(sphere(1), 3, [0.1, 0.7], { directions: columns([1, 1], [-2, -2]) });
    expect(found.sectional).toEqual([
      [undefined, undefined],
      [undefined, undefined],
    ]);
    expect(found.mean).toBeUndefined();
    expectClose(found.directions[1]!.normal, 1);
  });

  it("an image that fills its space has no normal directions: exactly 0, while lines bend in it", async () => {
    const polar: Chart = ([r, angle]) => [r! * cos(angle!), r! * sin(angle!)];
    const found = await at(polar, 2, [3, 0.5], { directions: columns([1, 0], [0, 1]) });
    expect(found.rank).toBe(2);
    expect(along(found, "normal")).toEqual([0, 0]);
    expect(along(found, "secant")).toEqual([0, 0]);
    expect(found.sectional[0]![1]).toBe(0);
    expectClose(found.directions[1]!.geodesic, 1 / 3);
  });

  it("wrong arguments are refused by name", async () => {
    const map = surface(2, 3, sphere(1));
    const there = Float32Array.of(0, 0);
    const refused = (options: CurvatureOptions, from: DifferentiableMap = map) =>
      curvatureAt(from, there, options).catch(({ code, message }) => `${code}: ${message}`);
    expect(await refused({ k: 3 })).toMatch(/^INVALID_ARGUMENT: k must be an integer from 1 to 2/);
    expect(await refused({ directions: [0, 2] })).toMatch(/^OUT_OF_RANGE: .*0 to 1, got 0, 2/);
    expect(await refused({ directions: [] })).toMatch(/^OUT_OF_RANGE: .*got none/);
    expect(await refused({ epsilon: 0 })).toMatch(/^INVALID_ARGUMENT: curvatureAt: epsilon must be/);
    expect(await refused({ directions: columns([1, 0, 0]) })).toMatch(
      /^SHAPE_MISMATCH: .*\[2, k\].*\[3, 1\]/,
    );
    expect(await refused({ directions: columns([1, 0], [0, 0]) })).toMatch(
      /^INVALID_ARGUMENT: .*direction 1/,
    );
    expect(await refused({ memoryBudget: 500 })).toMatch(/^MEMORY_BUDGET: .*612 bytes/);
    const { secondDerivative: _, ...without } = map;
    expect(await refused({}, without)).toMatch(/^INVALID_ARGUMENT: .*has no `secondDerivative`/);
    const stop = new AbortController();
    stop.abort();
    await expect(curvatureAt(map, there, { signal: stop.signal })).rejects.toThrow(/abort/);
  });
});

describe("by products alone", () => {
  // A sphere of radius 3 in the first four of eight coordinates, turned in 600 dimensions, beside small linear parts.
  const [n, m] = [8, 600];
  const frame = orthogonal(3, 0, m, n + 1);
  const chart: Chart = (y) => {
    const x = y.map((value, i) => (1 + 0.1 * i) * value);
    const high = sqrt(9 - x.slice(0, 4).reduce((sum, value) => sum + value ** 2, 0));
    const parts = [...x.slice(0, 4), high, ...x.slice(4).map((value, i) => 10 ** -i * value)];
    return Array.from({ length: m }, (_, row) =>
      parts.reduce((sum, part, j) => sum + frame.data[row * (n + 1) + j]! * part, 0),
    );
  };
  const map = surface(n, m, chart);
  const point = Float32Array.from({ length: n }, (_, i) => 0.3 * cos(i));
  const memoryBudget = 250_000;

  it("the same numbers as by the whole Jacobian, within a budget that does not hold its decomposition", async () => {
    const [whole, iterated] = [
      await curvatureAt(map, point, { k: 3 }),
      await curvatureAt(map, point, { k: 3, memoryBudget }),
    ];
    expect(whole.route).toBe("matrix");
    expect(iterated.route).toBe("products");
    expect(iterated.rank).toBeUndefined();
    expect(iterated.products).toBeGreaterThan(3);
    expect(iterated.share).toBeLessThan(1e-4);
    for (const what of ["normal", "geodesic", "secant", "turn"] as const) {
      const [expected, found] = [along(whole, what), along(iterated, what)];
      for (const [i, value] of expected.entries()) expectClose(found[i], value, 1e-4);
    }
    expectClose(iterated.mean, whole.mean!, 1e-4);
  });

  it("along directions that are given: 1/r in the sphere's, and nothing beside it", async () => {
    const unit = (j: number) => Array.from({ length: n }, (_, i) => (i === j ? 1 : 0));
    const directions = columns(unit(0), unit(3), unit(4));
    const found = await curvatureAt(map, point, { directions, memoryBudget });
    expect(found.route).toBe("products");
    expectClose(found.directions[0]!.normal, 1 / 3, 1e-4);
    expectClose(found.directions[1]!.normal, 1 / 3, 1e-4);
    expectClose(found.directions[2]!.normal, 0, 1e-4);
    expectClose(found.sectional[0]![1], 1 / 9, 1e-4);
    expectClose(found.sectional[0]![2], 0, 1e-4);
  });
});
