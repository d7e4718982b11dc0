import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { cosineAndSine, logarithm } from "../src/elementary.ts";
import { normal, uniform } from "../src/index.ts";
import { EPS } from "./helpers.ts";

it("logarithm, sine and cosine agree with Math to two units in the last place", () => {
  const points = [...uniform(1, 0, 20000), 2 ** -53, 1 - 2 ** -53, Math.SQRT1_2, 0.5, 1e-300];
  for (const x of points) {
    const exact = Math.log(x);
    expect(Math.abs(logarithm(x) - exact)).toBeLessThanOrEqual(2 * EPS * Math.abs(exact));
    const [cosine, sine] = cosineAndSine(x);
    // The angle itself, rounded, is the larger error of Math's.
    expect(Math.abs(cosine - Math.cos(2 * Math.PI * x))).toBeLessThan(5 * EPS);
    expect(Math.abs(sine - Math.sin(2 * Math.PI * x))).toBeLessThan(5 * EPS);
    expect(Math.abs(cosine * cosine + sine * sine - 1)).toBeLessThanOrEqual(3 * EPS);
  }
  expect(logarithm(1)).toBe(0);
  expect([0, 0.25, 0.5, 0.75].map((x) => cosineAndSine(x).map((y) => y + 0))).toEqual([
    [1, 0],
    [0, 1],
    [-1, 0],
    [0, -1],
  ]);
});

it("normal has the same bits everywhere", () => {
  const digest = createHash("sha256")
    .update(normal(1, 7, 10000))
    .digest("hex");
  expect(digest).toBe("6e7a5a9c6cade9feb0e0919545e1ab71133fb75a18479779adfc7ffd3907fede");
});
