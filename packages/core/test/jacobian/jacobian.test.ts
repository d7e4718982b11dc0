import { describe, expect, it } from "vitest";
import { functionMap, jacobian, type Space } from "../../src/index.ts";

const R2: Space = { name: "x", dim: 2, shape: [2] };
const R3: Space = { name: "y", dim: 3, shape: [3] };

/** The unit sphere by its angles, with the textbook Jacobian. */
const sphere = (withJvp: boolean) =>
  functionMap({
    from: R2,
    to: R3,
    evaluate: ([a, b]) => [Math.sin(a!) * Math.cos(b!), Math.sin(a!) * Math.sin(b!), Math.cos(a!)],
    ...(withJvp ? { jvp: ([a, b], [da, db]) => sphereJvp(a!, b!, da!, db!) } : {}),
  });

function sphereJvp(a: number, b: number, da: number, db: number): number[] {
  return [
    Math.cos(a) * Math.cos(b) * da - Math.sin(a) * Math.sin(b) * db,
    Math.cos(a) * Math.sin(b) * da + Math.sin(a) * Math.cos(b) * db,
    -Math.sin(a) * da,
  ];
}

function analytic(a: number, b: number): number[] {
  const [u, v] = [sphereJvp(a, b, 1, 0), sphereJvp(a, b, 0, 1)];
  return u.flatMap((x, i) => [x, v[i]!]);
}

describe("jacobian", () => {
  const point = Float32Array.of(0.8125, -0.4375);

  it("has outputs as rows and inputs as columns", async () => {
    const j = await jacobian(sphere(true), point);
    expect([j.rows, j.cols]).toEqual([3, 2]);
    analytic(point[0]!, point[1]!).forEach((x, i) => {
      expect(j.data[i]).toBeCloseTo(x, 6);
    });
  });

  it("needs no derivative from a plain function: its own differences are accurate beyond float32", async () => {
    const j = await jacobian(sphere(false), point);
    analytic(point[0]!, point[1]!).forEach((x, i) => {
      expect(Math.abs(j.data[i]! - x)).toBeLessThan(1e-7);
    });
  });

  it("is the same row by row in reverse", async () => {
    const forward = await jacobian(sphere(true), point, { method: "forward" });
    const reverse = await jacobian(sphere(true), point, { method: "reverse" });
    expect([reverse.rows, reverse.cols]).toEqual([3, 2]);
    reverse.data.forEach((x, i) => {
      expect(x).toBeCloseTo(forward.data[i]!, 7);
    });
  });

  it("goes backwards where the output is small, forwards where it is not", async () => {
    const calls: string[] = [];
    const counted = (from: Space, to: Space) => {
      const map = functionMap({ from, to, evaluate: (x) => new Float64Array(to.dim).fill(x[0]! ** 2) });
      return {
        ...map,
        jvp: (...args: Parameters<typeof map.jvp>) => {
          calls.push("forward");
          return map.jvp(...args);
        },
        vjp: (...args: Parameters<typeof map.vjp>) => {
          calls.push("reverse");
          return map.vjp(...args);
        },
      };
    };
    await jacobian(counted(R3, { name: "s", dim: 1, shape: [1] }), Float32Array.of(1, 2, 3));
    await jacobian(counted(R2, R3), point);
    expect(calls).toEqual(["reverse", "forward"]);
  });

  it("by differences agrees to the accuracy of float32 differences", async () => {
    const exact = await jacobian(sphere(true), point);
    const approximate = await jacobian(sphere(true), point, { method: "difference" });
    exact.data.forEach((x, i) => {
      expect(Math.abs(approximate.data[i]! - x)).toBeLessThan(1e-4);
    });
  });

  it("does not depend on how many tangents fit the memory budget", async () => {
    const n = 40;
    const from: Space = { name: "x", dim: n, shape: [n] };
    let largest = 0;
    const map = functionMap({ from, to: from, evaluate: (x) => x.map((v, i) => v * v + x[(i + 1) % n]!) });
    const counted = {
      ...map,
      bytesPerTangent: 1000,
      jvp: (x: Float32Array, t: Float32Array, count: number) => {
        largest = Math.max(largest, count);
        return map.jvp(x, t, count);
      },
    };
    const x = Float32Array.from({ length: n }, (_, i) => Math.sin(i));
    const whole = await jacobian(counted, x);
    expect(largest).toBe(n);
    largest = 0;
    // The engine may keep twice what the tangents of a run take.
    const pieces = await jacobian(counted, x, { memoryBudget: 8 * n * n + 7000 });
    expect(largest).toBe(3);
    expect(pieces).toEqual(whole);
  });

  it("refuses a budget that cannot hold the result, saying how much is needed", async () => {
    await expect(jacobian(sphere(true), point, { memoryBudget: 10 })).rejects.toMatchObject({
      code: "MEMORY_BUDGET",
    });
  });

  it("refuses points of the wrong size and points that are not finite", async () => {
    await expect(jacobian(sphere(true), Float32Array.of(1))).rejects.toMatchObject({
      code: "SHAPE_MISMATCH",
    });
    await expect(jacobian(sphere(true), Float32Array.of(1, Number.NaN))).rejects.toMatchObject({
      code: "NOT_FINITE",
    });
  });

  it.each(["forward", "reverse", "difference"] as const)(
    "names where a derivative is not finite, %s",
    async (method) => {
      // √x at 0, or beyond the domain.
      const map = functionMap({
        from: R2,
        to: R3,
        evaluate: ([a, b]) => [a!, b!, Math.sqrt(b!)],
        jvp: ([, b], [da, db]) => [da!, db!, db === 0 ? 0 : (0.5 / Math.sqrt(b!)) * db!],
      });
      await expect(jacobian(map, Float32Array.of(1, -1), { method })).rejects.toMatchObject({
        code: "NUMERICAL_FAILURE",
        // In reverse and by differences what is finite is drawn in, 0·NaN.
        message: expect.stringMatching(
          method === "forward"
            ? /"x" → "y" must be finite, got NaN for output 2 by input 1/
            : /got NaN for output \d by input \d/,
        ),
      });
    },
  );

  it.each([
    [{ method: "backward" as "forward" }, /method must be/],
    [{ method: "difference", step: 0 }, /step a positive number/],
    [{ method: "difference", step: Number.NaN }, /step a positive number/],
  ] as const)("refuses %j", async (options, message) => {
    await expect(jacobian(sphere(true), point, options)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(message),
    });
  });

  it("stops when told to", async () => {
    await expect(jacobian(sphere(true), point, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: "AbortError",
    });
  });
});

describe("functionMap", () => {
  it("satisfies the adjoint identity ⟨Jv, u⟩ = ⟨v, Jᵀu⟩", async () => {
    const map = sphere(false);
    const x = Float32Array.of(0.3, 1.7);
    const v = Float32Array.of(0.5, -2);
    const u = Float32Array.of(1, 2, -3);
    const jv = await map.jvp(x, v, 1);
    const ju = await map.vjp(x, u, 1);
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
    expect(dot(jv, u)).toBeCloseTo(dot(v, ju), 5);
  });
});
