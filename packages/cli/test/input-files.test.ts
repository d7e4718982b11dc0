// Codes and pictures as other programs leave them.

import { readFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import { samplePoints } from "@vielbein/core";
import { readNpz, writeNpy, writeNpz } from "@vielbein/linalg/npy";
import { detectLayout, encodePng, type RgbaImage } from "@vielbein/viz";
import { describe, expect, it } from "vitest";
import { chunkOf, encode, fileOf, headerOf } from "../../viz/test/png-encoder.ts";
import { readTarget } from "../src/commands/invert/target.ts";
import { readPoints } from "../src/inputs/points-file.ts";
import { generatorBytes, layeredBytes } from "./models.ts";
import { scratch, shared, sharedCase, vielbein } from "./run.ts";

const layered = scratch("layered.onnx", layeredBytes);
const codes = samplePoints({ name: "w_plus", dim: 12, shape: [3, 4] }, 0, 0, 2);

describe("--points", () => {
  const bases = async (from: string, file: string) => {
    const out = scratch("bases.npz");
    const { code, stderr } = await vielbein("basis", layered, "--from", from, "--points", file, "--out", out);
    return { code, stderr, points: code === 0 ? readNpz(readFileSync(out)).points : undefined };
  };
  const npy = (name: string, ...shape: number[]) =>
    scratch(
      name,
      writeNpy({
        shape,
        data: codes.slice(
          0,
          shape.reduce((a, b) => a * b, 1),
        ),
      }),
    );

  it.each([
    [[2, 3, 4], 2],
    [[1, 3, 4], 1],
    [[3, 4], 1],
    [[1, 12], 1],
  ])("takes codes of a layered space in the shape %j, and says how it read them", async (shape, count) => {
    const { code, stderr, points } = await bases("w_plus", npy("codes.npy", ...shape));
    expect(code, stderr).toBe(0);
    expect(points!.shape).toEqual([count, 12]);
    expect(Array.from(points!.data as Float32Array)).toEqual(Array.from(codes.slice(0, 12 * count)));
    const said = `codes.npy [${shape.join(", ")}] is read as ${count} point${count > 1 ? "s" : ""} of w_plus [3, 4]`;
    expect(stderr.includes(said)).toBe(shape.join() !== "1,12");
    expect(stderr.split("is read as").length).toBeLessThanOrEqual(2);
  });

  it.each([[12], [1, 12]])("says nothing of codes in the shape of the space: %j, %j", async (...shape) => {
    const { code, stderr, points } = await bases(
      "w_plus",
      npy("codes.npy", ...shape.filter(Number.isInteger)),
    );
    expect([code, points!.shape]).toEqual([0, [1, 12]]);
    expect(stderr).not.toContain("is read as");
  });

  it("names a shape of layers only where the space has layers", async () => {
    const file = scratch("wrong.npy", writeNpy({ shape: [5], data: new Float64Array(5) }));
    const needs = (shape: number[]) => {
      const space = { name: "w", dim: 4, shape };
      return readPoints(space, file).catch((error: Error) => error.message.replace(/^.* needs /, ""));
    };
    expect(await needs([4])).toMatch(/^\[n,4\] with n ≥ 1, or \[4\](?!, or)/);
    expect(await needs([2, 2])).toMatch(/^\[n,4\] with n ≥ 1, or \[4\], or \[n,2,2\]/);
  });

  it("takes integers", async () => {
    const file = scratch("whole.npy", writeNpy({ shape: [1, 4], data: Int16Array.of(1, -2, 0, 3) }));
    const { points } = await bases("w", file);
    expect(Array.from(points!.data as Float32Array)).toEqual([1, -2, 0, 3]);
  });

  it("finds the array of an archive that fits, or takes the one that is named", async () => {
    const arrays = {
      w: { shape: [1, 3, 4], data: codes.slice(0, 12) },
      loss: { shape: [1], data: new Float64Array(1) },
    };
    const one = scratch("projected_w.npz", writeNpz(arrays, { compress: true }));
    const found = await bases("w_plus", one);
    expect(found.code, found.stderr).toBe(0);
    expect(found.stderr).toContain(`${one}:w [1, 3, 4] is read as 1 point of w_plus [3, 4]`);

    const two = scratch("two.npz", writeNpz({ ...arrays, v: { shape: [2, 12], data: codes } }));
    const several = await bases("w_plus", two);
    expect(several).toMatchObject({
      code: 65,
      stderr: expect.stringContaining("several arrays that fit: w [1,3,4], v [2,12]. Name one"),
    });
    const named = await bases("w_plus", `${two}:v`);
    expect(named.points!.shape).toEqual([2, 12]);
    expect(await bases("w_plus", `${two}:x`)).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('no array "x"; there are w, loss, v'),
    });
    expect(await bases("w_plus", `${two}:loss`)).toMatchObject({
      code: 65,
      stderr: expect.stringContaining("has shape [1]; space"),
    });
  });

  it("refuses what is no point, naming what there is", async () => {
    for (const shape of [[0, 12], [2, 4, 3], [5], [3, 8]]) {
      const file = scratch(
        "wrong.npy",
        writeNpy({ shape, data: new Float64Array(shape.reduce((a, b) => a * b, 1)) }),
      );
      const { code, stderr } = await bases("w_plus", file);
      expect(code).toBe(65);
      expect(stderr).toContain(
        `has shape [${shape}]; space "w_plus" of dimension 12 needs [n,12] with n ≥ 1, or [12], or [n,3,4]`,
      );
    }
    const archive = scratch("none.npz", writeNpz({ a: { shape: [5], data: new Float64Array(5) } }));
    const none = await bases("w_plus", archive);
    expect(none).toMatchObject({ code: 65, stderr: expect.stringContaining("It has: a [5].") });
    const neither = await bases("w_plus", scratch("points.txt", "1 2 3"));
    expect(neither).toMatchObject({ code: 65, stderr: expect.stringContaining("magic string") });
  });

  it.each(["wp_3d.npy", "projected_w.npz"])("the collection's %s", async (name) => {
    if (!sharedCase(name)) return;
    const space = { name: "w_plus", dim: 1280, shape: [10, 128] };
    const { values, count, remark } = await readPoints(space, `${shared}/cases/${name}`);
    expect([values.length, count]).toEqual([1280, 1]);
    expect(remark).toContain("[1, 10, 128] is read as 1 point of w_plus [10, 128]");
  });
});

describe("archives of the collection", () => {
  it("crc.npz: its checksum is wrong", () => {
    const bytes = sharedCase("crc.npz");
    if (bytes) expect(() => readNpz(bytes)).toThrow(/"a\.npy": the checksum \(CRC-32\)/);
  });

  it("obj.npz: the numbers are read, the objects refused by name", () => {
    const bytes = sharedCase("obj.npz");
    if (!bytes) return;
    const read = readNpz(bytes);
    expect(Object.keys(read)).toEqual(["a"]);
    expect(read.a!.shape).toEqual([2, 3]);
    expect(() => read.o).toThrow(/"o\.npy".*Python objects/);
  });
});

describe("--target", () => {
  const generator = scratch("generator.onnx", generatorBytes);
  const quick = ["--starts", "1", "--candidates", "2", "--steps", "1", "--json"];
  const invert = (file: string) =>
    vielbein("invert", generator, "--target", file, ...quick, "--image-range", "0,1");
  const image: RgbaImage = {
    width: 8,
    height: 8,
    data: new Uint8ClampedArray(256).map((_, i) => (i % 4 === 3 ? 255 : (i * 7) % 256)),
  };
  const sampleOf = (x: number, y: number) =>
    Array.from(image.data.subarray(4 * (8 * y + x), 4 * (8 * y + x) + 3));

  it("reads one picture alike in 8 and 16 bits, interlaced or not", async () => {
    const plain = JSON.parse((await invert(scratch("plain.png", encodePng(image)))).stdout);
    for (const [depth, isInterlaced] of [
      [8, true],
      [16, false],
      [16, true],
    ] as const) {
      const sample = (x: number, y: number) =>
        sampleOf(x, y).map((value) => (depth === 16 ? 257 * value : value));
      const file = scratch(
        "other.png",
        encode({ width: 8, height: 8, colourType: 2, depth, isInterlaced, sample }),
      );
      const other = JSON.parse((await invert(file)).stdout);
      expect([other.rms, other.code]).toEqual([plain.rms, plain.code]);
    }
  });

  it("puts white behind transparent pixels, and says so", async () => {
    const clear = { ...image, data: image.data.slice() };
    clear.data.set([0, 0, 0, 0], 0);
    const white = { ...image, data: image.data.slice() };
    white.data.set([255, 255, 255, 255], 0);
    const { stdout, stderr } = await invert(scratch("clear.png", encodePng(clear)));
    expect(stderr).toContain(
      "clear.png has transparent pixels, which the model does not know: they are read over white",
    );
    const [over, opaque] = [
      JSON.parse(stdout),
      JSON.parse((await invert(scratch("white.png", encodePng(white)))).stdout),
    ];
    expect(over.target).toMatchObject({ file: "clear.png", background: "white" });
    expect(opaque.target.background).toBeUndefined();
    expect(over.rms).toBe(opaque.rms);
  });

  it("takes an array inside an archive", async () => {
    const data = Float32Array.from({ length: 192 }, (_, i) => i / 192);
    const [alone, inside] = [
      scratch("target.npy", writeNpy({ shape: [3, 8, 8], data })),
      scratch(
        "target.npz",
        writeNpz({ image: { shape: [1, 3, 8, 8], data }, loss: { shape: [1], data: new Float64Array(1) } }),
      ),
    ];
    const rms = async (file: string) => JSON.parse((await invert(file)).stdout).rms;
    expect(await rms(inside)).toBe(await rms(alone));
    expect(await rms(`${inside}:image`)).toBe(await rms(alone));
  });

  it("refuses a flipped bit of the pixels, an overlong stream, and other kinds by name", async () => {
    const damaged = encodePng(image);
    damaged[Buffer.from(damaged).indexOf("IDAT") + 9]! ^= 4;
    expect(await invert(scratch("damaged.png", damaged))).toMatchObject({
      code: 65,
      stderr: expect.stringContaining("the checksum (CRC-32) of its IDAT chunk"),
    });
    const header = chunkOf("IHDR", headerOf({ width: 8, height: 8, colourType: 2, depth: 8 }));
    const bomb = fileOf(
      header,
      chunkOf("IDAT", deflateSync(Buffer.alloc(2 ** 24))),
      chunkOf("IEND", new Uint8Array(0)),
    );
    expect(await invert(scratch("bomb.png", bomb))).toMatchObject({
      code: 65,
      stderr: expect.stringContaining("PNG: its pixels cannot be unpacked"),
    });
    const stream = deflateSync(Buffer.alloc(200));
    stream[stream.length - 1]! ^= 1;
    const sum = fileOf(header, chunkOf("IDAT", stream), chunkOf("IEND", new Uint8Array(0)));
    expect(await invert(scratch("sum.png", sum))).toMatchObject({
      code: 65,
      stderr: expect.stringContaining("incorrect data check"),
    });
    expect(await invert(scratch("anim.gif", "GIF89a"))).toMatchObject({
      code: 65,
      stderr: expect.stringContaining("of the kind GIF, and PNG and JPEG are read. Save it as PNG."),
    });
  });

  it.each([
    // Its transparent colours are in the palette only.
    ["t_c3d8i0_5x7.png", undefined],
    ["t_pal_trns.png", "white"],
    ["t_gray16.png", undefined],
    ["t_rgb.jpg", undefined],
  ])("the collection's %s", async (name, background) => {
    if (!sharedCase(name)) return;
    const space = { name: "image", dim: 3 * 64 * 64, shape: [3, 64, 64] };
    const layout = detectLayout(space.shape);
    const reading = async () => ({ layout, pixels: [-1, 1] as const, crop: true, fullScale: 1 });
    const target = await readTarget(`${shared}/cases/${name}`, space, reading, new AbortController().signal);
    expect(target.values).toHaveLength(space.dim);
    expect(target.background).toBe(background);
  });
});
