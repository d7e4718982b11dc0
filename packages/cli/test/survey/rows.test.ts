// A survey holds what the single commands compute, and its bytes depend on nothing but its plan.

import { readFileSync } from "node:fs";
import { readNpz, writeNpy } from "@vielbein/linalg/npy";
import { beforeAll, describe, expect, it } from "vitest";
import type { TableRow } from "../../src/survey/table.ts";
import { generatorBytes } from "../models.ts";
import { interruptedAt, scratch, vielbein } from "../run.ts";
import { arrayOf, dataIn, filesIn, planned, ran, tableOf } from "./surveys.ts";

const model = scratch("generator.onnx", generatorBytes);

const ALL = ["--what", "basis,dimension,distortion,warpage,metric", "--samples", "10", "--pairs", "10"];
const OWN = [
  ...["--with", "basis --k 3", "--with", "warpage --k 2 --pca-samples 20 --epsilon 0.1,0.2"],
  ...["--with", "dimension --untrained 2"],
];

describe("the rows of a survey are those of the commands", () => {
  const folder = scratch("all");
  let rows: TableRow[] = [];

  beforeAll(async () => {
    await planned(
      folder,
      model,
      ...ALL,
      ...OWN,
      "--seed",
      "5",
      "--to",
      "hidden",
      "image",
      "--shard-size",
      "4",
    );
    expect(await ran(folder)).toMatchObject({ code: 0 });
    rows = await tableOf(folder);
  }, 120_000);

  it.each([
    ["basis", ["--samples", "10", "--k", "3"], ["singular_values"], ["products"]],
    [
      "dimension",
      ["--samples", "10", "--untrained", "2"],
      ["singular_values", "untrained_singular_values"],
      ["dead_inputs"],
    ],
    ["distortion", ["--pairs", "10"], [], ["random", "near", "near_k", "untrained_random"]],
    [
      "warpage",
      ["--pairs", "10", "--k", "2", "--pca-samples", "20", "--epsilon", "0.1,0.2"],
      ["random_geodesic", "near_projection", "haar_geodesic", "pca_geodesic", "untrained_near_geodesic"],
      ["resolved"],
    ],
    ["metric", ["--samples", "10"], ["eigenvalues"], []],
  ])("%s", async (method, argv, vectors, scalars) => {
    for (const [layer, to] of ["hidden", "image"].entries()) {
      const out = scratch(`${method}-${to}.npz`);
      await vielbein(method, model, ...argv, "--seed", "5", "--to", to, "--out", out);
      const kept = readNpz(readFileSync(out));
      const own = rows.filter((row) => row.method === method && row.layer === to);
      expect(own.map(({ index }) => index)).toEqual(Array.from({ length: 10 }, (_, i) => i));
      for (const name of scalars.filter((name) => name in kept)) {
        const expected = Array.from(kept[name]!.data as Float64Array, (x) => (Number.isNaN(x) ? null : x));
        expect([name, own.map((row) => row[`${method}_${name}`])]).toEqual([name, expected]);
      }
      for (const name of vectors) {
        const { shape, data } = await arrayOf(folder, `${method}_${name}`);
        expect([name, shape]).toEqual([name, [1, 2, ...kept[name]!.shape]]);
        const size = data.length / 2;
        expect([name, data.slice(layer * size, (layer + 1) * size)]).toEqual([name, kept[name]!.data]);
      }
    }
  });

  it("and the numbers that sum rows up are those of the commands' JSON", async () => {
    const { stdout } = await vielbein(
      "dimension",
      model,
      "--samples",
      "10",
      "--seed",
      "5",
      "--to",
      "image",
      "--json",
    );
    const { points } = JSON.parse(stdout).layers[0];
    const own = rows.filter((row) => row.method === "dimension" && row.layer === "image");
    for (const [column, name] of [
      ["local_dimension", "dimension"],
      ["participation_ratio", "participationRatio"],
      ["effective_rank", "effectiveRank"],
      ["largest_singular_value", "largestSingularValue"],
    ] as const) {
      expect(own.map((row) => row[`dimension_${column}`])).toEqual(
        points.map((point: Record<string, number>) => point[name]),
      );
    }
    const bases = rows.filter((row) => row.method === "basis" && row.layer === "image");
    const { data } = await arrayOf(folder, "basis_singular_values");
    expect(bases.map((row) => row.basis_largest_singular_value)).toEqual(
      Array.from({ length: 10 }, (_, i) => data[30 + 3 * i]),
    );
  });

  it("bulky results are kept where they are asked for", async () => {
    const kept = scratch("bulky");
    await planned(kept, model, "--what", "basis,metric", "--samples", "3", "--keep", "points,output_vectors");
    await ran(kept);
    const out = scratch("bulky.npz");
    await vielbein("basis", model, "--samples", "3", "--out", out);
    const arrays = readNpz(readFileSync(out));
    for (const name of ["points", "output_vectors"]) {
      expect((await arrayOf(kept, `basis_${name}`)).data).toEqual(arrays[name]!.data);
    }
    expect(filesIn(kept).filter((path) => /input_vectors|eigenvectors/.test(path))).toEqual([]);
  });
});

describe("the bytes of a survey", () => {
  const plan = [model, ...ALL, ...OWN, "--shard-size", "4"];
  const reference = scratch("reference");
  let wanted: Record<string, string> = {};

  beforeAll(async () => {
    await planned(reference, ...plan);
    await ran(reference);
    wanted = dataIn(reference);
    expect(Object.keys(wanted).length).toBeGreaterThan(60);
  }, 120_000);

  it("are the same whatever the order of the shards, and whoever computes them", async () => {
    const folder = scratch("shares");
    const count = await planned(folder, ...plan);
    expect(count).toBe(15);
    for (const share of ["2/3", "0/3", "1/3"]) {
      const { code, stdout } = await ran(folder, "--shard-of", share);
      expect([code, stdout]).toEqual([0, expect.stringContaining("5 shards computed")]);
    }
    expect(dataIn(folder)).toEqual(wanted);
  });

  it("are the same after interrupts, which lose no row", async () => {
    const folder = scratch("interrupted");
    await planned(folder, ...plan);
    for (const at of [2, 7, 23]) {
      const { code, stderr } = await interruptedAt(
        new RegExp(` ${at}/50`),
        ...["survey", "run", folder, "--jobs", "1"],
      );
      expect([code, stderr]).toEqual([75, expect.stringContaining("what was computed is kept")]);
      // Up to the row at hand, no row is computed twice.
      const unfinished = filesIn(folder).filter((path) => /unfinished\/\d+\.npz/.test(path));
      expect(unfinished).toHaveLength(at % 4 === 0 ? 0 : 1);
    }
    const { stderr } = await interruptedAt(/ 24\/50/, "survey", "run", folder, "--jobs", "1");
    expect(stderr).not.toMatch(/ 2[12]\/50/);
    expect(await ran(folder)).toMatchObject({ code: 0 });
    expect(dataIn(folder)).toEqual(wanted);
  });

  it("are the same by workers that take what is free", async () => {
    const folder = scratch("claimed");
    await planned(folder, ...plan);
    await ran(folder, "--claim", "--shards", "3-9");
    const { stdout } = await ran(folder, "--claim", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ before: [3, 4, 5, 6, 7, 8, 9], elsewhere: [], failed: [] });
    expect(dataIn(folder)).toEqual(wanted);
    expect(filesIn(folder).filter((path) => /^(claims|unfinished|failures)\//.test(path))).toEqual([]);
  });
});

describe("points at which a computation does not converge", () => {
  it("have no values, say why, and leave the others alone", async () => {
    // exp overflows in float32 at the third point.
    const data = Float32Array.from({ length: 16 }, (_, i) => (i >= 8 && i < 12 ? 3e38 : 0.1 * i));
    const points = scratch("far.npy", writeNpy({ shape: [4, 4], data }));
    const folder = scratch("far");
    await planned(
      folder,
      model,
      "--what",
      "basis,metric",
      "--to",
      "pre",
      "--points",
      points,
      "--shard-size",
      "2",
    );
    expect((await ran(folder)).code).toBe(0);
    const rows = await tableOf(folder);
    expect(rows.map(({ problem }) => problem !== null)).toEqual([
      false,
      false,
      true,
      false,
      false,
      false,
      true,
      false,
    ]);
    expect(rows[2]).toMatchObject({
      index: 2,
      problem: "NUMERICAL_FAILURE",
      basis_participation_ratio: null,
    });
    const { data: values } = await arrayOf(folder, "basis_singular_values");
    expect(Array.from(values, Number.isNaN)).toEqual(Array.from({ length: 16 }, (_, i) => i >= 8 && i < 12));
    const { stdout, code } = await vielbein("survey", "status", folder);
    expect([code, stdout]).toEqual([0, expect.stringContaining("2 rows have no values")]);
  });
});
