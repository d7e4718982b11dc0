// How many rows of --points a command takes: all of them, or the first as many as --samples or --pairs asks for; more
// than there are is an error, which names both numbers, in place of fewer results than were asked for.

import { readFileSync } from "node:fs";
import { samplePoints } from "@vielbein/core";
import { readNpz, writeNpy } from "@vielbein/linalg/npy";
import { describe, expect, it } from "vitest";
import { generatorBytes } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

const path = scratch("generator.onnx", generatorBytes);
const six = samplePoints({ name: "z", dim: 4, shape: [4] }, 0, 0, 6);
const file = scratch("six.npy", writeNpy({ shape: [6, 4], data: six }));
const target = scratch("target.npy", writeNpy({ shape: [3, 8, 8], data: new Float32Array(192) }));

const run = (command: string, ...argv: string[]) => vielbein(command, path, "--points", file, ...argv);

describe("a number above that of the rows", () => {
  it.each([
    ["basis", "--samples", "7", []],
    ["dimension", "--samples", "7", []],
    ["metric", "--samples", "7", []],
    ["curvature", "--samples", "7", []],
    ["pca", "--samples", "7", ["--latent"]],
    ["frechet", "--samples", "7", []],
    ["intrinsic", "--samples", "7", []],
    ["sefa", "--samples", "7", ["--html", scratch("sefa")]],
    ["invert", "--candidates", "7", ["--target", target, "--steps", "1"]],
    ["distortion", "--pairs", "4", []],
    ["warpage", "--pairs", "4", []],
    ["ppl", "--pairs", "4", []],
  ])("%s %s %s is an error that names both", async (command, option, asked, further) => {
    const { code, stderr } = await run(command, option, asked, ...further);
    const made = option === "--pairs" ? ", which make 3 pairs" : "";
    expect([code, stderr]).toEqual([
      65,
      expect.stringContaining(`${option} ${asked}: "${file}" has 6 rows${made}. Ask for no more`),
    ]);
  });

  it("axes, which counts from --sample, says from where to where", async () => {
    const { code, stderr } = await run("axes", "--samples", "7", "--out", scratch("axes.svg"));
    expect([code, stderr]).toEqual([65, expect.stringMatching(/has rows 0 to 5, asked for 0 to 6/)]);
  });
});

describe("a smaller number takes the first", () => {
  it.each([
    ["basis", "--samples", "2", 2],
    ["dimension", "--samples", "2", 2],
    ["metric", "--samples", "2", 2],
    ["curvature", "--samples", "2", 2],
    ["warpage", "--pairs", "2", 4],
    ["ppl", "--pairs", "2", 4],
  ])("%s %s %s: rows of the file, bit for bit those of it all", async (command, option, asked, used) => {
    const rows = async (name: string, ...argv: string[]) => {
      const out = scratch(`${command}-${name}.npz`);
      const { code, stdout } = await run(command, ...argv, "--out", out, "--json");
      expect(code).toBe(0);
      const { provenance: _, ...arrays } = readNpz(readFileSync(out));
      return { arrays, source: JSON.parse(stdout).provenance.points };
    };
    const all = await rows("all");
    const first = await rows("first", option, asked);
    expect(all.source.count).toBe(6);
    expect(first.source).toMatchObject({ file: "six.npy", count: used });
    const n = Number(asked);
    for (const [name, { shape, data }] of Object.entries(first.arrays)) {
      expect([name, shape[0]]).toEqual([name, n]);
      expect(data).toEqual(all.arrays[name]!.data.slice(0, data.length));
    }
  });

  it("pca and frechet are of so many", async () => {
    for (const [command, ...argv] of [["pca", "--latent"], ["frechet"]] as const) {
      const { stdout } = await run(command, ...argv, "--samples", "3", "--json");
      expect(JSON.parse(stdout).provenance.points).toMatchObject({ file: "six.npy", count: 3 });
    }
  });

  it("a run of the first is gone on with", async () => {
    const [parts, whole] = [scratch("parts.npz"), scratch("whole.npz")];
    await run("basis", "--samples", "2", "--out", parts);
    expect((await run("basis", "--out", parts, "--resume")).code).toBe(0);
    await run("basis", "--out", whole);
    expect(readFileSync(parts)).toEqual(readFileSync(whole));
  });
});

it("Distortion states the pairs that there are", async () => {
  const { stdout } = await run("distortion");
  expect(stdout).toMatch(/\b3 pairs/);
});
