import { describe, expect, test } from "vitest";
import { spectrumPlot } from "../src/plots/spectrum-plot.ts";
import { expectWellFormed } from "./helpers.ts";

describe("spectrumPlot", () => {
  const decay = (count: number, rate: number) =>
    Float64Array.from({ length: count }, (_, i) => 10 * Math.exp(-rate * i));
  /** Vertices of the curves. */
  const curves = (svg: string) =>
    [...svg.matchAll(/<path d="M([\d.,L]+)"[^>]*stroke-linejoin/g)].map(([, path]) =>
      path!.split("L").map((pair) => pair.split(",").map(Number) as [number, number]),
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
    // Two lines and their keys.
    expect(svg.match(/stroke-dasharray/g)).toHaveLength(4);
    expect(svg).not.toContain("<circle");
  });

  test("zeros are counted, not drawn", () => {
    const svg = spectrumPlot({ title: "Rank 2", series: [{ label: "a <b>", values: [3, 1, 0, 0] }] });
    expectWellFormed(svg);
    expect(svg).toContain("2 values ≤ 0 not shown");
    expect(curves(svg)[0]).toHaveLength(2);
  });

  test("refuses what has no place on the axis", () => {
    const plot = (values: number[]) => () => spectrumPlot({ title: "t", series: [{ label: "a", values }] });
    expect(plot([1, -1])).toThrow(/got -1 at index 1 of "a"/);
    expect(plot([Number.NaN])).toThrow(expect.objectContaining({ code: "NOT_FINITE" }));
    expect(plot([0, 0])).toThrow(/needs a positive value/);
    expect(() => spectrumPlot({ title: "t", series: [] })).toThrow(/needs a positive value/);
  });
});
