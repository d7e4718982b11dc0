import { describe, expect, test } from "vitest";
import { spectrumPlot } from "../src/spectrum-plot.ts";
import { formatLogTicks, indexTicks, logAxis } from "../src/ticks.ts";
import { expectWellFormed } from "./helpers.ts";

describe("ticks", () => {
  test.each([
    [0.3, 12.3, 0.2, 20, [0.2, 0.5, 1, 2, 5, 10, 20]],
    [1, 1, 0.5, 2, [0.5, 1, 2]],
    [0.001, 1000, 0.001, 1000, [0.001, 0.01, 0.1, 1, 10, 100, 1000]],
    [3e-4, 2500, 2e-4, 5000, [0.001, 0.01, 0.1, 1, 10, 100, 1000]],
  ])("logarithmic axis for %f … %f", (low, high, from, to, ticks) => {
    expect(logAxis(low, high)).toEqual({ low: from, high: to, ticks });
  });

  test("many decades get few ticks", () => {
    const { low, high, ticks } = logAxis(1e-25, 100);
    expect(low).toBeLessThanOrEqual(1e-25);
    expect(high).toBe(100);
    expect(ticks.length).toBeLessThanOrEqual(9);
    expect(formatLogTicks(ticks)).toContain("10⁻²⁴");
  });

  test("notation is one for the axis", () => {
    expect(formatLogTicks([0.001, 1, 1000])).toEqual(["0.001", "1", "1000"]);
    expect(formatLogTicks([1e-5, 2e-5, 5e-5])).toEqual(["10⁻⁵", "2·10⁻⁵", "5·10⁻⁵"]);
  });

  test.each([
    [1, [1]],
    [7, [1, 2, 3, 4, 5, 6, 7]],
    [20, [1, 5, 10, 15, 20]],
    [64, [1, 10, 20, 30, 40, 50, 60]],
    [512, [1, 50, 100, 150, 200, 250, 300, 350, 400, 450, 500]],
    [9216, [1, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000]],
  ])("indices up to %i", (count, ticks) => {
    expect(indexTicks(count)).toEqual(ticks);
  });
});

describe("spectrumPlot", () => {
  const decay = (count: number, rate: number) =>
    Float64Array.from({ length: count }, (_, i) => 10 * Math.exp(-rate * i));
  /** Vertices of the curves. */
  const curves = (svg: string) =>
    [...svg.matchAll(/<path d="M([\d. L]+)M[^"]*"[^>]*stroke-width="2"/g)].map(([, path]) =>
      path!.split("L").map((pair) => pair.split(" ").map(Number) as [number, number]),
    );

  test("an exponential decay is a straight line inside the paper", () => {
    const svg = spectrumPlot({ title: "Decay", series: [{ label: "z → image", values: decay(30, 0.2) }] });
    expectWellFormed(svg);
    const [curve] = curves(svg);
    expect(curve).toHaveLength(30);
    expect(svg.match(/<circle/g)).toHaveLength(30);
    const [dx, dy] = [curve![1]![0] - curve![0]![0], curve![1]![1] - curve![0]![1]];
    curve!.forEach(([x, y], i) => {
      expect(Math.abs(x - (curve![0]![0] + i * dx))).toBeLessThan(0.4);
      expect(Math.abs(y - (curve![0]![1] + i * dy))).toBeLessThan(0.4);
      expect(x > 40 && x < 680 && y > 40 && y < 400).toBe(true);
    });
  });

  test("every series is named; names do not overlap; colours repeat dashed", () => {
    const series = Array.from({ length: 9 }, (_, k) => ({ label: `seed ${k}`, values: decay(64, 0.1) }));
    const svg = spectrumPlot({ title: "Nine", subtitle: "all alike", series });
    expectWellFormed(svg);
    const names = [...svg.matchAll(/y="([\d.]+)"[^>]*>seed \d</g)]
      .map(([, y]) => Number(y))
      .sort((a, b) => a - b);
    expect(names).toHaveLength(9);
    names.slice(1).forEach((y, i) => {
      expect(y - names[i]!).toBeGreaterThanOrEqual(16.9);
    });
    expect(svg.match(/stroke-dasharray/g)).toHaveLength(2);
    expect(svg).not.toContain("<circle");
  });

  test("zeros are counted, not drawn", () => {
    const svg = spectrumPlot({ title: "Rank 2", series: [{ label: "a <b>", values: [3, 1, 0, 0] }] });
    expectWellFormed(svg);
    expect(svg).toContain("2 zero values are not shown");
    expect(curves(svg)[0]).toHaveLength(2);
  });

  test("refuses what has no place on the axis", () => {
    const plot = (values: number[]) => () => spectrumPlot({ title: "t", series: [{ label: "a", values }] });
    expect(plot([1, -1])).toThrow(/got -1 at index 1 of "a"/);
    expect(plot([Number.NaN])).toThrow(expect.objectContaining({ code: "NOT_FINITE" }));
    expect(plot([0, 0])).toThrow(/needs a positive value/);
    expect(() => spectrumPlot({ title: "t", series: [] })).toThrow(/in 0 series/);
  });
});
