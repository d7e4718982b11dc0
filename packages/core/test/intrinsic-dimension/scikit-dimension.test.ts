// Estimates beside those of scikit-dimension, or of NumPy where that departs from the definition: see
// tools/reference/core/intrinsic_dimension.py.

import { readFileSync } from "node:fs";
import { fromRows } from "@vielbein/linalg";
import { describe, expect, it } from "vitest";
import {
  Cloud,
  type EstimatorName,
  estimateDimension,
  localSpectrumDimensions,
  SPECTRUM_RULES,
  type SpectrumRuleName,
  spectrumDimension,
} from "../../src/intrinsic-dimension/index.ts";
import { graphLength, growthDimension } from "../../src/intrinsic-dimension/neighbour-graph.ts";

type Local = { dimension: number; local: number[] };

interface Estimates extends Record<"mle" | "mom" | "mada" | "tle" | "ess", Local> {
  points: number[][];
  neighbours: { distances: number[][]; indices: number[][] };
  twonn: number;
  "twonn-mle": number;
  "correlation-integral": number;
  "mind-mlk": number;
  "mind-mlk of scikit-dimension": number;
  "mind-mli": number;
  fishers: number;
  graph: { k: number; sizes: number[]; samples: number[][]; dimension: number; residual: number };
  pca: Record<SpectrumRuleName, number>;
  "local pca": Record<SpectrumRuleName, number[]>;
}

interface Reference {
  clouds: Record<string, Estimates>;
  "nearly equal": { points: number[][]; tle: number[] };
}

const reference: Reference = JSON.parse(readFileSync(new URL("estimates.json", import.meta.url), "utf8"));

/** Relative, of a number. */
const close = (found: number | undefined, expected: number, tolerance = 1e-9) =>
  expect(Math.abs(found! / expected - 1)).toBeLessThan(tolerance);

/** Neighbours whose spectra the script takes. */
const FEW = 40;

describe.each(Object.entries(reference.clouds))("%s", (_, expected) => {
  const cloud = Cloud.of(fromRows(expected.points));
  const estimate = (name: EstimatorName) => estimateDimension(cloud, name);

  it("neighbours", () => {
    const { distances, indices } = cloud.neighbours(3);
    // The cloud has its own unit.
    const unit = expected.neighbours.distances[0]![0]! / distances[0]!;
    expected.neighbours.distances.flat().forEach((x, i) => {
      close(unit * distances[i]!, x, 1e-13);
    });
    expect(Array.from(indices.subarray(0, 15))).toEqual(expected.neighbours.indices.flat());
  });

  it.each(["twonn", "twonn-mle", "correlation-integral", "mind-mlk", "mind-mli", "fishers"] as const)(
    "%s",
    (name) => {
      close(estimate(name).dimension, expected[name]);
    },
  );

  it.each(["mle", "mom", "mada", "tle", "ess"] as const)("%s, and at the points", (name) => {
    const { dimension, local } = estimate(name);
    close(dimension, expected[name].dimension);
    expected[name].local.forEach((x, i) => {
      close(local![i], x);
    });
  });

  it("MiND MLk, to the tolerance of its minimiser", () => {
    close(estimate("mind-mlk").dimension, expected["mind-mlk of scikit-dimension"], 1e-7);
  });

  it("the graph of neighbours, on the same subsamples", () => {
    const { k, sizes, samples, dimension } = expected.graph;
    const neighbours = cloud.neighbours(15);
    const lengths = samples.map((sample) => {
      const isDrawn = new Uint8Array(cloud.n);
      for (const i of sample) isDrawn[i] = 1;
      return graphLength(cloud, neighbours, isDrawn, k);
    });
    const drawn = samples.map((sample) => sample.length);
    expect(growthDimension(drawn, lengths, cloud.points.cols)).toBe(dimension);
    expect(sizes.length).toBeLessThan(drawn.length);
  });

  it.each(Object.keys(SPECTRUM_RULES) as SpectrumRuleName[])(
    "principal components, rule %s, of the cloud and at the points",
    (name) => {
      const rule = SPECTRUM_RULES[name];
      expect(spectrumDimension(cloud, rule).dimension).toBeCloseTo(expected.pca[name], 9);
      const local = localSpectrumDimensions(cloud, FEW, rule);
      expected["local pca"][name].forEach((x, i) => {
        expect(local[i]).toBeCloseTo(x, 9);
      });
    },
  );
});

it("TLE leaves out distances of points that nearly coincide", () => {
  const { points, tle } = reference["nearly equal"];
  const { local } = estimateDimension(Cloud.of(fromRows(points)), "tle");
  tle.forEach((x, i) => {
    close(local![i], x, 1e-8);
  });
});
