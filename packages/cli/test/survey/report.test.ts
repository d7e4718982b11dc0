// What the report of a survey says: means as the commands have them, intervals, nulls, layers, models on an axis, and
// what is missing.

import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeModel } from "@vielbein/onnx";
import { beforeAll, describe, expect, it } from "vitest";
import { floats, generator, generatorBytes, int64s } from "../models.ts";
import { scratch, vielbein } from "../run.ts";
import { planned, ran, tableOf } from "./surveys.ts";

interface Statistic {
  readonly model: string;
  readonly at: number | null;
  readonly layer: string;
  readonly quantity: string;
  readonly points: number;
  readonly missing: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly p50: number;
  readonly standardDeviation: number;
}

async function reported(folder: string) {
  const { code, stdout } = await vielbein("survey", "report", folder, "--json");
  expect(code).toBe(0);
  const { methods, ...rest } = JSON.parse(stdout);
  const find = (method: string, quantity: string, layer = "image", model?: string): Statistic =>
    methods
      .find((one: { method: string }) => one.method === method)
      .statistics.find(
        (one: Statistic) =>
          one.quantity === quantity && one.layer === layer && (model === undefined || one.model === model),
      );
  return { ...rest, methods, find };
}

const model = scratch("generator.onnx", generatorBytes);

/** The generator with other weights, of deviation `scale`. */
function checkpoint(seed: number, scale = 0.5): string {
  const { graph, ...rest } = generator();
  const initializers = graph.initializers.map((tensor, i) =>
    tensor.dims.length === 2 ? floats(tensor.name, [...tensor.dims].map(Number), seed + i, scale) : tensor,
  );
  return scratch(`step-${seed}.onnx`, encodeModel({ ...rest, graph: { ...graph, initializers } }));
}

describe("of one model", () => {
  const folder = scratch("one");

  beforeAll(async () => {
    await planned(
      folder,
      ...[model, "--what", "basis,dimension,distortion,warpage,metric", "--to", "hidden", "image"],
      ...["--samples", "12", "--pairs", "12", "--shard-size", "5", "--seed", "3"],
      ...[
        "--with",
        "distortion --k 2 --untrained 2",
        "--with",
        "warpage --k 2 --pca-samples 0 --untrained 2",
      ],
    );
    expect((await ran(folder)).code).toBe(0);
  }, 120_000);

  it("Distortion and its interval are those of the command", async () => {
    const { find, missing } = await reported(folder);
    expect(missing).toEqual([]);
    const { stdout } = await vielbein(
      ...["distortion", model, "--pairs", "12", "--seed", "3", "--k", "2", "--untrained", "2"],
      ...["--to", "hidden", "image", "--json"],
    );
    for (const layer of JSON.parse(stdout).layers) {
      const { mean, low, high, points } = find("distortion", "distortion", layer.to.name);
      expect(points).toBe(12);
      expect(mean).toBeCloseTo(layer.distortion, 12);
      expect(low).toBeCloseTo(layer.interval[0], 12);
      expect(high).toBeCloseTo(layer.interval[1], 12);
      expect(find("distortion", "random", layer.to.name).mean).toBeCloseTo(layer.iRand, 12);
      expect(find("distortion", "untrained_distortion", layer.to.name).mean).toBeCloseTo(
        layer.untrained.distortion,
        12,
      );
    }
  });

  it("means, deviations and medians are those of the rows; intervals hold the means", async () => {
    const { find } = await reported(folder);
    const rows = (await tableOf(folder)).filter((row) => row.method === "metric" && row.layer === "hidden");
    const values = rows.map((row) => row.metric_trace as number).sort((a, b) => a - b);
    const mean = values.reduce((sum, x) => sum + x, 0) / 12;
    const found = find("metric", "trace", "hidden");
    expect(found.mean).toBeCloseTo(mean, 10);
    expect(found.p50).toBeCloseTo((values[5]! + values[6]!) / 2, 10);
    expect(found.standardDeviation).toBeCloseTo(
      Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 11),
      10,
    );
    expect(found.low).toBeLessThan(mean);
    expect(found.high).toBeGreaterThan(mean);
    // About ± 2 standard errors.
    expect((found.high - found.low) / ((4 * found.standardDeviation) / Math.sqrt(12))).toBeCloseTo(1, 0);
  });

  it("warpage at all k directions is that of the command", async () => {
    const { find } = await reported(folder);
    const { stdout } = await vielbein(
      ...["warpage", model, "--pairs", "12", "--seed", "3", "--k", "2", "--pca-samples", "0"],
      ...["--untrained", "2", "--json"],
    );
    const result = JSON.parse(stdout);
    for (const [quantity, profile] of [
      ["random_distance", result.randomPairs],
      ["near_distance_1", result.nearPairs[0]],
      ["haar_distance", result.haar],
      ["untrained_random_distance", result.untrained.randomPairs],
    ]) {
      expect(find("warpage", quantity).mean).toBeCloseTo(profile.geodesic.mean.at(-1), 12);
    }
  });

  it("prints tables with the nulls, writes a flat table, and draws plots by layer", async () => {
    const [csv, plots] = [scratch("one.csv"), scratch("plots")];
    const { code, stdout } = await vielbein("survey", "report", folder, "--out", csv, "--plots", plots);
    expect(code).toBe(0);
    expect(stdout).toMatch(/layer .*pairs .* D +\(untrained\) +I_rand/);
    expect(stdout).toMatch(/hidden +12 +\d[\d.]+ \[[\d.]+, [\d.]+\]/);
    expect(stdout).not.toContain("unfinished");
    const lines = readFileSync(csv, "utf8").trim().split("\r\n");
    expect(lines[0]).toBe(
      "method,model,at,layer,quantity,points,missing,mean,low,high,standardDeviation,p5,p25,p50,p75,p95",
    );
    expect(lines.every((line) => line.split(",").length === 16)).toBe(true);
    const { methods } = await reported(folder);
    expect(lines.length - 1).toBe(
      methods.reduce((sum: number, { statistics }: { statistics: [] }) => sum + statistics.length, 0),
    );
    const names = readdirSync(plots);
    expect(names).toContain("distortion-distortion-by-layer.svg");
    expect(names).toContain("warpage-random-distance-by-layer.svg");
    expect(names.some((name) => name.includes("by-axis"))).toBe(false);
    const svg = readFileSync(join(plots, "distortion-distortion-by-layer.svg"), "utf8");
    expect(svg).toContain("random weights");
    expect(svg).toContain("hidden");
  });

  it("writes one page with the same tables and figures, which refers to nothing else", async () => {
    const page = scratch("one.html");
    const { code, stdout } = await vielbein("survey", "report", folder, "--html", page);
    expect(code).toBe(0);
    const html = readFileSync(page, "utf8");
    expect(html).not.toMatch(/(src|href)="(?!#)/);
    for (const method of ["basis", "dimension", "distortion", "warpage", "metric"]) {
      expect(html).toContain(`<section id="${method}"`);
    }
    expect(html).toContain("random weights");
    expect(html).not.toContain("unfinished");
    // Every mean of the tables, with its interval.
    const cells = stdout.match(/\d[\d.e+-]* \[[^\]]*\]/g)!;
    expect(cells.length).toBeGreaterThan(10);
    for (const cell of cells) expect(html).toContain(`>${cell}<`);
    const refused = await vielbein("survey", "report", folder, "--html", scratch("one.txt"));
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(".html")]);
  });

  it("a model that does not answer to its code is reported: all is 0, and no point is left out", async () => {
    const still = scratch("still");
    await planned(still, checkpoint(1, 0), "--what", "basis,metric", "--samples", "3", "--shard-size", "3");
    await ran(still);
    const { find } = await reported(still);
    for (const quantity of ["trace", "participation_ratio"])
      expect(find("metric", quantity)).toMatchObject({ points: 3, missing: 0, mean: 0 });
    const page = await vielbein("survey", "report", still, "--html", scratch("still.html"));
    expect(page.code, page.stderr).toBe(0);
  });

  it("an unfinished survey is reported as far as it goes; damaged tables are not", async () => {
    const part = scratch("part");
    await planned(part, model, "--what", "basis,metric", "--samples", "12", "--shard-size", "5");
    const empty = await vielbein("survey", "report", part);
    expect([empty.code, empty.stdout]).toEqual([
      0,
      expect.stringMatching(/unfinished: shards 0-5 with 24 rows/),
    ]);
    await ran(part, "--shards", "0-2,5");
    truncateSync(join(part, "points/part-00001.parquet"), 50);
    const { find, missing } = await reported(part);
    expect(missing).toEqual([1, 3, 4]);
    expect(find("basis", "participation_ratio")).toMatchObject({ points: 7, missing: 0 });
    expect(find("metric", "trace")).toMatchObject({ points: 2 });
    const { stdout } = await vielbein("survey", "report", part, "--plots", scratch("part-plots"));
    expect(stdout).toMatch(
      /unfinished: shards 1,3-4 with 15 rows are missing or damaged; vielbein survey run/,
    );
    await vielbein("survey", "report", part, "--html", scratch("part.html"));
    expect(readFileSync(scratch("part.html"), "utf8")).toContain("unfinished: shards 1,3-4 with 15 rows");
    expect(readFileSync(scratch("part-plots/metric-trace-by-layer.svg"), "utf8")).toContain(
      "3 shards missing",
    );
  });
});

describe("homogeneity of the metric, where eigenvectors are kept", () => {
  const folder = scratch("axes");

  beforeAll(async () => {
    await planned(
      folder,
      ...[model, "--what", "metric", "--to", "hidden", "image", "--samples", "53", "--shard-size", "20"],
      ...["--seed", "3", "--with", "metric --shuffled", "--keep", "eigenvectors,shuffled_eigenvectors"],
    );
    expect((await ran(folder)).code).toBe(0);
  }, 120_000);

  it("is that of the command over the first 50 points, with its nulls", async () => {
    const { find } = await reported(folder);
    const { code, stdout } = await vielbein(
      ...["metric", model, "--samples", "50", "--seed", "3", "--shuffled", "--to", "hidden", "image"],
      "--json",
    );
    expect(code).toBe(0);
    for (const { to, homogeneity, haar, shuffled } of JSON.parse(stdout).layers) {
      for (const [prefix, expected] of Object.entries({
        "": homogeneity,
        haar_: haar,
        shuffled_: shuffled,
      })) {
        const found = find("metric", `${prefix}homogeneity`, to.name);
        const linear = find("metric", `${prefix}homogeneity_linear`, to.name);
        expect(found.mean).toBeCloseTo(expected.logarithmic.mean, 12);
        expect(linear.mean).toBeCloseTo(expected.linear.mean, 12);
        expect(found.points).toBe(prefix === "haar_" ? 10 : 50);
        expect(found.low).toBeLessThan(found.mean);
        expect(found.high).toBeGreaterThan(found.mean);
      }
    }
  });

  it("is printed and drawn beside random axes, with a remark on the points", async () => {
    const plots = scratch("axes-plots");
    const { stdout } = await vielbein("survey", "report", folder, "--plots", plots);
    expect(stdout).toMatch(/homogeneity +\(Haar\) +homogeneity, shuffled weights/);
    expect(stdout).toContain("over pairs of the first 50 points");
    expect(readFileSync(join(plots, "metric-homogeneity-by-layer.svg"), "utf8")).toContain("uniform (Haar)");
  });

  it("leaves out shards whose arrays are damaged, names them, and counts their points", async () => {
    const chunk = "arrays/metric_eigenvectors/c/0/1/0/0/0";
    const bytes = readFileSync(join(folder, chunk));
    bytes[9] = bytes[9]! ^ 1;
    writeFileSync(join(folder, chunk), bytes);
    // Shards 0 to 2 are of the hidden layer. A chunk that is cut short, and a description that is none:
    truncateSync(join(folder, "arrays/metric_eigenvectors/c/0/1/2/0/0"), 3);
    writeFileSync(join(folder, "arrays/metric_eigenvectors/zarr.json"), "{");
    const { find, missing, damagedArrays } = await reported(folder);
    expect([missing, damagedArrays]).toEqual([[], [3, 5]]);
    expect(find("metric", "homogeneity", "image")).toMatchObject({ points: 20, missing: 30 });
    expect(find("metric", "homogeneity", "hidden")).toMatchObject({ points: 50, missing: 0 });
    const page = scratch("damaged.html");
    const { stdout } = await vielbein("survey", "report", folder, "--html", page);
    const remark = "homogeneity lacks 30 points: arrays of shards 3,5 are damaged; vielbein survey run";
    expect(stdout).toContain(remark);
    expect(readFileSync(page, "utf8")).toContain(remark);
  });

  it("is left out where eigenvectors are not kept, or not all of them", async () => {
    for (const own of [[], ["--keep", "eigenvectors", "--with", "metric --k 2"]]) {
      const other = scratch(`axes-${own.length}`);
      await planned(other, model, "--what", "metric", "--samples", "3", ...own);
      await ran(other);
      const { find } = await reported(other);
      expect(find("metric", "homogeneity")).toBeUndefined();
    }
  });
});

describe("of several models", () => {
  const models = [1, 20, 300].map(checkpoint);
  const folder = scratch("several");
  const plan = [
    "--what",
    "dimension,basis",
    "--to",
    "hidden",
    "image",
    "--samples",
    "6",
    "--axis",
    "step=400,100,200",
  ];

  beforeAll(async () => {
    await planned(folder, ...models, ...plan);
    expect((await ran(folder)).code).toBe(0);
  }, 120_000);

  it("each has what it has alone, and its place on the axis", async () => {
    const { find, axis } = await reported(folder);
    expect(axis).toBe("step");
    for (const [i, path] of models.entries()) {
      const { stdout } = await vielbein("dimension", path, "--samples", "6", "--to", "image", "--json");
      const points: { participationRatio: number }[] = JSON.parse(stdout).layers[0].points;
      const own = find("dimension", "participation_ratio", "image", `step-${[1, 20, 300][i]}.onnx`);
      expect(own.at).toBe([400, 100, 200][i]);
      expect(own.mean).toBeCloseTo(
        points.reduce((sum, one) => sum + one.participationRatio / 6, 0),
        10,
      );
    }
    expect(new Set((await tableOf(folder)).map(({ model, axis }) => `${model} ${axis}`)).size).toBe(3);
  });

  it("draws them along the axis, in its order", async () => {
    const plots = scratch("axis-plots");
    const { stdout } = await vielbein("survey", "report", folder, "--plots", plots);
    expect(stdout).toMatch(/model +step +layer/);
    const svg = readFileSync(join(plots, "basis-effective-rank-by-axis.svg"), "utf8");
    expect(svg).toContain("step");
    expect(existsSync(join(plots, "basis-effective-rank-by-layer.svg"))).toBe(true);
  });

  it("models that differ at a later layer only are refused when they are planned", async () => {
    const { graph, ...rest } = generator();
    const initializers = graph.initializers.map((tensor) =>
      tensor.name === "shape" ? int64s("shape", [-1, 3, 4, 16]) : tensor,
    );
    const other = scratch("later.onnx", encodeModel({ ...rest, graph: { ...graph, initializers } }));
    const out = scratch("refused-later");
    const { code, stderr } = await vielbein(
      ...["survey", "plan", model, other, "--what", "basis,metric", "--to", "hidden", "image", "--out", out],
    );
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(
        /does not have the rows .* basis .*image \[3, 4, 16\].* instead of .*image \[3, 8, 8\]/,
      ),
    ]);
    expect(existsSync(out)).toBe(false);
  });

  it("models with other layers, or named twice, and lists given twice are refused when they are planned", async () => {
    const other = scratch("other.onnx", encodeModel(generator([], "hidden")));
    for (const [argv, code, message] of [
      [
        [model, other, "--what", "basis"],
        2,
        /does not have the rows of .*Models of one survey have the same layers/,
      ],
      [[model, model, "--what", "basis"], 2, /is named twice/],
      [[model, "--what", "basis", "--what", "metric"], 2, /--what.*given twice. Give one list/s],
      [[model, "--what", "basis", "--keep", "points", "--keep", "values"], 2, /--keep.*given twice/s],
      [[model, scratch("gone.onnx"), "--what", "basis"], 66, /gone.onnx/],
    ] as const) {
      const out = scratch("refused");
      const outcome = await vielbein("survey", "plan", ...argv, "--out", out);
      expect([outcome.code, outcome.stderr]).toEqual([code, expect.stringMatching(message)]);
      expect(existsSync(out)).toBe(false);
      rmSync(out, { recursive: true, force: true });
    }
  });
});
