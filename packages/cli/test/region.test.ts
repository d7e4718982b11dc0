// vielbein region: a part of the picture that moves while the rest keeps still.

import { existsSync, readFileSync } from "node:fs";
import { decodeDirections } from "@vielbein/core/directions-file";
import { DataType, encodeModel } from "@vielbein/onnx";
import { encodePng, type RgbaImage } from "@vielbein/viz";
import { describe, expect, it } from "vitest";
import { model, node } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

// z₀ lights the left half of a grey picture of 4 × 4 by 2, z₁ the right half by 3, z₂ all of it by 1.
const weights = Float32Array.from({ length: 3 * 16 }, (_, i) => {
  const [unit, column] = [Math.floor(i / 16), i % 4];
  return [column < 2 ? 2 : 0, column < 2 ? 0 : 3, 1][unit]!;
});
/** z `[n]` → a picture of 4 × 4, by these weights; numbers of z beyond them move nothing. */
function picture(n: number) {
  const all = Float32Array.from({ length: n * 16 }, (_, i) => weights[i] ?? 0);
  return model({
    nodes: [node("Gemm", ["z", "W"], ["flat"]), node("Reshape", ["flat", "s"], ["image"])],
    initializers: [
      { name: "W", dims: [n, 16], dataType: DataType.FLOAT, raw: new Uint8Array(all.buffer) },
      {
        name: "s",
        dims: [4],
        dataType: DataType.INT64,
        raw: new Uint8Array(BigInt64Array.of(-1n, 1n, 4n, 4n).buffer),
      },
    ],
    inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", n] }],
    outputs: [{ name: "image", dataType: DataType.FLOAT }],
  });
}
const halves = scratch("halves.onnx", encodeModel(picture(3)));

const region = async (...argv: string[]) => {
  const { code, stdout, stderr } = await vielbein("region", halves, ...argv, "--json");
  expect([code, stderr.includes("vielbein:")]).toEqual([0, false]);
  return JSON.parse(stdout);
};

describe("region", () => {
  it("keep: what moves the left half alone", async () => {
    const { directions, kept, provenance } = await region("--region", "0,0,2,4", "--outside", "keep");
    expect(kept).toBe(2);
    // z₀ and what z₁ takes back of z₂: (0, −1, 3)/√10 leaves the right half still.
    const [first] = directions;
    // They move the left half alike: across (2, −1) of them nothing is left that moves.
    expect(directions).toHaveLength(1);
    expect(first.outside).toBeCloseTo(0, 5);
    expect(first.inside ** 2).toBeCloseTo(8 * (4 + 9 / 10), 3);
    expect(provenance.options.routes).toEqual(["columns"]);
    expect(provenance.options).toMatchObject({
      region: { x: 0, y: 0, width: 2, height: 4 },
      outside: "keep",
    });
  });

  it("ignore: the local basis of the left half", async () => {
    const { directions, controls } = await region("--region", "0,0,2,4", "--outside", "ignore");
    // Eight pixels that (2, 0, 1) moves.
    expect(directions[0].inside).toBeCloseTo(Math.sqrt(8 * 5), 4);
    for (const [i, x] of [2, 0, 1].entries())
      expect(directions[0].vector[i]).toBeCloseTo(x / Math.sqrt(5), 5);
    expect(controls.localBasis).toHaveLength(3);
    expect(controls.random).toBeGreaterThan(0);
  });

  it("ratio: is as good as any, and a picture is as good as a rectangle", async () => {
    const data = Uint8ClampedArray.from({ length: 64 }, (_, i) => (i % 4 === 3 || i % 16 < 8 ? 255 : 0));
    const mask: RgbaImage = { width: 4, height: 4, data };
    const file = scratch("mask.png", encodePng(mask));
    const [byFile, bySides] = [await region("--region", file), await region("--region", "0,0,2,4")];
    expect(byFile.directions).toEqual(bySides.directions);
    expect(byFile.provenance.options.region).toMatchObject({ file: "mask.png" });
    expect(bySides.directions[0].outside).toBeLessThan(0.05 * bySides.directions[0].inside);
    expect(bySides.directions[0].outside / bySides.directions[0].inside).toBeLessThan(
      bySides.controls.random,
    );
  });

  it("prints a table, draws a sheet and writes directions for edits", async () => {
    const [sheet, file] = [scratch("region.svg"), scratch("region.safetensors")];
    const argv = ["--region", "0,0,2,4", "--outside", "keep", "--out", sheet, "--directions-out", file];
    const { code, stdout } = await vielbein("region", halves, ...argv);
    expect(code).toBe(0);
    expect(stdout).toMatch(/the rest kept still\n.*outside\/inside {2}of the local basis\n/);
    expect(stdout).toContain(
      "2 of 3 dimensions move the rest by at most 0.01 of the most that one does; left out of these, since they do not move the region either: 1\n",
    );
    expect(readFileSync(sheet, "utf8")).toMatch(/directions of a region/);
    const set = decodeDirections(readFileSync(file));
    expect([set.vectors.cols, set.method]).toEqual([1, "region"]);
    const edited = scratch("edited.png");
    expect(
      (await vielbein("edit", halves, "--directions-in", file, "--edit", "2*d0", "--out", edited)).code,
    ).toBe(0);
    expect(existsSync(edited)).toBe(true);
  });

  it("keep: what moves neither is counted and left out", async () => {
    const still = scratch("still.onnx", encodeModel(picture(4)));
    const argv = ["region", still, "--region", "0,0,2,4", "--outside", "keep", "--tolerance", "0.1"];
    const { stdout } = await vielbein(...argv);
    expect(stdout).toContain(
      "3 of 4 dimensions move the rest by at most 0.1 of the most that one does; left out of these, since they do not move the region either: 2\n",
    );
    expect((await vielbein(...argv, "--k", "1")).stdout).toContain("of the most that one does\n");
    const { stdout: json } = await vielbein(...argv, "--json");
    const { kept, directions, provenance } = JSON.parse(json);
    expect([kept, directions.length]).toEqual([3, 1]);
    expect([provenance.options.tolerance, provenance.options.regularization]).toEqual([0.1, undefined]);
  });

  it("has no quotient of a direction that moves nothing inside", async () => {
    const { stdout } = await vielbein("region", halves, "--region", "0,0,2,4", "--outside", "ignore");
    const [, first, second, third] = stdout.split("\n").filter((line) => /^(direction|d\d)/.test(line));
    expect(first).toMatch(/^d0 +\S+ +\S+ +[\d.e-]+ /);
    for (const line of [second, third]) expect(line).toMatch(/^d\d +\S+ +\S+ +– /);
  });

  // The whole metrics take 256 columns of a Jacobian of 12,288 × 128, and do not fit ten megabytes.
  it.each(["ignore", "ratio"])(
    "%s: of a trained network, the same by products as by whole metrics",
    async (outside) => {
      const found = async (file: string, ...argv: string[]) => {
        const path = scratch(file);
        const at = ["region", "sample", "--from", "w", "--region", "16,18,32,14", "--outside", outside];
        const { stdout } = await vielbein(...at, "--directions-out", path, "--json", ...argv);
        const { directions, products } = JSON.parse(stdout);
        return { directions, products, vectors: decodeDirections(readFileSync(path)).vectors };
      };
      const whole = await found("whole.safetensors", "--k", "40");
      const iterated = await found("iterated.safetensors", "--k", "4", "--memory", "10M");
      expect([whole.products, iterated.products]).toEqual([undefined, expect.any(Number)]);
      expect(iterated.vectors).toMatchObject({ rows: 128, cols: 4 });
      for (let k = 0; k < 4; k++) {
        for (const side of ["inside", "outside"]) {
          expect(Math.abs(iterated.directions[k][side] / whole.directions[k][side] - 1)).toBeLessThan(2e-3);
        }
        const column = ({ rows, cols, data }: typeof whole.vectors) =>
          Array.from({ length: rows }, (_, i) => Number(data[i * cols + k]));
        const [a, b] = [column(whole.vectors), column(iterated.vectors)];
        const sine = Math.min(...[1, -1].map((sign) => Math.hypot(...a.map((x, i) => x - sign * b[i]!))));
        expect(sine).toBeLessThan(5e-3);
      }
    },
    240_000,
  );

  it.each<[string[], number, RegExp]>([
    [["--region", "3,0,2,4"], 65, /leaves the picture of 4 × 4 pixels/],
    [["--region", "0,0,0,4"], 65, /nothing of the picture is inside/],
    [["--region", "1,2,3"], 2, /a rectangle is X,Y,WIDTH,HEIGHT/],
    [["--region", "no.png"], 66, /cannot read "no.png"/],
    [["--region", "0,0,4,4", "--outside", "keep", "--tolerance", "0"], 2, /Expected a number/],
    [["--region", "0,0,2,4", "--outside", "all"], 2, /ignore, keep, ratio/],
    [
      ["--region", "0,0,2,4", "--tolerance", "0.1"],
      2,
      /--tolerance belongs to --outside keep, got --outside ratio/,
    ],
    [
      ["--region", "0,0,2,4", "--outside", "keep", "--regularization", "0.1"],
      2,
      /belongs to --outside ratio/,
    ],
    [["--region", "0,0,2,4", "--layout", "signal:16"], 65, /outputs are no images/],
    [[], 2, /--region/],
  ])("refuses %j", async (argv, status, message) => {
    const { code, stderr } = await vielbein("region", halves, ...argv);
    expect([code, stderr]).toEqual([status, expect.stringMatching(message)]);
  });
});
