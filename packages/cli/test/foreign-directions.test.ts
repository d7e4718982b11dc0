// Directions as InterFaceGAN, SeFa, GANSpace and Local Basis programs leave them.

import { readFileSync } from "node:fs";
import { displacementOf } from "@vielbein/core";
import { decodeDirections } from "@vielbein/core/directions-file";
import { writeNpy, writeNpz } from "@vielbein/linalg/npy";
import { writeSafetensors } from "@vielbein/linalg/safetensors";
import { describe, expect, it } from "vitest";
import { layeredBytes } from "./models.ts";
import { scratch, shared, sharedCase, vielbein } from "./run.ts";

const layered = scratch("layered.onnx", layeredBytes);
/** Three directions of four numbers, of lengths 1, 2 and 3. */
const rows = [
  [0.6, 0.8, 0, 0],
  [0, 0, 1.2, 1.6],
  [1, 2, 2, 0],
];
const data = Float64Array.from(rows.flat());
const columns = Float64Array.from([0, 1, 2, 3].flatMap((j) => rows.map((row) => row[j]!)));

let count = 0;
async function imported(file: string, ...options: string[]) {
  const out = scratch(`imported-${count++}.safetensors`);
  const argv = ["directions", "import", file, "--space", "w", "--out", out, "--json", ...options];
  const { code, stdout, stderr } = await vielbein(...argv);
  if (code !== 0) return { code, stderr, out };
  const set = decodeDirections(readFileSync(out));
  const vectors = set.names.map((_, k) => Array.from(displacementOf(set, k)));
  return { code, stderr, out, set, vectors, json: JSON.parse(stdout) };
}

describe("vielbein directions import", () => {
  it("reads a boundary of InterFaceGAN, [1, d], and edits with it", async () => {
    const file = scratch("boundary.npy", writeNpy({ shape: [1, 4], data: data.slice(0, 4) }));
    const { set, vectors, stderr, json, out } = await imported(file, "--names", "smile");
    expect(vectors).toEqual([rows[0]]);
    expect(set).toMatchObject({ space: { name: "w", dim: 4, shape: [4] }, names: ["smile"] });
    expect(set!.method).toMatch(/imported from boundary\.npy [0-9a-f]{12}/);
    expect(stderr).toContain("assumed: the array [1, 4] holds 1 direction of w [4], its rows");
    expect(stderr).toContain("assumed: they have length 1");
    expect(json).toMatchObject({ space: { name: "w" }, names: ["smile"], source: { file: "boundary.npy" } });
    const edit = [
      "edit",
      layered,
      "--from",
      "w",
      "--directions-in",
      out,
      "--edit",
      "2*smile",
      "--out",
      scratch("e.svg"),
    ];
    expect((await vielbein(...edit)).code).toBe(0);
  });

  it("reads one direction [d], of a space or of some of its layers, as a row or as a column", async () => {
    const file = scratch("one.npy", writeNpy({ shape: [4], data: data.slice(0, 4) }));
    for (const options of [[], ["--space-shape", "4"], ["--as-columns"]]) {
      expect([options, (await imported(file, ...options)).vectors]).toEqual([options, [rows[0]]]);
    }
    const { set, vectors, stderr } = await imported(file, "--space-shape", "3,4", "--layers", "0-1");
    expect(set).toMatchObject({ space: { shape: [3, 4] }, layers: [0, 1] });
    expect(vectors).toEqual([[...rows[0]!, ...rows[0]!, 0, 0, 0, 0]]);
    expect(stderr).toContain("assumed: the array [4] holds 1 direction of one layer of w [4]");
  });

  it("says that directions of layers are as long as one layer's code, and of which space", async () => {
    const whole = scratch("whole.npy", writeNpy({ shape: [12], data }));
    const long = await imported(whole, "--space-shape", "3,4", "--layers", "0-1");
    expect([long.code, long.stderr]).toEqual([
      65,
      expect.stringContaining("the array [12] does not hold directions of one layer of w [4]"),
    ]);
    for (const shape of [[], ["--space-shape", "12"]]) {
      const { code, stderr } = await imported(whole, ...shape, "--layers", "0-1");
      expect([code, stderr]).toEqual([
        2,
        expect.stringContaining("Give it as LAYERS,DIM with --space-shape"),
      ]);
    }
  });

  it("reads GANSpace's archive: latent components and their deviations", async () => {
    const archive = writeNpz(
      {
        act_comp: { shape: [3, 1, 4], data: Float32Array.from(data, (x) => 7 * x) },
        act_stdev: { shape: [3], data: Float32Array.of(9, 9, 9) },
        lat_comp: { shape: [3, 1, 4], data },
        lat_mean: { shape: [1, 1, 4], data: new Float32Array(4) },
        lat_stdev: { shape: [3], data: Float32Array.of(3, 2, 1) },
      },
      { compress: true },
    );
    const { set, vectors, stderr } = await imported(scratch("ganspace.npz", archive));
    expect(vectors).toEqual(rows);
    expect(set!.values).toEqual({ kind: "standard deviation", values: Float64Array.of(3, 2, 1) });
    expect(set!.method).toMatch(/^GANSpace, imported/);
    expect(stderr).toContain("lat_comp [3, 1, 4] holds 3 directions of w [4], its rows");
    expect(stderr).toContain("their lengths, 1.0000 to 3.0000, are kept (--normalize makes them 1)");
    expect(stderr).toContain("w with --use_w");
  });

  it("reads SeFa's matrix: rows of its own program, columns of the factorisation's V", async () => {
    const official = writeNpz({
      boundaries: { shape: [3, 4], data },
      values: { shape: [3], data: Float64Array.of(3, 2, 1) },
    });
    const { set, vectors } = await imported(scratch("sefa.npz", official));
    expect([vectors, set!.values!.kind]).toEqual([rows, "eigenvalue"]);
    const v = scratch("factor.safetensors", writeSafetensors({ eigvec: { shape: [4, 3], data: columns } }));
    const turned = await imported(v);
    expect(turned.vectors).toEqual(rows);
    expect(turned.stderr).toContain("its columns");
  });

  it("tells columns by the shape of the space, or is told", async () => {
    const file = scratch("basis.npy", writeNpy({ shape: [4, 3], data: columns }));
    expect((await imported(file, "--space-shape", "4")).vectors).toEqual(rows);
    expect((await imported(file, "--as-columns")).vectors).toEqual(rows);
    const square = scratch("square.npy", writeNpy({ shape: [2, 2], data: Float64Array.of(1, 2, 3, 4) }));
    const assumed = await imported(square);
    expect(assumed.vectors).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(assumed.stderr).toContain("a square matrix does not tell rows from columns: rows were taken");
    expect((await imported(square, "--as-columns")).vectors).toEqual([
      [1, 3],
      [2, 4],
    ]);
  });

  it("makes lengths 1 where that is asked for", async () => {
    const file = scratch("long.npy", writeNpy({ shape: [3, 4], data: data.map((x) => x * 1e200) }));
    const { vectors, stderr } = await imported(file, "--normalize");
    for (const [k, vector] of vectors!.entries()) {
      for (const [i, x] of vector.entries()) expect(x).toBeCloseTo(rows[k]![i]! / (k + 1), 12);
    }
    expect(stderr).toContain("were made 1");
  });

  it("puts directions of one code on layers of many", async () => {
    const file = scratch(
      "plain.safetensors",
      writeSafetensors({ a: { shape: [3, 4], data }, b: { shape: [2], data: new Float32Array(2) } }),
    );
    const options = ["--space", "w_plus", "--space-shape", "3,4", "--layers", "0,2"];
    const { set, vectors } = await imported(`${file}:a`, ...options);
    expect(set).toMatchObject({ space: { name: "w_plus", shape: [3, 4] }, layers: [0, 2] });
    expect(vectors![0]).toEqual([...rows[0]!, 0, 0, 0, 0, ...rows[0]!]);
    const all = scratch("all.npy", writeNpy({ shape: [1, 3, 4], data }));
    expect((await imported(all, "--space", "w_plus")).set!.space).toEqual({
      name: "w_plus",
      dim: 12,
      shape: [3, 4],
    });
  });

  it("refuses what cannot be meant, by name", async () => {
    const refused = async (file: string, message: RegExp, ...options: string[]) =>
      expect(await imported(file, ...options)).toMatchObject({
        code: 65,
        stderr: expect.stringMatching(message),
      });
    const file = scratch("some.npz", writeNpz({ a: { shape: [3, 4], data }, b: { shape: [3, 4], data } }));
    await refused(file, /not clear which array.*a \[3,4\], b \[3,4\]/);
    await refused(`${file}:c`, /no array "c"; there are a, b/);
    await refused(`${file}:a`, /a \[3,4\] does not hold directions of w \[5\] as rows/, "--space-shape", "5");
    await refused(
      scratch("zero.npy", writeNpy({ shape: [1, 2], data: new Float64Array(2) })),
      /length.*direction 0 is 0/,
    );
    await refused(
      scratch("nan.npy", writeNpy({ shape: [2], data: Float64Array.of(1, Number.NaN) })),
      /must be finite/,
    );
    await refused(
      scratch("empty.npy", writeNpy({ shape: [0, 4], data: new Float64Array(0) })),
      /does not hold/,
    );
    await refused(scratch("weights.pkl", Uint8Array.of(0x80, 4, 0x95)), /is a pickle.*numpy\.save/);
    const own = scratch("own.safetensors");
    await vielbein("random", layered, "--from", "w", "--out", own);
    await refused(own, /is a directions file already/);
    expect(
      (
        await vielbein(
          "edit",
          layered,
          "--from",
          "w",
          "--directions-in",
          file,
          "--edit",
          "d0",
          "--out",
          scratch("x.svg"),
        )
      ).stderr,
    ).toContain("`directions import` makes them of other programs' files");
  });

  it.each([
    ["boundary_w.npy", 1],
    ["ganspace.npz", 5],
  ])("the collection's %s", async (name, directions) => {
    if (!sharedCase(name)) return;
    const { set, stderr } = await imported(`${shared}/cases/${name}`);
    expect(set).toMatchObject({
      space: { name: "w", shape: [128] },
      vectors: { rows: 128, cols: directions },
    });
    expect(stderr).toContain("they have length 1");
  });
});
