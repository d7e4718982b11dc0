// Options that count directions take all there are where there are fewer, and say so.

import { readFileSync } from "node:fs";
import { decodeDirections } from "@vielbein/core/directions-file";
import { readNpz } from "@vielbein/linalg/npy";
import { describe, expect, it } from "vitest";
import { generatorBytes } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

const path = scratch("counted.onnx", generatorBytes);

describe("of four directions, ten are four", () => {
  it.each([
    ["basis", "--k", "4", "singular_values"],
    ["metric", "--k", "4", "eigenvalues", "--samples", "1"],
    ["warpage", "--k", "4", "random_geodesic", "--pairs", "2", "--untrained", "0", "--pca-samples", "0"],
    ["distortion", "--k", "4", "random_k", "--pairs", "4", "--untrained", "0"],
  ])("%s %s", async (command, option, all, column, ...more) => {
    const [ten, four] = [scratch(`${command}-ten.npz`), scratch(`${command}-four.npz`)];
    const more10 = await vielbein(command, path, ...more, option, "10", "--out", ten);
    const more4 = await vielbein(command, path, ...more, option, all, "--out", four);
    expect([more10.code, more4.code]).toEqual([0, 0]);
    expect(more10.stderr).toMatch(new RegExp(`${option}.*there are 4, not 10`));
    expect(more4.stderr).not.toContain("there are");
    expect(readNpz(readFileSync(ten))[column]).toEqual(readNpz(readFileSync(four))[column]);
  });

  it("random --k", async () => {
    const out = scratch("random.safetensors");
    const { code, stderr } = await vielbein("random", path, "--k", "10", "--out", out);
    expect([code, stderr.includes("--k: there are 4, not 10")]).toEqual([0, true]);
    expect(decodeDirections(readFileSync(out)).names).toHaveLength(4);
  });

  it("sefa --k, compare --k", async () => {
    const sefa = await vielbein("sefa", path, "--k", "10");
    expect([sefa.code, sefa.stderr.includes("--k: there are 4, not 10")]).toEqual([0, true]);
    expect((await vielbein("sefa", path)).stderr).not.toContain("there are");
    const file = scratch("random.safetensors");
    const compare = await vielbein("compare", file, file, "--k", "10", "--json");
    expect([compare.code, compare.stderr.includes("--k: there are 4, not 10")]).toEqual([0, true]);
    expect(JSON.parse(compare.stdout).k).toBe(4);
  });
});

it.each([
  ["traverse", "--directions"],
  ["axes", "--axes"],
])("of a list, %s %s takes those that exist, and at least one", async (command, option) => {
  const common = [command, path, "--columns", "3", "--out", scratch(`${command}.svg`), "--json"];
  const some = await vielbein(...common, option, "2-9");
  expect([some.code, some.stderr.includes(`${option}: there are 0 to 3 only`)]).toEqual([0, true]);
  const { directions, rows } = JSON.parse(some.stdout);
  expect(directions ?? rows.map(({ axis }: { axis: number }) => axis)).toEqual([2, 3]);
  const none = await vielbein(...common, option, "4-9");
  expect([none.code, none.stderr.includes("there are 0 to 3, got 4")]).toEqual([65, true]);
  const unasked = await vielbein(...common);
  expect([unasked.code, unasked.stderr.includes("there are")]).toEqual([0, false]);
});
