// The limits of every numeric option: values at them pass, values beyond them are usage errors that say what would do.

import { encodeModel } from "@vielbein/onnx";
import { describe, expect, it } from "vitest";
import type { Terminal } from "../src/kit/terminal.ts";
import { programFor } from "../src/program.ts";
import { generatorBytes, styled } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

type Limits = { readonly passes: readonly string[]; readonly fails: readonly string[] };

const none = ["", " ", "x", "NaN", "Infinity", "0x1"];
const integer = (low: number, high?: number): Limits => ({
  passes: [String(low), String(high ?? Number.MAX_SAFE_INTEGER)],
  fails: [
    ...none,
    String(low - 1),
    "1.5",
    "1e2",
    "0x2",
    high === undefined ? "9007199254740992" : String(high + 1),
  ],
});
const positive: Limits = { passes: ["1e-300", "1e300"], fails: [...none, "0", "-1", "1e999"] };
const positives: Limits = { passes: ["1", "0.1,2"], fails: [...none, "0", "1,", "1,-1"] };
const between = (low: number, high: number): Limits => ({
  passes: [String(low), String(high)],
  fails: [...none, String(low - 0.1), String(high + 0.1)],
});
const percent: Limits = { passes: ["0.5", "14"], fails: [...none, "0", "14.1", "-1"] };
const indices: Limits = { passes: ["0", "0-2,5"], fails: ["", "x", "-1", "2-1", "1.5", "0-100000", "1;2"] };
const size: Limits = { passes: ["1", "512M", "2 GiB"], fails: ["", "0", "-1", "M", "1X"] };
const range: Limits = {
  passes: ["-1,1"],
  fails: ["", "1", "1,1", "1,-1", "0,x", "0,1,2", "0,Infinity", "0,0x1", ",1"],
};

const layout: Limits = {
  passes: ["hwc", "hw:28,28", "sheet-hwc:16,16,10", "classes", "signal:2,4096"],
  fails: ["", "nchw", "chw:3,64", "hw:0,4", "hw:-1,4", "signal:1,2,3", "chw:3,64,64,"],
};

const pictureSize: Limits = {
  passes: ["1", "64,32", "99999"],
  fails: ["", "0", "x", "4x4", "1,2,3", "-1", "100000"],
};

const map = { "--threads": integer(1, 1024), "--noise-seed": integer(0, 2 ** 24 - 1) };
const points = { "--seed": integer(0), "--truncation": between(0, 2), "--memory": size };
const sampling = { ...map, ...points };
const untrained = integer(0, 1000);

const table: Readonly<Record<string, Readonly<Record<string, Limits>>>> = {
  basis: { ...sampling, "--samples": integer(1), "--k": integer(1) },
  dimension: {
    ...sampling,
    "--samples": integer(1),
    "--draws": integer(1, 1000),
    "--threshold": positives,
    "--alpha": percent,
    "--untrained": untrained,
  },
  distortion: {
    ...sampling,
    "--pairs": integer(1),
    "--epsilon": positive,
    "--k": integer(1),
    "--threshold": positive,
    "--alpha": percent,
    "--untrained": untrained,
  },
  warpage: {
    ...sampling,
    "--pairs": integer(1),
    "--k": integer(1),
    "--epsilon": positives,
    "--untrained": untrained,
    "--pca-samples": integer(0),
  },
  metric: {
    ...sampling,
    "--draws": integer(1, 1000),
    "--samples": integer(1),
    "--k": integer(1),
    "--differences": positive,
    "--image-range": range,
    "--resize": pictureSize,
  },
  axes: {
    ...sampling,
    "--axes": indices,
    "--samples": integer(1, 99),
    "--sample": integer(0),
    "--range": positive,
    "--columns": integer(2, 99),
    "--image-range": range,
    "--resize": pictureSize,
  },
  traverse: {
    ...sampling,
    "--directions": indices,
    "--layers": indices,
    "--range": positive,
    "--curve-steps": integer(2, 10_000),
    "--columns": integer(2, 999),
    "--sample": integer(0),
    "--delay": integer(0, 65_535),
    "--image-range": range,
    "--layout": layout,
    "--sample-rate": integer(1, 2 ** 32 - 1),
  },
  sefa: {
    ...sampling,
    "--layers": { passes: ["all", "0-2"], fails: indices.fails },
    "--k": integer(1),
    "--samples": integer(1, 1000),
    "--range": positive,
    "--columns": integer(2, 99),
    "--image-range": range,
  },
  region: {
    ...sampling,
    "--k": integer(1),
    "--sample": integer(0),
    "--tolerance": between(1e-9, 0.999),
    "--regularization": between(1e-9, 0.999),
    "--range": positive,
    "--columns": integer(2, 99),
    "--image-range": range,
  },
  pca: { ...sampling, "--samples": integer(2), "--k": integer(1) },
  random: { ...map, "--memory": size, "--k": integer(1), "--seed": integer(0) },
  edit: {
    ...sampling,
    "--sample": integer(0),
    "--samples": integer(1, 99),
    "--columns": integer(2, 99),
    "--image-range": range,
    "--sample-rate": integer(1, 2 ** 32 - 1),
  },
  invert: {
    ...sampling,
    "--candidates": integer(1),
    "--starts": integer(1),
    "--prior-weight": positive,
    "--exponent": between(0, 1),
    "--metric-samples": integer(1),
    "--steps": integer(1),
    "--image-range": range,
    "--resize": pictureSize,
  },
  geodesic: {
    ...sampling,
    "--segments": integer(2, 1000),
    "--steps": integer(1),
    "--tolerance": positive,
    "--image-range": range,
    "--resize": pictureSize,
  },
  ppl: {
    ...sampling,
    "--pairs": integer(1),
    "--epsilon": positive,
    "--image-range": range,
    "--resize": pictureSize,
  },
};

const required: Readonly<Record<string, readonly string[]>> = {
  edit: ["--directions-in", "nowhere.safetensors", "--edit", "d0"],
  invert: ["--target", "nowhere.npy"],
  random: ["--out", scratch("random.safetensors")],
  region: ["--region", "0,0,1,1"],
};

const cases = Object.entries(table).flatMap(([command, options]) =>
  Object.entries(options).map(([option, limits]) => [command, option, limits] as const),
);

describe("limits of options", () => {
  it.each(cases)("%s %s", async (command, option, { passes, fails }) => {
    const run = (value: string) =>
      vielbein(command, "nowhere.onnx", ...(required[command] ?? []), `${option}=${value}`);
    // What passes goes on to the file that is not there.
    for (const value of passes) expect([value, (await run(value)).code]).toEqual([value, 66]);
    for (const value of fails) {
      const { code, stdout, stderr } = await run(value);
      expect([value, code, stdout]).toEqual([value, 2, ""]);
      expect(stderr).toMatch(/Expected/);
    }
  });

  it("name every numeric option of every command", async () => {
    for (const [command, options] of Object.entries(table)) {
      const { stdout } = await vielbein(command, "--help");
      const numeric = /(--[\w-]+) <(?:n|k|j|t|e|eps|rho|s|ms|psi|percent|size|low,high|list)>/g;
      const named = [...stdout.matchAll(numeric)].map(([, option]) => option!);
      const elsewhere = [
        "--provider",
        "--step-size",
        ...(command === "geodesic" ? ["--sample"] : []),
        ...(command === "edit" || command === "pca" ? ["--layers"] : []),
      ];
      expect([
        command,
        named.filter((option) => !(option in options) && !elsewhere.includes(option)),
      ]).toEqual([command, []]);
    }
  });
});

/** What numeric options are without being given. */
const defaults: Readonly<Record<string, Readonly<Record<string, number | readonly number[]>>>> = {
  basis: { "--seed": 0, "--samples": 1 },
  traverse: { "--seed": 0, "--curve-steps": 24, "--columns": 7, "--sample": 0, "--delay": 80 },
  dimension: {
    "--seed": 0,
    "--draws": 1,
    "--samples": 10,
    "--threshold": [0.01],
    "--alpha": 0.5,
    "--untrained": 0,
  },
  distortion: {
    "--seed": 0,
    "--pairs": 100,
    "--epsilon": 0.1,
    "--threshold": 0.01,
    "--alpha": 0.5,
    "--untrained": 3,
  },
  warpage: { "--seed": 0, "--pairs": 100, "--epsilon": [0.1], "--untrained": 3 },
  metric: { "--seed": 0, "--draws": 1, "--samples": 10 },
  axes: { "--seed": 0, "--samples": 1, "--sample": 0, "--range": 1, "--columns": 7 },
  sefa: { "--seed": 0, "--samples": 5, "--range": 3, "--columns": 11 },
  pca: { "--seed": 0, "--samples": 10_000 },
  frechet: { "--seed": 0, "--samples": 20, "--held-out": 20, "--pca-samples": 10_000 },
  region: { "--seed": 0, "--sample": 0, "--range": 3, "--columns": 7 },
  random: { "--seed": 0 },
  edit: { "--seed": 0, "--sample": 0, "--samples": 1, "--columns": 9 },
  invert: { "--seed": 0, "--candidates": 64, "--starts": 4, "--exponent": 0, "--metric-samples": 8 },
  geodesic: { "--seed": 0, "--segments": 16, "--steps": 200, "--tolerance": 1e-5 },
  ppl: { "--seed": 0, "--pairs": 1000, "--epsilon": 1e-4 },
};

it.each(Object.keys(defaults))("%s: options that are not given", (name) => {
  const silent = { write: () => undefined };
  const terminal: Terminal = { stdout: silent, stderr: silent, reports: "stdout", quiet: true };
  const { commands } = programFor(terminal, new AbortController().signal);
  const found = commands
    .find((command) => command.name() === name)!
    .options.filter(({ defaultValue }) => [defaultValue].flat().every((value) => typeof value === "number"))
    .map(({ long, defaultValue }) => [long, defaultValue]);
  expect(Object.fromEntries(found)).toEqual(defaults[name]);
});

describe("samples at the limits", () => {
  const plain = scratch("generator.onnx", generatorBytes);
  const mapped = scratch("styled.onnx", encodeModel(styled()));

  it("the last sample there is", async () => {
    const last = String(Number.MAX_SAFE_INTEGER);
    const out = scratch("last.svg");
    const { code, stdout } = await vielbein("traverse", plain, "--sample", last, "--out", out, "--json");
    expect(code).toBe(0);
    const { point } = JSON.parse(stdout);
    const first = JSON.parse((await vielbein("traverse", plain, "--out", out, "--json")).stdout).point;
    expect(point).not.toEqual(first);
  });

  it.each([
    ["basis", "--samples"],
    ["dimension", "--samples"],
    ["metric", "--samples"],
  ])("%s %s: more than memory holds", async (command, option) => {
    for (const from of [
      ["--from", "z"],
      ["--from", "w"],
    ]) {
      const file = from[1] === "w" ? mapped : plain;
      const { code, stderr } = await vielbein(command, file, ...from, option, "1000000000000");
      expect([code, stderr]).toEqual([75, expect.stringMatching(/1000000000000 points .* memory/)]);
    }
  });
});
