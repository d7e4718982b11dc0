// Figures and statistics of `metric`, of spectra that are given: one point and several, one layer and several.

import type { Provenance } from "@vielbein/core";
import { identity } from "@vielbein/linalg";
import { describe, expect, it } from "vitest";
import { homogeneityFigure, spectrumFigure } from "../src/commands/metric/figures.ts";
import { type MetricRow, metricReport } from "../src/commands/metric/report.ts";

const spaces = ["a", "b"].map((name) => ({ name, dim: 4, shape: [4] }));
const provenance = {
  tool: "vielbein 0",
  method: "metric",
  model: { file: "g.onnx", sha256: "ab".repeat(32), opset: 17 },
  from: { name: "z", dim: 4, shape: [4] },
  to: spaces[0],
  points: { seed: 0, prior: { kind: "normal" }, first: 0, count: 2 },
  options: { matrix: "H" },
  runtime: "none",
} as unknown as Provenance;
const row = (layer: number, index: number, ...eigenvalues: number[]): MetricRow => ({
  layer,
  index,
  eigenvalues: Float64Array.from(eigenvalues),
  eigenvectors: identity(4),
});
const reportOf = (rows: readonly MetricRow[], layers = 1) =>
  metricReport(rows, spaces.slice(0, layers), 2, true, provenance);
const [one, other] = [row(0, 0, 8, 4, 2, 1), row(0, 1, 4, 2, 1, 1)];

describe("metricReport", () => {
  it("means are taken index by index, over the points", () => {
    expect([...reportOf([one, other]).layers[0]!.mean]).toEqual([6, 3, 1.5, 1]);
    expect([...reportOf([one]).layers[0]!.mean]).toEqual([8, 4, 2, 1]);
  });

  it("points are compared from two on, layers where there are two", () => {
    const [single, pair] = [reportOf([one]), reportOf([one, other])];
    expect([single.layers[0]!.homogeneity, single.between]).toEqual([undefined, undefined]);
    expect(pair.layers[0]!.homogeneity).toBeDefined();
    expect(pair.between).toBeUndefined();
    const layers = reportOf([one, row(1, 0, 8, 4, 2, 1)], 2);
    expect(layers.layers.map(({ to }) => to.name)).toEqual(["a", "b"]);
    // The same spectrum on the same axes: the correlation of log λ is 1.
    expect([...layers.between!.logarithmic.data]).toEqual([1, 1, 1, 1].map((x) => expect.closeTo(x, 12)));
  });

  it("a layer without rows is left out", () => {
    expect(reportOf([one], 2).layers).toHaveLength(1);
  });
});

describe("figures", () => {
  it("a band over the points is named where there are two, and not of one", () => {
    const band = "mean over points, 5 to 95 %";
    expect(spectrumFigure(reportOf([one, other]))).toContain(band);
    expect(spectrumFigure(reportOf([one]))).not.toContain(band);
    expect(spectrumFigure(reportOf([one, other]))).toContain("2 points");
  });

  it("lines are named by their layers where there are several", () => {
    expect(spectrumFigure(reportOf([one, other]))).toContain(">trained<");
    const several = spectrumFigure(reportOf([one, row(1, 0, 8, 4, 2, 1)], 2));
    expect(several).not.toContain(">trained<");
    for (const name of [">a<", ">b<"]) expect(several).toContain(name);
  });

  it("there is a heat map of two points, none of one", () => {
    expect(homogeneityFigure(reportOf([one]))).toBeUndefined();
    expect(homogeneityFigure(reportOf([one, other]))).toContain("point whose axes are taken");
    expect(homogeneityFigure(reportOf([one, row(1, 0, 8, 4, 2, 1)], 2))).toContain(
      "layer whose axes are taken",
    );
  });
});
