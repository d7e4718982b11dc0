import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { samplePoints } from "@vielbein/core";
import { crc32 } from "@vielbein/linalg/deflate";
import { readNpy, readNpz, writeNpy } from "@vielbein/linalg/npy";
import { decodeModel, encodeModel, OnnxMap } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";
import { decodePng, detectLayout, encodePng, toRgba } from "@vielbein/viz";
import { describe, expect, it } from "vitest";
import { floats, generator, generatorBytes, int64s, model, node } from "./models.ts";
import { interruptedAt, scratch, vielbein } from "./run.ts";

const path = scratch("generator.onnx", generatorBytes);

/** Features of [3, 8, 8] images: a linear map of all pixels. */
const features = scratch(
  "features.onnx",
  encodeModel(
    model({
      nodes: [node("Reshape", ["image", "flat"], ["pixels"]), node("Gemm", ["pixels", "w"], ["features"])],
      initializers: [floats("w", [192, 40]), int64s("flat", [-1, 192])],
      inputs: [{ name: "image", dataType: 1, shape: ["n", 3, 8, 8] }],
      outputs: [{ name: "features", dataType: 1 }],
    }),
  ),
);

const layout = detectLayout([3, 8, 8]);

/** The output of the generator at a code that is none of the candidates. */
async function made(prior: "normal" | "uniform" = "normal") {
  const map = await OnnxMap.create(
    decodeModel(generatorBytes, "generator.onnx"),
    new NodeRuntime({ threads: 1 }),
    {
      prior: prior === "normal" ? { kind: "normal" } : { kind: "uniform", low: -1, high: 1 },
    },
  );
  const code = samplePoints(map.from, 99, 0, 1);
  const values = await map.evaluate(code, 1);
  await map.dispose();
  return { code, values };
}

const { code, values } = await made();
const target = scratch("target.npy", writeNpy({ shape: [1, 3, 8, 8], data: values }));

const json = async (...options: string[]) => {
  const { code: status, stdout, stderr } = await vielbein("invert", path, "--json", "--quiet", ...options);
  expect([status, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
};
const distanceTo = (found: number[]) => Math.hypot(...found.map((x, i) => x - code[i]!));

/** Grey, of 16 bits a sample. */
function deepPng(width: number, height: number): Uint8Array {
  const uint32 = (value: number) => Buffer.of(value >>> 24, value >>> 16, value >>> 8, value);
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    return Buffer.concat([uint32(data.length), body, uint32(crc32(body))]);
  };
  const header = Buffer.concat([uint32(width), uint32(height), Buffer.of(16, 0, 0, 0, 0)]);
  const rows = Buffer.alloc(height * (1 + 2 * width));
  const signature = Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  const packed = chunk("IDAT", deflateSync(rows));
  return Buffer.concat([signature, chunk("IHDR", header), packed, chunk("IEND", Buffer.alloc(0))]);
}

describe("vielbein invert", () => {
  it("of two candidates, four starts and eight samples of the metric are two, and a remark says so", async () => {
    const asked = ["--candidates", "2", "--starts", "4", "--steps", "1", "--method", "lbfgs"];
    const { code, stdout, stderr } = await vielbein(
      ...["invert", path, "--target", target, ...asked, "--coordinates", "metric", "--json"],
    );
    expect([code, JSON.parse(stdout).searches.length]).toEqual([0, 2]);
    expect(stderr).toContain("--starts: there are 2, not 4");
    expect(stderr).toContain("--metric-samples: there are 2, not 8");
    expect(JSON.parse(stdout).provenance.options.metricSamples).toBe(2);
  });

  it("recovers the code of an image that the model made, from the nearest samples", async () => {
    const out = scratch("code.npz");
    const result = await json("--target", target, "--out", out);
    expect(distanceTo(result.code)).toBeLessThan(1e-3);
    expect(result.distance).toBeLessThan(1e-8);
    expect(result.rms).toBeCloseTo(Math.sqrt(result.distance / 192), 6);
    expect(result.complete).toBe(true);
    expect(result.searches).toHaveLength(4);
    const losses = result.searches.map(({ loss }: { loss: number }) => loss);
    expect(losses).toEqual(losses.toSorted((a: number, b: number) => a - b));
    // The starts are the nearest of the 64 candidates.
    const wide = await json("--target", target, "--starts", "64", "--steps", "1");
    const before = (search: { before: number }) => search.before;
    const nearest = wide.searches.map(before).sort((a: number, b: number) => a - b);
    expect(result.searches.map(before).sort((a: number, b: number) => a - b)).toEqual(nearest.slice(0, 4));
    expect(result.provenance).toMatchObject({
      method: "inversion",
      points: { seed: 0, count: 64 },
      options: { method: "levenberg-marquardt", distance: "l2", starts: 4, steps: 50 },
    });
    expect(result.provenance.options.target.sha256).toMatch(/^[0-9a-f]{64}$/);
    const kept = readNpz(readFileSync(out));
    expect(kept.codes!.shape).toEqual([4, 4]);
    expect(Array.from(kept.code!.data as Float32Array)).toEqual(result.code);
    expect(JSON.parse(new TextDecoder().decode(kept.provenance!.data as Uint8Array))).toEqual(
      result.provenance,
    );
  });

  it.each([
    ["lbfgs", "plain"],
    ["lbfgs", "metric"],
    ["adam", "plain"],
    ["adam", "metric"],
    ["cma-es", "metric"],
  ])("%s in %s coordinates comes near, and says what it took", async (method, coordinates) => {
    const result = await json("--target", target, "--method", method, "--coordinates", coordinates);
    expect(result.distance).toBeLessThan(1e-2 * result.searches[0].before);
    const { values: runs, jvps, vjps } = result.work;
    expect(runs).toBeGreaterThan(20);
    expect([jvps, vjps > 0]).toEqual([0, method !== "cma-es"]);
    expect("exponent" in result.provenance.options).toBe(coordinates === "metric");
  });

  it("reads pictures, to the accuracy of 8 bits, and refuses another size unless it may crop", async () => {
    const small = toRgba(values, layout, [0, 1]);
    const picture = scratch("target.png", encodePng(small));
    const result = await json("--target", picture);
    // Rounding to 1/255 has a standard deviation of 1/255/√12.
    expect(result.rms).toBeLessThan(1.2 / 255 / Math.sqrt(12));
    expect(distanceTo(result.code)).toBeLessThan(0.1);

    const large = scratch("large.png", encodePng(enlarged(small, 4, 6)));
    const refused = await vielbein("invert", path, "--target", large);
    expect(refused.code).toBe(65);
    expect(refused.stderr).toMatch(/is 48 × 32, the model's images are 8 × 8. With --crop/);
    const resized = await json("--target", large, "--crop");
    expect(resized.target.resizedFrom).toEqual([48, 32]);
    expect(resized.distance).toBeLessThan(resized.searches[0].before);
  });

  it("says that pictures of 16 bits are rounded to 8", async () => {
    const short = ["--candidates", "2", "--starts", "1", "--steps", "1"];
    const invert = (file: string) => vielbein("invert", path, "--target", file, ...short, "--json");
    const deep = await invert(scratch("deep.png", deepPng(8, 8)));
    expect([deep.code, deep.stderr]).toEqual([
      0,
      expect.stringContaining("the 16 bits of deep.png are rounded to 8"),
    ]);
    expect(JSON.parse(deep.stdout).target).toMatchObject({ file: "deep.png", roundedFrom: 16 });
    const grey = { width: 8, height: 8, data: new Uint8ClampedArray(256).fill(255) };
    const plain = await invert(scratch("plain.png", encodePng(grey)));
    expect(plain.stderr).not.toContain("16 bits");
    expect(JSON.parse(plain.stdout).target).not.toHaveProperty("roundedFrom");
  });

  it("measures by features of another model, chained behind", async () => {
    const result = await json("--target", target, "--distance", features);
    expect(distanceTo(result.code)).toBeLessThan(0.01);
    expect(result.provenance.options).toMatchObject({
      distance: { file: "features.onnx", output: "features" },
      range: "auto",
      pixels: [0, 1],
      scale: 2,
      shift: -1,
    });
  });

  it("stays in the box of a uniform prior, and has no weight for it", async () => {
    const outside = scratch("bright.npy", writeNpy({ shape: [192], data: values.map((x) => 3 * x) }));
    const result = await json("--target", outside, "--prior", "uniform");
    expect(Math.max(...result.code.map(Math.abs))).toBeLessThanOrEqual(1);
    expect(result.provenance.options.bounds).toEqual([-1, 1]);
    const weighed = await vielbein(
      "invert",
      path,
      "--target",
      outside,
      "--prior",
      "uniform",
      "--prior-weight",
      "1",
    );
    expect([weighed.code, weighed.stderr]).toEqual([2, expect.stringMatching(/the search keeps to it/)]);
  });

  it("draws the sheet", async () => {
    const sheet = scratch("inversion.png");
    const { code: status, stdout } = await vielbein("invert", path, "--target", target, "--sheet", sheet);
    expect(status).toBe(0);
    expect(stdout).toMatch(/start +distance before +after/);
    expect(stdout).toMatch(/best \(\*\): rms difference/);
    expect(decodePng(readFileSync(sheet)).width).toBeGreaterThan(800);
  });

  it("keeps what it found when it is interrupted", async () => {
    const out = scratch("partial.npy");
    const {
      code: status,
      stdout,
      stderr,
    } = await interruptedAt(
      /steps, at most .* 3\/400$/,
      ...["invert", path, "--target", target, "--method", "adam", "--steps", "100", "--out", out],
    );
    expect(status).toBe(130);
    expect(stderr).toMatch(/interrupted after 1 of 4 starts; .*partial\.npy keeps the best code so far/);
    expect(stdout).toMatch(/best \(\*\)/);
    expect(readNpy(readFileSync(out)).shape).toEqual([4]);
  });

  it("refuses what makes no sense", async () => {
    const failure = async (...options: string[]) => {
      const { code: status, stderr } = await vielbein("invert", path, ...options);
      return [status, stderr];
    };
    const expectFailure = async (options: string[], status: number, message: RegExp) =>
      expect(await failure(...options)).toEqual([status, expect.stringMatching(message)]);
    await expectFailure([], 2, /--target/);
    await expectFailure(["--target", "absent.npy"], 66, /cannot read/);
    await expectFailure(
      ["--target", scratch("wrong.npy", writeNpy({ shape: [7], data: new Float32Array(7) }))],
      65,
      /has shape \[7\]; one value of "image" is \[3,8,8\]/,
    );
    await expectFailure(
      ["--target", scratch("none.png", "no picture")],
      65,
      /of no kind that is known here, and PNG and JPEG are read/,
    );
    await expectFailure(["--target", target, "--coordinates", "metric"], 2, /sees the metric at every step/);
    await expectFailure(["--target", target, "--step-size", "1"], 2, /finds its own/);
    await expectFailure(["--target", target, "--out", "code.txt"], 2, /\.npy or \.npz/);
    await expectFailure(["--target", target, "--out", join(scratch("nowhere"), "c.npy")], 73, /Cannot write/);
    const tall = encodeModel(generator());
    mkdirSync(scratch("folder"));
    const flat = scratch("folder/flat.onnx", tall);
    const { code: status, stderr } = await vielbein("invert", flat, "--target", target, "--distance", flat);
    expect([status, stderr]).toEqual([65, expect.stringMatching(/takes \[4\], but "image" is \[3,8,8\]/)]);
  });
});

/** Every pixel to `high` × `wide` of them. */
function enlarged({ width, height, data }: ReturnType<typeof toRgba>, high: number, wide: number) {
  const pixels = new Uint8ClampedArray(4 * width * wide * height * high);
  for (let p = 0; p < width * wide * height * high; p++) {
    const [x, y] = [Math.floor((p % (width * wide)) / wide), Math.floor(p / (width * wide) / high)];
    pixels.set(data.subarray(4 * (y * width + x), 4 * (y * width + x) + 4), 4 * p);
  }
  return { width: width * wide, height: height * high, data: pixels };
}
