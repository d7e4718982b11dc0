// Files of our own that come back damaged or changed: --resume, compare and edit refuse them by name and leave them be.

import { readFileSync } from "node:fs";
import { type NpyArray, readNpz, writeNpz } from "@vielbein/linalg/npy";
import { readSafetensors, writeSafetensors } from "@vielbein/linalg/safetensors";
import { beforeAll, describe, expect, it } from "vitest";
import { generatorBytes } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

const path = scratch("damaged.onnx", generatorBytes);

/** Every command that keeps rows, in a form that takes few. */
const RESUMABLE: Readonly<Record<string, readonly string[]>> = {
  basis: ["--k", "2", "--samples"],
  dimension: ["--to", "hidden", "image", "--untrained", "1", "--samples"],
  distortion: ["--k", "2", "--untrained", "1", "--pairs"],
  warpage: ["--k", "2", "--epsilon", "0.1,0.2", "--untrained", "1", "--pca-samples", "20", "--pairs"],
  metric: ["--shuffled", "--samples"],
  ppl: ["--pairs"],
};

describe("--resume goes on where every column is what the command writes", () => {
  const resumed = async (command: string, options: readonly string[], from: string, to: string) => {
    const [parts, whole] = [
      scratch(`${command}-${options.length}-parts.npz`),
      scratch(`${command}-whole.npz`),
    ];
    await vielbein(command, path, ...options, from, "--out", parts);
    const last = await vielbein(command, path, ...options, to, "--out", parts, "--resume");
    await vielbein(command, path, ...options, to, "--out", whole);
    expect([last.code, last.stderr.includes("keeps")]).toEqual([0, true]);
    expect(readFileSync(parts).equals(readFileSync(whole))).toBe(true);
  };
  it.each(Object.entries(RESUMABLE))("%s", async (command, options) => {
    // Of several layers the number of samples is part of the run, so it is resumed as it is.
    await resumed(command, options, ["dimension", "distortion"].includes(command) ? "3" : "2", "3");
  });
  it("metric --k", () => resumed("metric", ["--k", "2", "--samples"], "2", "3"));
});

describe("--resume refuses", () => {
  const sound = scratch("sound.npz");
  let arrays: Record<string, NpyArray>;
  const command = ["basis", path, "--samples", "3"];
  beforeAll(async () => {
    await vielbein(...command.slice(0, 3), "2", "--out", sound);
    arrays = { ...readNpz(readFileSync(sound)) };
  });

  const text = (value: unknown): NpyArray => {
    const data = new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
    return { shape: [data.length], data };
  };
  const provenance = () => JSON.parse(new TextDecoder().decode(arrays.provenance!.data as Uint8Array));
  const withNumber = (x: number): NpyArray => {
    const data = Float64Array.from(arrays.singular_values!.data as Float64Array);
    data[5] = x;
    return { shape: arrays.singular_values!.shape, data };
  };
  const elsewhere = (points: Float32Array) => points.map((x, i) => (i === 6 ? 9 : x));
  const flipped = (bytes: Uint8Array) => {
    const result = Uint8Array.from(bytes);
    // In the data of the vectors, far from headers.
    result[Math.floor(bytes.length / 2)]! ^= 1;
    return result;
  };

  it.each<[string, string, () => Uint8Array]>([
    ["a flipped bit", "checksum", () => flipped(readFileSync(sound))],
    ["a file that was cut short", "zip", () => readFileSync(sound).subarray(0, 2000)],
    ["text", "zip", () => new TextEncoder().encode("no archive")],
    ["another type", "f4", () => changed({ singular_values: { shape: [2, 4], data: new Float32Array(8) } })],
    [
      "another shape",
      "[2,4,3]",
      () => changed({ input_vectors: { shape: [2, 4, 3], data: new Float64Array(24) } }),
    ],
    [
      "an axis too many",
      "[2,4,1]",
      () => changed({ points: { shape: [2, 4, 1], data: new Float32Array(8) } }),
    ],
    ["a missing column", '"values" is missing', () => without("values")],
    [
      "a ragged column",
      '"values" has shape [1,192]',
      () => changed({ values: { shape: [1, 192], data: new Float32Array(192) } }),
    ],
    [
      "an extra column",
      '"more" is not a column',
      () => changed({ more: { shape: [2], data: new Float64Array(2) } }),
    ],
    ["a NaN", "holds NaN in row 1", () => changed({ singular_values: withNumber(Number.NaN) })],
    [
      "an infinity",
      "holds -Infinity in row 1",
      () => changed({ singular_values: withNumber(Number.NEGATIVE_INFINITY) }),
    ],
    [
      "a negative singular value",
      '"singular_values" holds -1 in row 1',
      () => changed({ singular_values: withNumber(-1) }),
    ],
    [
      "singular values out of order",
      "holds 1000 in row 1 after",
      () => changed({ singular_values: withNumber(1000) }),
    ],
    [
      "points that the seed does not give",
      '"points" holds 9 in row 1, where seed and options give',
      () => changed({ points: { shape: [2, 4], data: elsewhere(arrays.points!.data as Float32Array) } }),
    ],
    ["a provenance that is no JSON", "not JSON", () => changed({ provenance: text("{") })],
    [
      "a provenance of numbers",
      "u1",
      () => changed({ provenance: { shape: [1], data: new Float64Array(1) } }),
    ],
    ...[null, 7, [], "text", {}].map((value): [string, string, () => Uint8Array] => [
      `${JSON.stringify(value)} for a provenance`,
      "provenance is not of the form",
      () => changed({ provenance: text(JSON.stringify(value)) }),
    ]),
    ...["tool", "model", "from", "to", "points", "options", "runtime"].map(
      (key): [string, string, () => Uint8Array] => [
        `a provenance without ${key}`,
        `"${key}" is missing`,
        () => changed({ provenance: text({ ...provenance(), [key]: undefined }) }),
      ],
    ),
    [
      "a space of another size",
      '"from.dim"',
      () => changed({ provenance: text({ ...provenance(), from: { name: "z", dim: 5, shape: [4] } }) }),
    ],
  ])("%s", async (_, why, bytes) => {
    const out = scratch("tampered.npz", bytes());
    const before = readFileSync(out);
    const { code, stdout, stderr } = await vielbein(...command, "--out", out, "--resume");
    expect([code, stdout]).toEqual([65, ""]);
    expect(stderr).toContain(out);
    expect(stderr).toContain(why);
    expect(readFileSync(out).equals(before)).toBe(true);
  });

  function changed(columns: Record<string, NpyArray>): Uint8Array {
    return writeNpz({ ...arrays, ...columns });
  }

  function without(name: string): Uint8Array {
    const { [name]: _, ...rest } = arrays;
    return writeNpz(rest);
  }

  it("rows of another place", async () => {
    const out = scratch("places.npz");
    const metric = ["metric", path, "--samples", "2", "--out", out];
    await vielbein(...metric);
    writeFile(out, { ...readNpz(readFileSync(out)), index: { shape: [2], data: Float64Array.of(1, 0) } });
    const { code, stderr } = await vielbein(...metric, "--resume");
    expect([code, stderr.includes('"index" holds 1 in row 0')]).toEqual([65, true]);
  });

  it.each<[string, readonly string[], string, number, string]>([
    ["ppl", [], "t", 0.5, "holds 0.5 in row 1, where seed and options give 0"],
    ["ppl", [], "exact", -1, "holds -1 in row 1"],
    ["metric", [], "eigenvalues", -1, "holds -1 in row 1"],
    ["metric", [], "route", 7, "holds 7 in row 1"],
    ["dimension", ["--to", "image"], "singular_values", -1, "holds -1 in row 1"],
    ["dimension", ["--to", "image"], "dead_inputs", 0.5, "holds 0.5 in row 1"],
    ["distortion", ["--k", "2"], "random", -1, "holds -1 in row 1"],
    ["warpage", ["--pca-samples", "0", "--untrained", "0"], "resolved", 0.5, "holds 0.5 in row 1"],
  ])("%s %s: %s of %s", async (command, options, column, value, why) => {
    const out = scratch("numbers.npz");
    const count = ["distortion", "warpage", "ppl"].includes(command) ? "--pairs" : "--samples";
    const argv = [command, path, ...options, count, "2", "--out", out];
    await vielbein(...argv);
    const { [column]: cells, ...rest } = readNpz(readFileSync(out));
    const data = Float64Array.from(cells!.data as Float64Array);
    data[data.length - 1] = value;
    writeFile(out, { ...rest, [column]: { shape: cells!.shape, data } });
    const before = readFileSync(out);
    const { code, stdout, stderr } = await vielbein(...argv, "--resume");
    expect([code, stdout, readFileSync(out).equals(before)]).toEqual([65, "", true]);
    expect(stderr).toContain(`"${out}": "${column}" ${why}`);
  });

  it("of codes that a mapping network made, points farther away than engines round", async () => {
    const out = scratch("mapped.npz");
    const argv = ["basis", path, "--from", "hidden", "--samples", "2", "--out", out];
    await vielbein(...argv);
    const { points, ...rest } = readNpz(readFileSync(out));
    const moved = (by: number) => ({ ...points!, data: (points!.data as Float32Array).map((x) => x + by) });
    for (const [by, code] of [
      [1e-6, 0],
      [1e-2, 65],
    ] as const) {
      writeFile(out, { ...rest, points: moved(by) });
      expect([by, (await vielbein(...argv, "--resume")).code]).toEqual([by, code]);
    }
  });

  it("and compare refuses the same", async () => {
    for (const [name, bytes] of [
      ["json.npz", changed({ provenance: text("{") })],
      ["schema.npz", changed({ provenance: text({ to: 3 }) })],
      ["numbers.npz", changed({ provenance: { shape: [1], data: new Float64Array(1) } })],
      ["flat.npz", changed({ output_vectors: { shape: [8], data: new Float64Array(8) } })],
      ["rows.npz", changed({ output_vectors: { shape: [1, 5, 1], data: new Float64Array(5) } })],
      ["bit.npz", flipped(readFileSync(sound))],
    ] as const) {
      const { code, stdout, stderr } = await vielbein("compare", sound, scratch(name, bytes));
      expect([name, code, stdout]).toEqual([name, 65, ""]);
      expect(stderr).toMatch(/^vielbein: /);
    }
    expect((await vielbein("compare", sound)).code).toBe(0);
  });
});

function writeFile(file: string, arrays: Record<string, NpyArray>): void {
  scratch(file.slice(scratch("").length), writeNpz(arrays));
}

describe("edit and compare refuse a directions file", () => {
  const sound = scratch("sound.safetensors");
  beforeAll(() => vielbein("random", path, "--k", "2", "--out", sound));

  const damaged = (change: (description: Record<string, unknown>) => unknown): string => {
    const { tensors, metadata } = readSafetensors(readFileSync(sound));
    const description = change(JSON.parse(metadata.description!));
    const bytes = writeSafetensors(tensors, { ...metadata, description: JSON.stringify(description) });
    return scratch("damaged.safetensors", bytes);
  };

  /** The sound file with other directions; names as many as they are. */
  const holding = (...directions: number[][]): string => {
    const { metadata } = readSafetensors(readFileSync(sound));
    const names = directions.map((_, k) => `d${k}`);
    const description = JSON.stringify({ ...JSON.parse(metadata.description!), names });
    const data = Float64Array.from(directions.flat());
    const tensors = { directions: { shape: [directions.length, 4], data } };
    return scratch(
      `held-${directions.length}.safetensors`,
      writeSafetensors(tensors, { ...metadata, description }),
    );
  };

  it.each([
    ["none", []],
    [
      "2 of length 0",
      [
        [0, 0, 0, 0],
        [0, 0, 0, 0],
      ],
    ],
  ])("that has no direction: %s", async (what, directions) => {
    const file = holding(...directions);
    for (const argv of [
      ["edit", path, "--directions-in", file, "--edit", "d0", "--out", scratch("edited.svg")],
      ["compare", sound, file],
    ]) {
      const { code, stdout, stderr } = await vielbein(...argv);
      expect([code, stdout]).toEqual([65, ""]);
      expect(stderr).toContain(`"${file}": not a directions file: Directions: there must be one that moves`);
      expect(stderr).toContain(`got ${what}`);
    }
  });

  it("that has none of length 0 where one is used", async () => {
    const file = holding([0, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0]);
    const edit = (expression: string) =>
      vielbein("edit", path, "--directions-in", file, "--edit", expression, "--out", scratch("edited.svg"));
    expect((await edit("d1 - d2")).code).toBe(0);
    const { code, stderr } = await edit("d1 - d0");
    expect([code, stderr]).toEqual([2, expect.stringContaining(`"d0" of "${file}" has length 0`)]);
    const compared = await vielbein("compare", sound, file);
    expect([compared.code, compared.stderr]).toEqual([2, expect.stringContaining("dimensions only")]);
  });

  it("basis files whose vectors are zero, too", async () => {
    const file = scratch("zeros.npz");
    await vielbein("basis", path, "--k", "2", "--out", file);
    const { output_vectors, ...rest } = readNpz(readFileSync(file));
    const data = new Float64Array(output_vectors!.data.length);
    writeFile(file, { ...rest, output_vectors: { shape: output_vectors!.shape, data } });
    const { code, stderr } = await vielbein("compare", file, file);
    expect([code, stderr]).toEqual([65, expect.stringContaining(`"${file}": Directions: there must be one`)]);
  });

  it.each<[string, (description: Record<string, unknown>) => unknown]>([
    ['whose layers are "all"', (d) => ({ ...d, layers: "all" })],
    ["whose layers are numbers and texts", (d) => ({ ...d, layers: [0, "1"] })],
    ["whose names are numbers", (d) => ({ ...d, names: [1, 2] })],
    ["whose names are an object", (d) => ({ ...d, names: { length: 2 } })],
    ["whose space has no shape", (d) => ({ ...d, space: { name: "z", dim: 4 } })],
    ["whose space has negative extents", (d) => ({ ...d, space: { name: "z", dim: 4, shape: [-2, -2] } })],
    ["whose provenance is a text", (d) => ({ ...d, provenance: "mine" })],
    [
      "whose provenance has no model",
      (d) => ({ ...d, provenance: { ...(d.provenance as object), model: undefined } }),
    ],
    [
      "whose model has no checksum",
      (d) => ({ ...d, provenance: { ...(d.provenance as object), model: {} } }),
    ],
    ["whose method is null", (d) => ({ ...d, method: null })],
    ["whose description is null", () => null],
  ])("%s", async (_, change) => {
    const file = damaged(change);
    for (const argv of [
      ["edit", path, "--directions-in", file, "--edit", "d0", "--out", scratch("edited.svg")],
      ["compare", sound, file],
    ]) {
      const { code, stdout, stderr } = await vielbein(...argv);
      expect([code, stdout]).toEqual([65, ""]);
      expect(stderr).toContain(`"${file}": not a directions file`);
    }
  });
});
