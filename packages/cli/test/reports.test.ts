// What reports say of rows that are given: every number in its column, with its digits, and every remark where it
// applies and nowhere else.

import type { Provenance } from "@vielbein/core";
import { matrix } from "@vielbein/linalg";
import { describe, expect, it } from "vitest";
import { comparisons, haarNull, measuresOf } from "../src/commands/compare/comparisons.ts";
import { comparisonJson, comparisonPlot, comparisonTable } from "../src/commands/compare/report.ts";
import { dimensionPlot } from "../src/commands/dimension/figures.ts";
import {
  type DimensionRow,
  type DimensionSettings,
  dimensionJson,
  layerReports as dimensions,
  dimensionTable,
} from "../src/commands/dimension/report.ts";
import {
  type DistortionRow,
  type DistortionSettings,
  distortionJson,
  distortionPlot,
  layerReports as distortions,
  distortionTable,
} from "../src/commands/distortion/report.ts";
import { encodeCodes, inversionJson, inversionTable, type Search } from "../src/commands/invert/report.ts";
import { warpageJson, warpagePlot, warpageTable } from "../src/commands/warpage/report.ts";
import type { WarpageRow } from "../src/commands/warpage/rows.ts";
import { iterationText, originOf, stillnessRemark } from "../src/inputs/captions.ts";
import { fixed, number, percent, significant, table, text } from "../src/kit/table.ts";

const space = (name: string, dim: number) => ({ name, dim, shape: [dim] });
const provenance: Provenance = {
  tool: "vielbein 0",
  method: "m",
  model: { file: "g.onnx", sha256: "0123456789abcdef", opset: 17 },
  from: space("z", 4),
  to: space("y", 6),
  points: { seed: 3, prior: { kind: "normal" }, first: 0, count: 2 },
  options: {},
  runtime: "r",
};
/** The text without styles, line by line. */
const lines = (styled: string) =>
  styled
    .replace(new RegExp(`${"\u001b"}\\[\\d+m`, "g"), "")
    .trimEnd()
    .split("\n");
/** What an SVG says, in its order. */
const words = (svg: string) =>
  Array.from(svg.matchAll(/<text[^>]*>(?:<title>[^<]*<\/title>)?([^<]*)</g), ([, word]) => word);

describe("tables", () => {
  it("numbers stand flush right and texts flush left, two spaces apart, under titles where there are any", () => {
    const items = [
      { name: "a", size: 5 },
      { name: "long", size: 1234 },
    ];
    const columns = [
      text<(typeof items)[0]>("name", ({ name }) => name),
      number<(typeof items)[0]>("n", ({ size }) => size),
    ];
    expect(table(items, columns)).toBe("name     n\na        5\nlong  1234");
    expect(table(items, [text("", ({ name }) => name), undefined, number("", (_, i) => i)])).toBe(
      "a     0\nlong  1",
    );
    expect(table([], columns)).toBe("name  n");
  });

  it("a number that is not known is a dash; infinity and 0 are known", () => {
    expect([significant(undefined, 3), fixed(Number.NaN, 2), percent(undefined)]).toEqual(["–", "–", "–"]);
    expect([significant(0, 3), fixed(-0.125, 2), percent(0.12345)]).toEqual(["0.00", "-0.13", "12.35 %"]);
    expect(fixed(Number.POSITIVE_INFINITY, 2)).toBe("Infinity");
  });
});

describe("captions", () => {
  it("say where codes come from, by which way, and how they were truncated", () => {
    const { points, from } = provenance;
    const options = {};
    expect(originOf({ points, from, options })).toBe("seed 3");
    expect(originOf({ points: { ...points, drawnIn: "x" } as never, from, options })).toBe("seed 3, x → z");
    expect(originOf({ points: { file: "p.npy", sha256: "0", count: 1 }, from, options })).toBe("p.npy");
    const toward = { psi: 0.5, space: "w", toward: "mean of samples", samples: 10 } as const;
    expect(originOf({ points, from, options, truncation: toward })).toBe(
      "seed 3, ψ = 0.5 toward the mean of w",
    );
    const scaled = {
      psi: 2,
      space: "z",
      toward: "mean of the prior",
      distribution: "scaled normal",
    } as const;
    expect(originOf({ points, from, options, truncation: scaled })).toBe(
      "seed 3, z scaled by 2 (scaled normal)",
    );
  });

  it("say at how many points nothing moves", () => {
    expect(stillnessRemark("z", "y", [1, 1e-300])).toEqual([]);
    const where = (...largest: number[]) =>
      /"z" (.*): the derivative/.exec(stillnessRemark("z", "y", largest)[0]!)![1];
    expect([where(0), where(0, 0), where(0, 1), where(2, 0, 0)]).toEqual([
      "at this point",
      "at any of 2 points",
      "at 1 of 2 points",
      "at 2 of 3 points",
    ]);
    expect(iterationText(12, 0.00123)).toContain("at most 12 products");
    expect(iterationText(12, 0.00123)).toContain("largest residual 0.0012");
  });
});

const nan = Number.NaN;
const row = (
  layer: number,
  index: number,
  values: number[],
  more: Partial<DimensionRow> = {},
): DimensionRow => ({
  layer,
  index,
  singular_values: Float64Array.from(values),
  dead_inputs: 0,
  dead_outputs: 0,
  route: 0,
  untrained_singular_values: Float64Array.from(values, () => nan),
  untrained_dead_inputs: nan,
  untrained_dead_outputs: nan,
  ...more,
});

describe("dimension", () => {
  const layers = [space("h", 5), space("y", 6)];
  const settings: DimensionSettings = {
    threshold: [0.01],
    alpha: 0.5,
    convention: "input",
    untrained: 0,
    draws: 1,
  };
  const report = (rows: readonly DimensionRow[], changes: Partial<DimensionSettings> = {}) => {
    const options = { ...settings, ...changes };
    const reports = dimensions(rows, layers, provenance.from, options);
    return {
      table: lines(dimensionTable(reports, options, provenance)),
      json: JSON.parse(JSON.stringify(dimensionJson(reports, options, provenance))),
      plot: words(dimensionPlot(reports, options, provenance)),
    };
  };
  const [sharp, flat] = [
    [4, 1e-9, 0, 0],
    [1, 1, 1, 1],
  ];

  it("statistics are those of the squares of singular values, and padding counts for nothing", () => {
    const { json } = report([row(1, 7, [2, 2, 1, 1]), row(0, 0, [3, 0, 0, 0, nan], { dead_inputs: 1 })]);
    const [padded, equal] = json.layers.map(({ points }: { points: object[] }) => points[0]);
    // (4 + 4 + 1 + 1)²/(16 + 16 + 1 + 1), (Σλ)/λ₁.
    expect(equal).toMatchObject({ index: 7, largestSingularValue: 2, dims99: 4, route: "matrix" });
    expect(equal.participationRatio).toBeCloseTo(100 / 34, 12);
    expect(equal.stableRank).toBeCloseTo(2.5, 12);
    const entropy = -(2 * 0.4 * Math.log(0.4) + 2 * 0.1 * Math.log(0.1));
    expect(equal.effectiveRank).toBeCloseTo(Math.exp(entropy), 12);
    expect(padded).toMatchObject({ participationRatio: 1, stableRank: 1, dims99: 1, deadInputs: 1 });
    expect(json).toMatchObject({ threshold: 0.01, alpha: 0.5, convention: "input", from: { name: "z" } });
    expect(equal.byThreshold).toBeUndefined();
    expect(equal.untrained).toBeUndefined();
  });

  it("the table gives median and range over the points, whole numbers without digits", () => {
    const rows = [sharp, [4, 3, 0, 0], [4, 3, 2, 0], [4, 3, 0, 0]].map((values, i) => row(1, i, values));
    const { table: found } = report(rows);
    expect(found[0]).toBe("z [4] → layers  seed 3, median and range");
    expect(found[1]!.split(/ {2,}/)).toEqual([
      "layer",
      "dim",
      "dimension θ=0.01",
      "tested",
      "kept",
      "particip. ratio",
      "eff. rank",
      "stable rank",
      "99 %",
      "status",
    ]);
    // A layer without points is left out.
    expect(found).toHaveLength(3);
    const cells = found[2]!.trim().split(/ {2,}/);
    expect(cells.slice(0, 2)).toEqual(["y", "6"]);
    expect(cells[2]).toBe("2 [1–3]");
    expect(cells[8]).toBe("2 [1–3]");
    // (16 + 9)²/(256 + 81) = 1.85, of both in the middle.
    expect(cells[5]).toMatch(/^1\.9 \[1\.0–/);
    // Of an even number of points the median may lie between two.
    const two = report([row(1, 0, sharp), row(1, 1, [4, 3, 0, 0])]).table[2]!;
    expect(two).toContain("1.5 [1–2]");
    expect(
      report([row(1, 0, sharp)])
        .table[2]!.trim()
        .split(/ {2,}/)[8],
    ).toBe("1");
  });

  it("several thresholds, untrained networks, draws, statuses, rough spectra and points that stand still", () => {
    const rows = [
      row(1, 0, [4, 0.2, 0, 0], {
        untrained_singular_values: Float64Array.of(4, 3, 2, 0),
        untrained_dead_inputs: 0,
        untrained_dead_outputs: 0,
      }),
      row(1, 1, flat, {
        untrained_singular_values: Float64Array.of(4, 3, 0, 0),
        untrained_dead_inputs: 0,
        untrained_dead_outputs: 0,
        route: 2,
      }),
      row(0, 0, [0, 0, 0, 0], {
        dead_inputs: 4,
        dead_outputs: 5,
        untrained_singular_values: Float64Array.of(1, 0, 0, 0),
        untrained_dead_inputs: 0,
        untrained_dead_outputs: 0,
      }),
    ];
    const found = report(rows, { threshold: [0.01, 0.1], untrained: 2, draws: 1 });
    expect(found.table[1]).toMatch(/dimension θ=0\.01 +dimension θ=0\.1 +untrained +tested/);
    const [first] = found.json.layers[1].points;
    expect(first.byThreshold.map(({ threshold }: { threshold: number }) => threshold)).toEqual([0.01, 0.1]);
    expect(first.untrained.dimension).toBe(3);
    expect(found.json.layers[1].points[1].dimension).toBeNull();
    const [, , still, moving] = found.table;
    expect(still!.startsWith("h        5")).toBe(true);
    expect(moving).toMatch(/ ×1, .* ×1$/);
    expect(found.table.slice(4)).toEqual([
      "some Jacobians exceed --memory: singular values by products with them, below 1e-3 of the first they are rounding",
      '"h" does not depend on "z" at this point: the derivative is 0 there, and directions say nothing',
    ]);
    expect(report(rows.slice(0, 1)).table).toHaveLength(3);
    // Companions have room beside one threshold, and where there is nothing else.
    const companions = ["effective rank", "participation ratio"];
    expect(found.plot).toContain("untrained, θ = 0.01");
    expect(companions.some((label) => found.plot.includes(label))).toBe(false);
    expect(report(rows).plot).toEqual(expect.arrayContaining(["local dimension, θ = 0.01", ...companions]));
    expect(report([row(1, 0, flat)], { threshold: [0.01, 0.1] }).plot).toEqual(
      expect.arrayContaining(companions),
    );
    expect(report(rows).plot).not.toContain("untrained, θ = 0.01");
    expect(report(rows).plot).toContain("from z [4] · seed 3, 2 points");
  });
});

describe("distortion", () => {
  const layers = [space("h", 5), space("y", 6)];
  const settings: DistortionSettings = { epsilon: 0.1, pairs: 4, seed: 3 };
  type Numbers = readonly [random: number, near: number, untrainedRandom?: number, untrainedNear?: number];
  const pair = (
    layer: number,
    index: number,
    [random, near, other = nan, beside = nan]: Numbers,
  ): DistortionRow => ({
    layer,
    pair: index,
    route: 0,
    random,
    random_k: Number.isNaN(random) ? nan : 2,
    near,
    near_k: Number.isNaN(near) ? nan : 2,
    untrained_random: other,
    untrained_random_k: Number.isNaN(other) ? nan : 2,
    untrained_near: beside,
    untrained_near_k: Number.isNaN(beside) ? nan : 2,
  });
  const report = (
    rows: readonly DistortionRow[],
    untrained = 0,
    changes: Partial<DistortionSettings> = {},
  ) => {
    const options = { ...settings, ...changes };
    const reports = distortions(rows, layers, options.seed, untrained);
    return {
      table: lines(distortionTable(reports, options, provenance)),
      json: JSON.parse(JSON.stringify(distortionJson(reports, options, provenance))),
      plot: () => words(distortionPlot(reports, options, provenance)),
    };
  };

  it("is the ratio of the means; pairs without a dimension are left out and counted", () => {
    const { table: found, json } = report([
      pair(1, 0, [1, 0.25]),
      pair(1, 1, [0.5, 0.125]),
      pair(1, 2, [nan, 0.1]),
    ]);
    expect(found[0]).toBe("z [4] → layers  ε = 0.1, k = local dimension, 4 pairs, seed 3");
    expect(found[1]!.split(/ {2,}/)).toEqual([
      "layer",
      "dim",
      "k",
      "I_rand",
      "(Haar)",
      "I_local",
      "D",
      "95 %",
    ]);
    const cells = found[2]!.split(/ {2,}/);
    expect([cells[0], cells[1], cells[2], cells[3], cells[5], cells[6], cells[7]]).toEqual([
      "y",
      "6",
      "2",
      "0.750",
      "0.188",
      "4.00",
      "4.00–4.00",
    ]);
    expect(cells[8]).toBe("1 of 3 pairs with flat spectra left out");
    expect(json.layers).toHaveLength(1);
    expect(json.layers[0]).toMatchObject({
      routes: ["matrix"],
      distortion: 4,
      pairs: 2,
      excluded: 1,
      k: 2,
      untrained: null,
      interval: [4, 4],
    });
    expect(report([pair(1, 0, [1, 0.5])], 0, { k: 2 }).table[0]).toContain("k = 2");
  });

  it("of pairs that say nothing it says why", () => {
    const why = (numbers: Numbers, k?: number) => report([pair(0, 0, numbers)], 0, { k }).table[2]!;
    expect(why([nan, nan])).toMatch(/ – +– +– +– +– +– {2}no local dimension \(flat spectra\): give --k$/);
    expect(why([nan, nan], 2)).toMatch(/no local dimension \(flat spectra\)$/);
    expect(why([1, 0])).toMatch(/neighbours share their tangent space: raise --epsilon$/);
    expect(why([0, 0])).toMatch(/0\/0: tangent spaces do not turn \(an affine map\)$/);
    const { json } = report([pair(0, 0, [nan, nan])]);
    expect(json.layers[0]).toMatchObject({
      iRand: null,
      iLocal: null,
      distortion: null,
      k: null,
      haar: null,
    });
  });

  it("of untrained networks: that of all pairs, and the range of the networks, whose pairs take turns", () => {
    const rows = [
      pair(0, 0, [1, 0.5, 1, 0.5]),
      pair(0, 1, [1, 0.5, 3, 0.5]),
      pair(0, 2, [1, 0.5, 1, 0.5]),
      pair(0, 3, [1, 0.5, 3, 0.5]),
    ];
    const { table: found, json, plot } = report(rows, 2);
    expect(found[1]).toMatch(/D +95 % +untrained D +networks$/);
    expect(found[2]).toMatch(/2\.00 +2\.00–2\.00 +4\.00 +2\.00–6\.00$/);
    expect(json.layers[0].untrained.distortion).toBe(4);
    expect(
      json.layers[0].untrained.networks.map(({ seed, distortion }: { seed: number; distortion: number }) => [
        seed,
        distortion,
      ]),
    ).toEqual([
      [3, 2],
      [4, 6],
    ]);
    expect(plot()).toContain("same architecture, random weights (range of networks)");
    expect(report(rows).plot().join()).not.toContain("random weights");
    expect(plot()).toContain("from z [4] · ε = 0.1, k = local dimension, 4 pairs · seed 3");
  });
});

describe("warpage", () => {
  const k = 6;
  const profile = (scale: number) => Float64Array.from({ length: k }, (_, i) => scale * (i + 1));
  const names = ["geodesic", "normalized_geodesic", "projection"];
  const cells = (
    name: string,
    value: (scale: number) => Float64Array | ReturnType<typeof matrix>,
    scale: number,
  ) => Object.fromEntries(names.map((distance) => [`${name}_${distance}`, value(scale)]));
  const rowOf = (scale: number, resolved: number): WarpageRow =>
    ({
      route: 0,
      resolved,
      ...cells("random", profile, scale),
      ...cells("near", (s) => matrix(2, k, [...profile(s / 10), ...profile(s / 5)]), scale),
      ...cells("sefa", (s) => profile(s).slice(0, 3), 2 * scale),
    }) as unknown as WarpageRow;
  const result = { rows: [rowOf(1, 5), rowOf(3, 6)], k, epsilons: [0.1, 0.5], provenance };

  it("the table has some numbers of directions and the last, and dashes where there are no more", () => {
    const found = lines(warpageTable(result, "geodesic"));
    expect(found[0]).toBe("z [4] → y [6]  seed 3, 2 pairs, mean ± standard deviation");
    expect(found.slice(1).map((line) => line.split(/ {2,}/))).toEqual([
      ["geodesic distance (rad)", "k=1", "k=2", "k=5", "k=6"].map((title, i) =>
        i ? expect.stringContaining(title) : title,
      ),
      ["random pairs", "2.000 ±1.414", "4.000 ±2.828", "10.000 ±7.071", "12.000 ±8.485"],
      ["to SeFa", "4.000 ±2.828", "8.000 ±5.657", "–", "–"],
      ["near ε = 0.1", "0.200 ±0.141", "0.400 ±0.283", "1.000 ±0.707", "1.200 ±0.849"],
      ["near ε = 0.5", "0.400 ±0.283", "0.800 ±0.566", "2.000 ±1.414", "2.400 ±1.697"],
    ]);
  });

  it("the document has what there is, and null for what there is not", () => {
    const json = JSON.parse(JSON.stringify(warpageJson(result)));
    expect(json).toMatchObject({
      k: [1, 2, 3, 4, 5, 6],
      pairs: 2,
      toPca: null,
      haar: null,
      untrained: null,
      resolved: 5,
    });
    expect(json.randomPairs.projection.mean).toEqual([2, 4, 6, 8, 10, 12]);
    expect(
      json.nearPairs.map(({ epsilon, geodesic }: { epsilon: number; geodesic: { mean: number[] } }) => [
        epsilon,
        geodesic.mean[0],
      ]),
    ).toEqual([
      [0.1, 0.2],
      [0.5, 0.4],
    ]);
    expect(words(warpagePlot(result, "projection"))).toEqual(
      expect.arrayContaining(["g.onnx: warpage", "z [4] → y [6] · seed 3, 2 pairs", "projection distance"]),
    );
  });
});

describe("compare", () => {
  const frame = (...columns: number[][]) =>
    matrix(
      4,
      columns.length,
      Float64Array.from(
        { length: 4 * columns.length },
        (_, at) => columns[at % columns.length]![Math.floor(at / columns.length)]!,
      ),
    );
  const [c, s] = [Math.cos(0.3), Math.sin(0.3)];
  const frames = [
    frame([1, 0, 0, 0], [0, 1, 0, 0]),
    frame([0, -1, 0, 0], [c, 0, s, 0]),
    frame([0, 0, 1, 0], [0, 0, 0, 1]),
  ];
  const pairs = comparisons(frames, 2);
  const haar = haarNull(4, 2);
  const sets = ["a", "b", "c"].map((label) => ({
    label,
    file: `${label}.npz`,
    set: { space: provenance.from, vectors: frames[0]!, names: ["one", "two", "three"], method: "SeFa" },
  }));
  const result = { sets, space: provenance.from, k: 2, pairs, haar } as unknown as Parameters<
    typeof comparisonTable
  >[0];

  it("every two sets once: angles, distances, overlap, and matches without their signs", () => {
    expect(pairs.map(({ first, second }) => [first, second])).toEqual([
      [0, 1],
      [0, 2],
      [1, 2],
    ]);
    const measures = measuresOf(pairs[0]!);
    expect(measures.leastAngle).toBeCloseTo(0, 12);
    expect(measures.largestAngle).toBeCloseTo(0.3, 12);
    expect(measures.overlap).toBeCloseTo((1 + c * c) / 2, 12);
    expect(measures.meanCosine).toBeCloseTo((1 + c) / 2, 12);
    expect(measures.distances.normalizedGeodesic).toBeCloseTo(0.3 / Math.SQRT2, 12);
    expect(() => comparisons([frame([1, 0, 0, 0], [1, 0, 0, 0]), frames[0]!], 2)).toThrow(
      /sets 0 and 1 .* span 1 dimensions/,
    );
  });

  it("uniform subspaces overlap by k/n on average", () => {
    expect(haar.overlap.mean).toBeCloseTo(0.5, 1);
    expect(haar.leastAngle.mean).toBeLessThan(haar.largestAngle.mean);
    expect(haar.meanCosine.std).toBeGreaterThan(0);
  });

  it("table, document and matrix", () => {
    const found = lines(comparisonTable(result, "geodesic"));
    expect(found[0]).toBe("z [4]  leading 2 directions");
    expect(found[2]!.split(/ {2,}/)).toEqual(["a", "b", "0.3000", "0.0000", "0.3000", "0.9563", "0.9777"]);
    expect(found[3]!.split(/ {2,}/)).toEqual(["a", "c", "2.2214", "1.5708", "1.5708", "0.0000", "0.0000"]);
    expect(found[5]).toMatch(/^uniform \(Haar\) +(\d\.\d{4} ±\d\.\d{4}( +|$)){5}$/);
    const json = JSON.parse(JSON.stringify(comparisonJson(result)));
    expect(json.sets[1]).toEqual({ label: "b", file: "b.npz", method: "SeFa", names: ["one", "two"] });
    expect(json.haar.pairs).toBe(100);
    const plot = words(comparisonPlot(result, "geodesic"));
    expect(plot.filter((word) => word === "a")).toHaveLength(2);
    // Zeros on the diagonal, and every pair twice.
    expect(["0.30", "2.22", "0.00"].map((value) => plot.filter((word) => word === value).length)).toEqual([
      2, 2, 3,
    ]);
  });
});

describe("inversion", () => {
  const search = (sample: number, loss: number, converged: boolean): Search => ({
    sample,
    start: Float32Array.of(0, 0),
    code: Float32Array.of(3, 4),
    before: 12.345678,
    distance: 0.5,
    loss,
    steps: 7,
    converged,
  });
  const report = {
    target: { file: "t.png" } as never,
    searches: [search(4, 0.75, true), search(1, 1.5, false)],
    rms: 0.0123456,
    work: { values: 1, jvps: 2, vjps: 3 },
    route: "matrix" as const,
    complete: true,
    provenance,
  };

  it("the best search has a star; lengths, work and route are told", () => {
    const found = lines(inversionTable(report, ["a remark"]));
    expect(found.map((line) => line.split(/ {2,}/))).toEqual([
      ["start", "distance before", "after", "loss", "steps", "converged"],
      ["4 *", "12.35", "0.5000", "0.7500", "7", "yes"],
      ["1", "12.35", "0.5000", "1.500", "7", "no"],
      ["best (*): rms difference of outputs 0.0123, length of the code 5.00"],
      ["work: 1 values, 2 JVPs, 3 VJPs; derivatives by matrix"],
      ["a remark"],
    ]);
    expect(inversionTable({ ...report, route: undefined }, [])).toContain("derivatives none");
    const json = JSON.parse(JSON.stringify(inversionJson(report)));
    expect(json).toMatchObject({ code: [3, 4], distance: 0.5, loss: 0.75, rms: 0.0123456, complete: true });
    expect(json.searches[1]).toMatchObject({ sample: 1, length: 5, converged: false });
    expect([json.route, json.searches[0].start]).toEqual([undefined, undefined]);
    expect(encodeCodes(report, "x.NPZ").subarray(0, 2)).toEqual(new Uint8Array([0x50, 0x4b]));
    expect(encodeCodes(report, "npz.npy").subarray(1, 6)).toEqual(new TextEncoder().encode("NUMPY"));
  });
});
