// The box in coordinates without bounds: the chain rule, the way there and back, and inversion that keeps to it.

import { normal, uniform } from "@vielbein/linalg";
import { describe, expect, test } from "vitest";
import { boundedMap, functionMap, type InversionMethod, invert } from "../src/index.ts";

const [n, m] = [4, 12];
const weights = normal(3, 0, m * n);
const map = functionMap({
  from: { name: "z", dim: n, shape: [n], prior: { kind: "uniform", low: -1, high: 3 } },
  to: { name: "y", dim: m, shape: [m] },
  evaluate: (z) =>
    Array.from({ length: m }, (_, i) =>
      Math.tanh(z.reduce((sum, x, j) => sum + 0.4 * weights[i * n + j]! * x, 0)),
    ),
});
const bounded = boundedMap(map, -1, 3);
const inBox = (seed: number) => Float32Array.from(uniform(seed, 0, n, { low: -1, high: 3 }));

describe("boundedMap", () => {
  test.each([
    [1, 1],
    [2, 1],
    [Number.NaN, 1],
    [0, Number.POSITIVE_INFINITY],
  ])("refuses a box from %s to %s", (low, high) => {
    expect(() => boundedMap(map, low, high)).toThrow(`got ${low} and ${high}`);
  });

  test("there and back", () => {
    const x = inBox(1);
    bounded.inside(bounded.free(x)).forEach((value, i) => {
      expect(value).toBeCloseTo(x[i]!, 5);
    });
    const outside = Float32Array.of(-5, 3.5, 1, 8);
    bounded.inside(bounded.free(outside)).forEach((x, i) => {
      expect(x).toBeCloseTo([-0.998, 2.998, 1, 2.998][i]!, 5);
    });
    const anywhere = Float32Array.from(normal(2, 0, 400), (u) => 10 * u);
    for (const x of bounded.inside(anywhere)) {
      expect(x).toBeGreaterThanOrEqual(-1);
      expect(x).toBeLessThanOrEqual(3);
    }
  });

  test("its products are those of its differences, and adjoint to each other", async () => {
    const u = bounded.free(inBox(4));
    const t = Float32Array.from(normal(5, 0, n));
    const c = Float32Array.from(normal(6, 0, m));
    const step = 1e-2;
    const at = (by: number) =>
      bounded.map.evaluate(
        u.map((x, i) => x + by * t[i]!),
        1,
      );
    const [above, below] = [await at(step), await at(-step)];
    const pushed = await bounded.map.jvp(u, t, 1);
    pushed.forEach((value, i) => {
      expect(value).toBeCloseTo((above[i]! - below[i]!) / (2 * step), 3);
    });
    const pulled = await bounded.map.vjp(u, c, 1);
    const product = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
    expect(product(pushed, c)).toBeCloseTo(product(t, pulled), 4);
  });

  test.each<InversionMethod>(["levenberg-marquardt", "lbfgs", "adam", "cma-es"])(
    "%s finds a code inside, and the face of the box nearest to one outside",
    async (method) => {
      const start = bounded.free(inBox(7));
      const found = async (truth: Float32Array) => {
        const { point, distance } = await invert(bounded.map, await map.evaluate(truth, 1), start, {
          method,
          steps: 200,
        });
        return { x: bounded.inside(point), distance };
      };
      const truth = inBox(8);
      const { x, distance } = await found(truth);
      expect(distance).toBeLessThan(1e-3);
      x.forEach((value, i) => {
        expect(value).toBeCloseTo(truth[i]!, 1);
      });
      // From the corners, too, where the coordinates are not those of a box.
      for (const corner of [Float32Array.of(-1, -1, -1, -1), Float32Array.of(3, -1, 3, -1)]) {
        const { point, searches } = await invert(
          bounded.map,
          await map.evaluate(truth, 1),
          bounded.free(corner),
          { method, steps: 400 },
        );
        expect(searches[0]!.steps).toBeGreaterThan(2);
        bounded.inside(point).forEach((value, i) => {
          expect(Math.abs(value - truth[i]!)).toBeLessThan(0.1);
        });
      }
      const beyond = await found(Float32Array.of(3.6, 1, 0, 2));
      expect(beyond.x[0]).toBeGreaterThan(2.99);
      expect(Math.max(...beyond.x)).toBeLessThanOrEqual(3);
      expect(beyond.distance).toBeGreaterThan(1e-4);
    },
  );

  test("Levenberg–Marquardt keeps to the box itself, and says on a face that it has converged", async () => {
    const target = await map.evaluate(Float32Array.of(3.6, 1, -1.4, 2), 1);
    const bounds = [-1, 3] as const;
    const starts = Float32Array.of(...inBox(7), -1, 3, 3, -1);
    const { searches } = await invert(map, target, starts, { bounds, steps: 200 });
    for (const { point, converged } of searches) {
      expect(converged).toBe(true);
      expect([point[0], point[2]]).toEqual([3, -1]);
    }
    const { point } = await invert(bounded.map, target, bounded.free(inBox(7)), {
      method: "lbfgs",
      steps: 400,
    });
    bounded.inside(point).forEach((x, i) => {
      expect(Math.abs(x - searches[0]!.point[i]!)).toBeLessThan(0.02);
    });
    await expect(invert(map, target, starts, { bounds, method: "adam" })).rejects.toThrow(/boundedMap/);
  });
});
