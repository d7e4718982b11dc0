import { normal } from "@vielbein/linalg";
import { describe, expect, it } from "vitest";
import { functionMap, localBasisAt, type Space } from "../src/index.ts";
import { type CurveStep, curveTraversal, restrictToLayers, sphericalTraversal } from "../src/paths/index.ts";
import { mappingNetwork } from "./mapping-network.ts";

function space(name: string, shape: number[]): Space {
  return { name, dim: shape.reduce((product, n) => product * n, 1), shape };
}

/** (r, θ) ↦ (r cos θ, r sin θ, 1): σ = 1 along r, r along θ; the curves of θ are circles. */
const polar = functionMap({
  from: space("polar", [2]),
  to: space("plane", [3]),
  evaluate: ([r, a]) => [r! * Math.cos(a!), r! * Math.sin(a!), 1],
  jvp: ([r, a], [dr, da]) => [
    dr! * Math.cos(a!) - r! * Math.sin(a!) * da!,
    dr! * Math.sin(a!) + r! * Math.cos(a!) * da!,
    0,
  ],
});

describe("curveTraversal", () => {
  it("stays on the circle that a straight line leaves, through every change of canonical sign", async () => {
    const start = await localBasisAt(polar, Float32Array.of(2, 0.3));
    const walk = await curveTraversal(polar, start, 0, { length: 3, steps: 60, frames: 7 });
    expect(walk.frameSteps).toEqual([-30, -20, -10, 0, 10, 20, 30]);
    // The sign of v at the start is that of the canonical u: θ grows.
    walk.frameSteps.forEach((n, i) => {
      expect(walk.points[2 * i]).toBeCloseTo(2, 5);
      expect(walk.points[2 * i + 1]).toBeCloseTo(0.3 + 0.1 * n, 5);
      const [x, y] = [walk.values[3 * i]!, walk.values[3 * i + 1]!];
      expect(Math.hypot(x, y)).toBeCloseTo(2, 5);
    });
    expect(walk.steps.map(({ step }) => step)).toEqual([
      ...Array.from({ length: 30 }, (_, i) => i - 30),
      ...Array.from({ length: 30 }, (_, i) => i + 1),
    ]);
    for (const { step, index, outputCosine, inputCosine, outputStep, drift } of walk.steps) {
      const angle = 0.1 * Math.abs(step);
      expect(index).toBe(0);
      expect(outputCosine).toBeCloseTo(Math.cos(0.1), 5);
      expect(inputCosine).toBeCloseTo(1, 6);
      expect(outputStep).toBeCloseTo(4 * Math.sin(0.05), 5);
      // From the point of the tangent at arc length 2·angle.
      expect(drift).toBeCloseTo(2 * Math.hypot(Math.sin(angle) - angle, 1 - Math.cos(angle)), 4);
    }
  });

  it("goes straight along the radius, where the curve is a line", async () => {
    const start = await localBasisAt(polar, Float32Array.of(4, -1));
    const { points, steps } = await curveTraversal(polar, start, 1, { length: 1.2, steps: 12, frames: 3 });
    expect(points[1]).toBeCloseTo(-1, 6);
    expect(points[5]).toBeCloseTo(-1, 6);
    expect(points[4]! - points[0]!).toBeCloseTo(Math.sign(points[4]! - points[0]!) * 2.4, 5);
    for (const { drift } of steps) expect(drift).toBeLessThan(1e-5);
  });

  it("follows its direction through a crossing of singular values", async () => {
    // σ = x² along x, 1 along y: they cross at x = 1.
    const cubic = functionMap({
      from: space("x", [2]),
      to: space("y", [2]),
      evaluate: ([x, y]) => [x! ** 3 / 3, y!],
      jvp: ([x], [dx, dy]) => [x! ** 2 * dx!, dy!],
    });
    const start = await localBasisAt(cubic, Float32Array.of(0.75, 0.2));
    const { points, steps } = await curveTraversal(cubic, start, 1, { length: 0.5, steps: 10, frames: 3 });
    expect(Array.from(points).map((x) => +x.toFixed(5))).toEqual([0.25, 0.2, 0.75, 0.2, 1.25, 0.2]);
    // x = 0.25, 0.35 … 0.65 and 0.85, 0.95 lie before the crossing; 1.05 … 1.25 after it.
    expect(steps.map(({ index }) => index)).toEqual([1, 1, 1, 1, 1, 1, 1, 0, 0, 0]);
    expect(steps.map(({ singularValue }) => +singularValue.toFixed(4))).toEqual(
      [0.25, 0.35, 0.45, 0.55, 0.65, 0.85, 0.95, 1.05, 1.15, 1.25].map((x) => +(x * x).toFixed(4)),
    );
  });

  it("with unit output, moves the output by 2·length/steps at every step, within 10 % at 24 steps", async () => {
    const map = mappingNetwork(128, 4, 1);
    const start = await localBasisAt(map, Float32Array.from(normal(5, 0, map.from.dim)));
    const length = 0.2 * Math.hypot(...start.value);
    for (const k of [0, 1, 2]) {
      const { steps } = await curveTraversal(map, start, k, { length, unit: "output", steps: 24 });
      for (const { outputStep } of steps) {
        expect(outputStep / (length / 12)).toBeGreaterThan(0.9);
        expect(outputStep / (length / 12)).toBeLessThan(1.1);
      }
    }
  });

  it("reports every step, and stops when it is told to", async () => {
    const start = await localBasisAt(polar, Float32Array.of(2, 0));
    const seen: CurveStep[] = [];
    const abort = new AbortController();
    const walk = curveTraversal(polar, start, 0, {
      signal: abort.signal,
      onStep: (step) => {
        seen.push(step);
        if (seen.length === 5) abort.abort();
      },
    });
    await expect(walk).rejects.toMatchObject({ name: "AbortError" });
    expect(seen.map(({ step }) => step)).toEqual([-1, -2, -3, -4, -5]);
  });

  it("goes 3 either way in 24 steps with 7 frames unless told, and in as few as one step a way", async () => {
    const start = await localBasisAt(polar, Float32Array.of(8, 0));
    const radial = start.singularValues.findIndex((value) => Math.abs(value - 1) < 1e-6);
    const radii = ({ points }: { readonly points: Float32Array }) =>
      Array.from(points.filter((_, i) => i % 2 === 0)).sort((a, b) => a - b);
    const close = (...values: number[]) => values.map((value) => expect.closeTo(value, 4));
    const plain = await curveTraversal(polar, start, radial);
    expect(radii(plain)).toEqual(close(5, 6, 7, 8, 9, 10, 11));
    expect(plain.frameSteps).toEqual([-12, -8, -4, 0, 4, 8, 12]);
    const short = await curveTraversal(polar, start, radial, { length: 1, steps: 2, frames: 3 });
    expect(radii(short)).toEqual(close(7, 8, 9));
    expect(short.steps.map(({ step }) => step)).toEqual([-1, 1]);
  });

  it("refuses walks that cannot be", async () => {
    const start = await localBasisAt(polar, Float32Array.of(2, 0));
    const walk = (direction: number, options: object) => curveTraversal(polar, start, direction, options);
    await expect(walk(2, {})).rejects.toThrow("direction: 0 to 1, got 2");
    await expect(walk(0, { frames: 4 })).rejects.toThrow("frames: an odd integer");
    await expect(walk(0, { frames: 9, steps: 6 })).rejects.toThrow("at least frames − 1 = 8, got 6");
    await expect(walk(0, { frames: 3, steps: 3 })).rejects.toThrow("steps: an even integer");
    for (const direction of [-1, 0.5, Number.NaN]) {
      await expect(walk(direction, {})).rejects.toThrow(`direction: 0 to 1, got ${direction}`);
    }
    for (const frames of [1, -3, 3.5]) {
      await expect(walk(0, { frames })).rejects.toThrow("frames: an odd integer of at least 3");
    }
    for (const length of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(walk(0, { length })).rejects.toThrow(`length: a positive number, got ${length}`);
    }
    const flat = functionMap({ from: space("x", [2]), to: space("y", [2]), evaluate: ([x]) => [x!, 0] });
    const still = await localBasisAt(flat, Float32Array.of(0, 0));
    await expect(curveTraversal(flat, still, 1, { unit: "output" })).rejects.toMatchObject({
      code: "NUMERICAL_FAILURE",
    });
  });
});

describe("sphericalTraversal", () => {
  const point = Float32Array.from(normal(3, 0, 20));
  const direction = normal(4, 0, 20);
  const radius = Math.hypot(...point);

  it("keeps the norm, passes the point at 0 and comes back after a turn", () => {
    const angles = [-Math.PI, -1, -0.3, 0, 0.3, 1, 2 * Math.PI];
    const points = sphericalTraversal(point, direction, angles);
    angles.forEach((angle, i) => {
      const row = points.subarray(20 * i, 20 * i + 20);
      expect(Math.hypot(...row)).toBeCloseTo(radius, 5);
      const cosine = row.reduce((sum, value, j) => sum + value * point[j]!, 0) / radius ** 2;
      expect(cosine).toBeCloseTo(Math.cos(angle), 5);
    });
    expect(points.slice(60, 80)).toEqual(point);
    for (let j = 0; j < 20; j++) expect(points[j]).toBeCloseTo(-point[j]!, 5);
  });

  it("sets off along the part of the direction across the point, by angle times norm", () => {
    const [angle, moved] = [1e-3, sphericalTraversal(point, direction, [1e-3])];
    const along = direction.reduce((sum, v, j) => sum + v * point[j]!, 0) / radius ** 2;
    const tangent = direction.map((v, j) => v - along * point[j]!);
    const length = Math.hypot(...tangent);
    moved.forEach((value, j) => {
      expect(value - point[j]!).toBeCloseTo((angle * radius * tangent[j]!) / length, 5);
    });
  });

  it("refuses directions without a tangent", () => {
    expect(() => sphericalTraversal(point, point, [1])).toThrow(
      expect.objectContaining({ code: "NUMERICAL_FAILURE" }),
    );
    expect(() => sphericalTraversal(new Float32Array(20), direction, [1])).toThrow("norm 0");
    expect(() => sphericalTraversal(point, [1], [1])).toThrow("they must agree");
    expect(() => sphericalTraversal(point, new Float64Array(20), [1])).toThrow("of length 0 of 0");
  });

  it("a part across the point of a millionth of the direction is rounding, more is a tangent", () => {
    const turned = (across: number) => sphericalTraversal(Float32Array.of(2, 0), [1, across], [Math.PI / 2]);
    expect(() => turned(0.9e-6)).toThrow(expect.objectContaining({ code: "NUMERICAL_FAILURE" }));
    expect(Array.from(turned(1.1e-6))).toEqual([expect.closeTo(0, 6), 2]);
    expect(Array.from(turned(-1.1e-6))).toEqual([expect.closeTo(0, 6), -2]);
  });
});

describe("restrictToLayers", () => {
  const ws = space("ws", [3, 2]);

  it("moves the layers asked for, by one direction for all or by one for each", () => {
    expect(Array.from(restrictToLayers(ws, [7, 8], [0, 2]))).toEqual([7, 8, 0, 0, 7, 8]);
    expect(Array.from(restrictToLayers(ws, [1, 2, 3, 4, 5, 6], [1]))).toEqual([0, 0, 3, 4, 0, 0]);
    const pairs = space("film", [2, 2, 1]);
    expect(Array.from(restrictToLayers(pairs, [1, 2, 3, 4], [1, 2]))).toEqual([0, 2, 3, 0]);
  });

  it("refuses spaces without layers, layers that are none, other lengths", () => {
    expect(() => restrictToLayers(space("w", [6]), [1], [0])).toThrow('"w" has [6]');
    expect(() => restrictToLayers(ws, [7, 8], [3])).toThrow("layers 0 to 2, got 3");
    for (const bad of [-1, 1.5, Number.NaN]) {
      expect(() => restrictToLayers(ws, [7, 8], [0, bad])).toThrow(`got ${bad}`);
    }
    expect(() => restrictToLayers(ws, [7, 8], [])).toThrow("got none");
    expect(() => restrictToLayers(ws, [7, 8, 9], [0])).toThrow("2 or 6 coordinates, got 3");
  });
});
