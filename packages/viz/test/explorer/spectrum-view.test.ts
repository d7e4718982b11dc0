import { expect, it } from "vitest";
import { spectrumView } from "../../src/explorer/spectrum-view.ts";

const spectrum = (singularValues: Float64Array, dimension?: number) =>
  spectrumView(
    {
      singularValues,
      dimension: dimension === undefined ? undefined : { dimension, convention: "noise" },
    } as never,
    1,
  );
const circles = (svg: string) =>
  [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"/g)].map((match) =>
    match.slice(1).map(Number),
  );

it("marks the selected one where it stands", () => {
  const marks = circles(spectrum(Float64Array.of(8, 4, 2, 1)));
  const [dots, chosen] = [marks.filter(([, , r]) => r === 2.6), marks.filter(([, , r]) => r === 5.5)];
  expect(dots).toHaveLength(4);
  expect(chosen).toEqual([[dots[1]![0], dots[1]![1], 5.5]]);
  // Evenly on the logarithmic axis, larger ones higher.
  const heights = dots.map(([, y]) => y!);
  for (const i of [0, 1, 2]) expect(heights[i + 1]! - heights[i]!).toBeCloseTo(heights[1]! - heights[0]!, 0);
  expect(heights[1]).toBeGreaterThan(heights[0]!);
});

it("draws no dots where they would touch, and nothing of a spectrum of zeros", () => {
  expect(circles(spectrum(new Float64Array(64).fill(1)))).toHaveLength(65);
  expect(circles(spectrum(new Float64Array(65).fill(1)))).toHaveLength(1);
  expect(spectrum(new Float64Array(4))).toBe("");
});
