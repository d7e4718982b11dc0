import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { type DirectionSet, directionAt, samplePoints } from "@vielbein/core";
import { decodeDirections, encodeDirections } from "@vielbein/core/directions-file";
import { subspaceAngles } from "@vielbein/core/grassmann";
import { eigh, fromRows, gram, matmul, matrix } from "@vielbein/linalg";
import { writeNpy } from "@vielbein/linalg/npy";
import { DataType, encodeModel } from "@vielbein/onnx";
import { describe, expect, it } from "vitest";
import { run } from "../src/index.ts";
import { floats, generatorBytes, int64s, layeredBytes, model, node } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

const path = scratch("generator.onnx", generatorBytes);
const directionsOf = (file: string): DirectionSet => decodeDirections(readFileSync(file));

const layered = scratch("layered.onnx", layeredBytes);

/** The weights of a style `[6, 4]`, a row for each output. */
function styleWeights(i: number) {
  const { raw } = floats(`a${i}`, [4, 6], 10 + i);
  const stored = matrix(4, 6, new Float32Array(raw.buffer));
  return fromRows(
    Array.from({ length: 6 }, (_, r) => Array.from({ length: 4 }, (_, c) => stored.data[c * 6 + r]!)),
  );
}

describe("vielbein sefa", () => {
  it("prints one JSON document; rows of length 1 make their number the sum of eigenvalues", async () => {
    const { code, stdout, stderr } = await vielbein("sefa", path, "--json");
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({
      layers: [0],
      variant: "official",
      rows: 16,
      weights: [{ name: "pre", operator: "Gemm", position: 0, layer: 0, rows: 16 }],
      provenance: { method: "SeFa", from: { name: "z" }, options: { normalizeRows: true, toRgb: "last" } },
    });
    expect(result.eigenvalues.reduce((a: number, b: number) => a + b)).toBeCloseTo(16, 10);
    expect(result.share.reduce((a: number, b: number) => a + b)).toBeCloseTo(1, 12);
    expect(stderr).toMatch(/assembly \d+\.\d{3} s, decomposition \d+\.\d{3} s/);
  });

  it("writes directions that act on the layers they were computed from", async () => {
    const out = scratch("layers.safetensors");
    const { code } = await vielbein(
      ...["sefa", layered, "--from", "w_plus", "-L", "0,2", "--variant", "raw", "--out", out],
    );
    expect(code).toBe(0);
    const set = directionsOf(out);
    expect(set).toMatchObject({ space: { name: "w_plus", shape: [3, 4] }, layers: [0, 2], method: "SeFa" });
    const stack = fromRows([0, 2].flatMap((i) => rowsOf(styleWeights(i))));
    const { values, vectors } = eigh(gram(stack));
    set.values!.values.forEach((value, k) => {
      expect(value / values[k]!).toBeCloseTo(1, 12);
    });
    const cosines = matmul(set.vectors, vectors, { transposeA: true });
    for (let k = 0; k < 4; k++) expect(Math.abs(cosines.data[5 * k]!)).toBeCloseTo(1, 12);
  });

  it("says which layers there are, and that one code for all of them moves them all", async () => {
    const shared = await vielbein("sefa", layered, "--from", "w", "--layers", "0-1");
    expect(shared.code).toBe(0);
    expect(shared.stderr).toContain('"w" is one code for all layers');
    const missing = await vielbein("sefa", layered, "--from", "w", "--layers", "3");
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining("layers 0, 1, 2, got 3") });
    const wrong = await vielbein("sefa", layered, "--layers", "some");
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("all, or layers and ranges") });
  });

  it("refuses a space that no affine map reads", async () => {
    const { code, stderr } = await vielbein("sefa", path, "--from", "pre");
    expect(code).toBe(65);
    expect(stderr).toContain("what reads it is Tanh");
  });

  it("draws two pages, from codes that samples of the input become", async () => {
    const prefix = scratch("pages");
    const { code, stderr } = await vielbein(
      ...["sefa", layered, "--from", "w_plus", "--html", prefix, "-N", "2", "-K", "3", "--columns", "3"],
    );
    expect(code).toBe(0);
    for (const kind of ["sample", "direction"]) {
      expect(stderr).toContain(`wrote ${prefix}-by-${kind}.html`);
      const html = readFileSync(`${prefix}-by-${kind}.html`, "utf8");
      expect(html.match(/<img /g)).toHaveLength(2 * 3 * 3);
      expect(html).toContain("layers 0, 1, 2 · seed 0, z → w_plus");
    }
  });
});

function rowsOf({ rows, cols, data }: { rows: number; cols: number; data: Float64Array }): Float64Array[] {
  return Array.from({ length: rows }, (_, i) => data.slice(i * cols, (i + 1) * cols));
}

describe("vielbein pca", () => {
  it("keeps the components of the samples so far when interrupted", async () => {
    const out = scratch("interrupted.safetensors");
    const controller = new AbortController();
    let printed = "";
    const write = (text: string) => {
      printed += text;
      // The first line of progress comes after some seconds.
      if (/samples \d+\/20000000/.test(text)) controller.abort();
    };
    const code = await run(["pca", path, "--to", "pre", "--samples", "20000000", "--k", "2", "--out", out], {
      stdout: { write: () => {} },
      stderr: { write },
      signal: controller.signal,
    });
    expect(code).toBe(130);
    const done = Number(/interrupted after (\d+) of 20000000 samples/.exec(printed)![1]);
    expect(done).toBeGreaterThan(0);
    const { provenance } = decodeDirections(readFileSync(out));
    expect(provenance?.points).toMatchObject({ count: done });
  });

  it("finds the components of a layer, the same whatever else runs", async () => {
    const out = scratch("pca.safetensors");
    const { code, stdout } = await vielbein(
      ...["pca", path, "--to", "pre", "--samples", "700", "--k", "4", "--out", out, "--json"],
    );
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({
      samples: 700,
      exact: true,
      provenance: { points: { seed: 0, count: 700 } },
    });
    const set = directionsOf(out);
    expect(set).toMatchObject({ space: { name: "pre", dim: 16 }, values: { kind: "standard deviation" } });
    // pre = W·z + b has its four dimensions in the range of W.
    const w = matrix(4, 16, new Float32Array(floats("w1", [4, 16]).raw.buffer));
    const range = fromRows(
      Array.from({ length: 16 }, (_, i) => Array.from({ length: 4 }, (_, j) => w.data[j * 16 + i]!)),
    );
    expect(Math.max(...subspaceAngles(set.vectors, range))).toBeLessThan(1e-5);
    expect(result.share.reduce((a: number, b: number) => a + b)).toBeCloseTo(1, 10);
  });

  it("regresses the code on the components of a layer that is none", async () => {
    const out = scratch("latent.safetensors");
    const { code, stdout } = await vielbein(
      ...["pca", path, "--samples", "400", "--k", "3", "--latent", "--out", out],
    );
    expect(code).toBe(0);
    expect(stdout).toContain("deviation of z");
    const set = directionsOf(out);
    expect(set).toMatchObject({ space: { name: "z", dim: 4 }, method: "principal components, regressed" });
    for (let k = 0; k < 3; k++) expect(Math.hypot(...directionAt(set, k))).toBeCloseTo(1, 12);
  });

  it("finds components of the code of some layers, which act on these", async () => {
    const [ofW, ofLayers] = [scratch("pca-w.safetensors"), scratch("pca-layers.safetensors")];
    const options = ["--samples", "300", "--k", "3"];
    await vielbein("pca", layered, "--to", "w", ...options, "--out", ofW);
    const { code, stderr } = await vielbein(
      ...["pca", layered, "--to", "w_plus", "--layers", "0,2", ...options, "--out", ofLayers],
    );
    expect(code, stderr).toBe(0);
    const [w, plus] = [directionsOf(ofW), directionsOf(ofLayers)];
    expect(plus).toMatchObject({ space: { name: "w_plus", shape: [3, 4] }, layers: [0, 2] });
    // Every layer has the same w.
    for (const [i, x] of plus.vectors.data.entries()) expect(x).toBeCloseTo(w.vectors.data[i]!, 5);
    for (const [i, x] of plus.values!.values.entries()) expect(x).toBeCloseTo(w.values!.values[i]!, 6);
    const refused = async (...argv: string[]) => vielbein("pca", layered, "--samples", "10", ...argv);
    expect(await refused("--to", "w_plus", "--layers", "1,3")).toMatchObject({
      code: 65,
      stderr: expect.stringContaining("has layers 0 to 2, got 3"),
    });
    expect(await refused("--to", "w", "--layers", "0")).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('"w" has [4]'),
    });
    expect(await refused("--to", "w_plus", "--layers", "0", "--latent")).toMatchObject({ code: 2 });
    expect(await refused("--to", "w_plus", "--layers", "0", "--k", "5")).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("there are 4, not 5"),
    });
  });

  it("averages the layers of codes that differ", async () => {
    const weights = floats("m", [5, 12], 1);
    const mixed = encodeModel(
      model({
        nodes: [node("Gemm", ["z", "m"], ["mixed"]), node("Reshape", ["mixed", "shape"], ["plus"])],
        initializers: [weights, int64s("shape", [-1, 3, 4])],
        inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 5] }],
        outputs: [{ name: "plus", dataType: DataType.FLOAT }],
      }),
    );
    const { stdout } = await vielbein(
      ...["pca", scratch("mixed.onnx", mixed), "--layers", "1-2", "--samples", "40", "--json"],
    );
    const { stdev } = JSON.parse(stdout);
    // The sum of variances of (row 1 + row 2) / 2, computed coordinate by coordinate.
    const z = samplePoints({ name: "z", dim: 5, shape: [5] }, 0, 0, 40);
    const m = new Float32Array(weights.raw.slice().buffer);
    let total = 0;
    for (let j = 0; j < 4; j++) {
      const means = Array.from({ length: 40 }, (_, i) =>
        [0, 1, 2, 3, 4].reduce(
          (sum, k) => sum + (z[5 * i + k]! * (m[12 * k + 4 + j]! + m[12 * k + 8 + j]!)) / 2,
          0,
        ),
      );
      const mean = means.reduce((sum, x) => sum + x / 40, 0);
      total += means.reduce((sum, x) => sum + (x - mean) ** 2 / 39, 0);
    }
    expect(stdev).toHaveLength(4);
    expect(stdev.reduce((sum: number, x: number) => sum + x * x, 0)).toBeCloseTo(total, 5);
  });

  it("takes the rows of a file", async () => {
    const points = scratch(
      "points.npy",
      writeNpy({ shape: [300, 4], data: samplePoints({ name: "z", dim: 4, shape: [4] }, 0, 0, 300) }),
    );
    const stdev = async (...argv: string[]) =>
      JSON.parse((await vielbein("pca", path, "--k", "2", "--json", ...argv)).stdout).stdev;
    expect(await stdev("--points", points)).toEqual(await stdev("--samples", "300"));
  });

  it("takes all components where more are asked for, and says so", async () => {
    const { code, stdout, stderr } = await vielbein(
      ...["pca", path, "--to", "pre", "--samples", "40", "--k", "17", "--json"],
    );
    expect([code, stderr.includes("--k: there are 16, not 17")]).toEqual([0, true]);
    expect(JSON.parse(stdout).stdev).toHaveLength(16);
    // Five samples vary along four directions.
    const few = ["pca", path, "--to", "pre", "--samples", "5", "--json"];
    const asked = await vielbein(...few, "--k", "10");
    expect([asked.code, asked.stderr.includes("--k: there are 4, not 10")]).toEqual([0, true]);
    expect(JSON.parse(asked.stdout).stdev).toHaveLength(4);
    expect((await vielbein(...few)).stderr).not.toContain("there are");
  });
});

describe("vielbein random, and basis --directions-out", () => {
  it("write directions of the input space", async () => {
    const random = scratch("random.safetensors");
    expect((await vielbein("random", path, "--seed", "3", "--out", random)).code).toBe(0);
    const set = directionsOf(random);
    expect(set).toMatchObject({ space: { name: "z" }, method: "random", names: ["d0", "d1", "d2", "d3"] });
    const again = scratch("again.safetensors");
    await vielbein("random", path, "--seed", "3", "--out", again);
    expect(readFileSync(again)).toEqual(readFileSync(random));

    const local = scratch("local.safetensors");
    const basis = await vielbein("basis", path, "--k", "2", "--directions-out", local, "--json");
    const [{ point, singularValues }] = JSON.parse(basis.stdout).points;
    const found = directionsOf(local);
    expect(found).toMatchObject({ space: { name: "z" }, method: "local basis" });
    expect(Array.from(found.point!)).toEqual(point);
    expect(Array.from(found.values!.values)).toEqual(singularValues);
  });
});

describe("vielbein edit", () => {
  const file = scratch("sefa.safetensors");
  const named = scratch("named.safetensors");
  const ready = vielbein("sefa", path, "--out", file).then(() => {
    const set = directionsOf(file);
    writeNamed(named, { ...set, names: ["smile", "age", "pose", "d3"] });
  });

  it("draws before and after, and reports the coefficients and where directions come from", async () => {
    await ready;
    const out = scratch("edit.svg");
    const { code, stdout } = await vielbein(
      ...[
        "edit",
        path,
        "--directions-in",
        named,
        "--edit",
        "2*smile - 0.5 d3",
        "--samples",
        "2",
        "--out",
        out,
        "--json",
      ],
    );
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result.frames).toEqual([
      { label: "before", coefficients: {} },
      { label: "after", coefficients: { smile: 2, d3: -0.5 } },
    ]);
    expect(result.provenance.options.directions).toEqual({
      smile: { file: "named.safetensors", index: 0, method: "SeFa" },
      d3: { file: "named.safetensors", index: 3, method: "SeFa" },
    });
    const svg = readFileSync(out, "utf8");
    expect(svg.match(/<image /g)).toHaveLength(4);
    expect(svg).toContain("2*smile - 0.5 d3");
  });

  it("draws a path in frames, closed where the expression is", async () => {
    await ready;
    const out = scratch("path.svg");
    const edit = "cos(2*pi*t)*d0 + sin(2*pi*t)*d1";
    const { code } = await vielbein(
      ...["edit", path, "--directions-in", file, "--edit", edit, "--columns", "5", "--out", out],
    );
    expect(code).toBe(0);
    const images = [...readFileSync(out, "utf8").matchAll(/href="(data:[^"]+)"/g)].map((match) => match[1]);
    expect(images).toHaveLength(5);
    expect(images[4]).toBe(images[0]);
    expect(images[2]).not.toBe(images[0]);
  });

  it("moves the layers of the directions and no others", async () => {
    const [one, all] = [scratch("one.safetensors"), scratch("all.safetensors")];
    await vielbein("sefa", layered, "--from", "w_plus", "-L", "1", "--out", one);
    await vielbein("sefa", layered, "--from", "w_plus", "--out", all);
    const same = scratch("same.safetensors");
    // The direction of layer 1 on all layers, and on the other two: their sum must be the whole.
    const set = directionsOf(one);
    writeNamed(same, { ...set, layers: [0, 2], names: set.names.map((name) => `other_${name}`) });
    const whole = scratch("whole.safetensors");
    writeNamed(whole, { ...set, layers: [0, 1, 2], names: set.names.map((name) => `all_${name}`) });
    const draw = async (edit: string): Promise<string[]> => {
      const out = scratch("layers.svg");
      const files = [one, same, whole];
      const { code, stderr } = await vielbein(
        ...[
          "edit",
          layered,
          "--from",
          "w_plus",
          "--directions-in",
          ...files,
          "--edit",
          edit,
          "--image-range",
          "-1,1",
          "--out",
          out,
        ],
      );
      expect(stderr).toContain("wrote");
      expect(code).toBe(0);
      return [...readFileSync(out, "utf8").matchAll(/href="(data:[^"]+)"/g)].map((match) => match[1]!);
    };
    const [split, joined, only] = [await draw("d0 + other_d0"), await draw("all_d0"), await draw("d0")];
    expect(split).toEqual(joined);
    expect(only[1]).not.toBe(joined[1]);
    expect(only[0]).toBe(joined[0]);
  });

  it("moves layers of w_plus along directions of w: all of them as w itself moves", async () => {
    const file = scratch("ofw.safetensors");
    await vielbein("sefa", layered, "--from", "w", "--out", file);
    const draw = async (from: string, directions: string, ...options: string[]) => {
      const out = scratch("ofw.svg");
      const { code, stderr } = await vielbein(
        ...["edit", layered, "--from", from, "--directions-in", directions, "--edit", "2*d0", "--out", out],
        ...["--image-range", "-1,1", ...options],
      );
      expect(code, stderr).toBe(0);
      const images = [...readFileSync(out, "utf8").matchAll(/href="(data:[^"]+)"/g)].map((match) => match[1]);
      return { images, stderr };
    };
    const inW = await draw("w", file);
    const onAll = await draw("w_plus", file, "--layers", "0-2");
    expect(onAll.images).toEqual(inW.images);
    expect(onAll.stderr).toContain("act on layers 0, 1, 2 of w_plus [3, 4]");
    const onTwo = await draw("w_plus", file, "--layers", "0,2");
    expect(onTwo.images[1]).not.toBe(inW.images[1]);
    // The same as directions of w_plus that act on these layers by themselves.
    const own = scratch("ofplus.safetensors");
    const { provenance: _, ...set } = directionsOf(file);
    writeNamed(own, { ...set, space: { name: "w_plus", dim: 12, shape: [3, 4] }, layers: [0, 2] });
    expect((await draw("w_plus", own)).images).toEqual(onTwo.images);
    expect((await draw("w_plus", own, "--layers", "1-2")).images).toEqual(
      (await draw("w_plus", file, "--layers", "2")).images,
    );
    const edit = ["edit", layered, "--from", "w_plus", "--directions-in", file, "--edit", "d0"];
    const [missing, beyond] = [
      await vielbein(...edit, "--out", scratch("no.svg")),
      await vielbein(...edit, "--layers", "3", "--out", scratch("no.svg")),
    ];
    expect(missing).toMatchObject({ code: 65, stderr: expect.stringContaining("(--layers)") });
    expect(beyond).toMatchObject({ code: 65, stderr: expect.stringContaining("has layers 0 to 2, got 3") });
  });

  it("wants the space of the directions, and says how to get there", async () => {
    await vielbein("sefa", layered, "--from", "w", "--out", scratch("w.safetensors"));
    const { code, stderr } = await vielbein(
      ...[
        "edit",
        layered,
        "--directions-in",
        scratch("w.safetensors"),
        "--edit",
        "d0",
        "--out",
        scratch("no.png"),
      ],
    );
    expect(code).toBe(65);
    expect(stderr).toContain("--from w on the command line");
    expect(existsSync(scratch("no.png"))).toBe(false);
  });

  it("tells names apart by file", async () => {
    await ready;
    const argv = (...files: string[]) => [
      "edit",
      path,
      "--edit",
      "d1 + r_d1",
      "--out",
      scratch("two.svg"),
      "--directions-in",
      ...files,
    ];
    expect(await vielbein(...argv(file, file))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("NAME_d0"),
    });
    expect((await vielbein(...argv(file, `r=${file}`))).code).toBe(0);
    const reserved = scratch("reserved.safetensors");
    writeNamed(reserved, { ...directionsOf(file), names: ["t", "a", "b", "c"] });
    expect(await vielbein(...argv(reserved))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"t" of'),
    });
  });
});

function writeNamed(path: string, set: DirectionSet): void {
  writeFileSync(path, encodeDirections(set));
}
