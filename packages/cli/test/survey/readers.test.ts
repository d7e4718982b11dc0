// DuckDB, polars, pandas and xarray open the folder of an unfinished survey as it is; hyparquet and zarrita read what
// the other tests compare. Those in Python are skipped, with a reason, where they are not installed.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { generatorBytes } from "../models.ts";
import { scratch } from "../run.ts";
import { arrayOf, planned, ran, tableOf } from "./surveys.ts";

const model = scratch("generator.onnx", generatorBytes);
const folder = scratch("survey");
const script = fileURLToPath(new URL("../../../../tools/reference/cli/read_survey.py", import.meta.url));
const python = process.env.VIELBEIN_PYTHON ?? "python3";

beforeAll(async () => {
  const counts = ["--samples", "9", "--pairs", "5", "--shard-size", "4"];
  const methods = ["--what", "basis,distortion", "--with", "distortion --k 2 --untrained 0"];
  await planned(folder, model, ...methods, "--to", "hidden", "image", ...counts);
  // Shard 4, the middle of the bases to the image, is missing.
  await ran(folder, "--shards", "0-3,5-9");
}, 120_000);

/** What a reader finds; undefined where it is not installed, said once. */
function readBy(reader: string): unknown {
  const { status, stdout, stderr, error } = spawnSync(python, [script, folder, reader], { encoding: "utf8" });
  if (error || status === 3) {
    console.log(`skipped: ${reader}: ${error?.message ?? stdout.trim()}`);
    return undefined;
  }
  expect([status, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
}

describe("a survey is opened as it is", () => {
  it.each(["duckdb", "polars", "pandas"])("by %s", async (reader) => {
    const found = readBy(reader) as unknown[][] | undefined;
    if (!found) return;
    const rows = await tableOf(folder);
    const parts = ["basis", "distortion"].flatMap((method) =>
      ["hidden", "image"].map((layer) => rows.filter((row) => row.method === method && row.layer === layer)),
    );
    expect(found.map((line) => line.slice(0, 5))).toEqual([
      ["basis", "hidden", 9, 0, 8],
      ["basis", "image", 5, 0, 8],
      ["distortion", "hidden", 5, 0, 4],
      ["distortion", "image", 5, 0, 4],
    ]);
    for (const [i, part] of parts.entries()) {
      const [ratio, random, problems] = found[i]!.slice(5) as (number | null)[];
      expect(problems).toBe(0);
      for (const [value, column] of [
        [ratio, "basis_participation_ratio"],
        [random, "distortion_random"],
      ] as const) {
        const known = part.map((row) => row[column]).filter((x) => x !== null) as number[];
        if (known.length === 0) expect(value).toBeNull();
        else
          expect(value).toBeCloseTo(
            known.reduce((sum, x) => sum + x / known.length, 0),
            12,
          );
      }
    }
  });

  it("by xarray, chunks that are missing being NaN", async () => {
    const found = readBy("xarray") as [string[], number[], string, number[]] | undefined;
    if (!found) return;
    const [dims, shape, dtype, values] = found;
    expect([dims, shape, dtype]).toEqual([
      ["model", "layer", "point", "basis_singular_values_k"],
      [1, 2, 9, 4],
      "float64",
    ]);
    const { data } = await arrayOf(folder, "basis_singular_values");
    expect(values).toEqual(Array.from(data, (x) => (Number.isNaN(x) ? -1 : x)));
    // Points 4 to 7 at the second layer.
    expect(values.flatMap((x, i) => (x === -1 ? [i] : []))).toEqual(
      Array.from({ length: 16 }, (_, i) => 36 + 16 + i),
    );
  });
});
