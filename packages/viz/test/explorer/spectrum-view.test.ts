import { expect, it } from "vitest";
import { routeText, spectrumTitle, spectrumView } from "../../src/explorer/spectrum-view.ts";

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

it("numbers its values from 1 to the last", () => {
  for (const count of [1, 2, 5, 7, 40]) {
    const svg = spectrum(Float64Array.from({ length: count }, (_, i) => 1 / (i + 1)));
    const numbers = [...svg.matchAll(/text-anchor="middle">([^<]*)</g)].map(([, text]) => Number(text));
    expect(numbers.length).toBeGreaterThan(0);
    for (const i of numbers)
      expect(Number.isInteger(i) && i >= 1 && i <= count, `${i} of ${count}`).toBe(true);
    expect(numbers).toEqual([...new Set(numbers)]);
  }
});

it("marks the local dimension between two values", () => {
  const svg = spectrum(Float64Array.of(8, 4, 2, 1), 2);
  const [dots] = [circles(svg).filter(([, , r]) => r === 2.6)];
  const [, x] = svg.match(/<path d="M([\d.]+) \d+V\d+" stroke="var\(--vielbein-vermillion\)"/)!;
  expect(Number(x)).toBeCloseTo((dots[1]![0]! + dots[2]![0]!) / 2, 0);
});

it("has few numbers beside the axis: powers of ten, 3 between them, or 2 and 5", () => {
  const ticks = (last: number) => {
    const svg = spectrum(Float64Array.of(1, last));
    return [...svg.matchAll(/text-anchor="end">([^<]*)</g)].map(([, text]) => Number(text));
  };
  expect(ticks(0.1)).toEqual([0.1, 0.2, 0.5, 1]);
  expect(ticks(0.01)).toEqual([0.01, 0.03, 0.1, 0.3, 1]);
  expect(ticks(1e-5)).toEqual([1e-5, 1e-4, 1e-3, 0.01, 0.1, 1]);
});

it("says what it shows, and by which route it came", () => {
  const values = { singularValues: new Float64Array(12).fill(1) };
  expect(spectrumTitle(values)).toBe("12 leading singular values");
  expect(spectrumTitle({ ...values, dimension: { dimension: 3 } as never })).toBe("Singular values");
  expect(
    (["matrix", "columns", "products", "linearized products", undefined] as const).map(routeText),
  ).toEqual(["by the whole Jacobian", "by columns", "by products", "by linearized products", ""]);
});

it.each([
  ["a few decades", [300, 40, 2, 0.1]],
  ["less than one", [15.7, 9.17, 6.95, 6.72]],
  ["between two powers of ten", [1.8, 1.5, 1.2]],
  ["next to nothing", [1.05, 1.02, 1]],
])("has at least two numbers on its axis where it spans %s", (_, values) => {
  const numbers = [...spectrum(Float64Array.from(values)).matchAll(/text-anchor="end">([^<]*)</g)];
  expect(numbers.length).toBeGreaterThanOrEqual(2);
  expect(numbers.length).toBeLessThanOrEqual(9);
});
