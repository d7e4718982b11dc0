import { readFileSync } from "node:fs";
import { flipd } from "@vielbein/core/dimension";
import { rowAt } from "@vielbein/linalg";
import { readNpz } from "@vielbein/linalg/npy";
import { composeDenoiser, decodeModel, OnnxMap } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";
import { describe, expect, it } from "vitest";
import { sampleDenoiserUrl, samplePicturesUrl } from "../src/index.ts";

const bytes = readFileSync(sampleDenoiserUrl);
const archive = readNpz(readFileSync(samplePicturesUrl));
const pictures = Float32Array.from(archive.pictures!.data as Float32Array);
const factors = Array.from(archive.factors!.data as BigInt64Array, Number);

describe("the embedded denoiser", () => {
  it("is at most 2 MB, and says what it predicts", () => {
    expect(bytes.length).toBeLessThanOrEqual(2e6);
    const { metadata } = decodeModel(bytes);
    expect(Object.fromEntries(metadata)).toMatchObject({
      "vielbein.prediction": "x0",
      "vielbein.process": "exploding",
      "vielbein.noise-input": "sigma",
      "vielbein.noise-range": "0.1,1",
      "vielbein.licence": "MIT",
    });
  });

  it("comes with pictures of families with 2 to 6 factors, and with the planted ones", () => {
    expect(archive.pictures!.shape).toEqual([50, 1, 16, 16]);
    expect(pictures.every((x) => Math.abs(x) <= 1)).toBe(true);
    const counts = [2, 3, 4, 5, 6, 0].map((n) => factors.filter((x) => x === n).length);
    expect(counts).toEqual([8, 8, 8, 8, 8, 10]);
  });

  it("takes noise away, and leaves pictures alone", async () => {
    const sigma = 0.5;
    const runtime = new NodeRuntime({ threads: 1 });
    const inputs = { sigma: { type: "float32", dims: [1], data: Float32Array.of(sigma) } } as const;
    const map = await OnnxMap.create(decodeModel(bytes), runtime, { from: "x", to: "x0", inputs });
    const distance = (a: Float32Array, b: Float32Array) =>
      a.reduce((sum, x, i) => sum + (x - b[i]!) ** 2, 0) / a.length;
    const noise = Float32Array.from(pictures, (_, i) => sigma * Math.SQRT2 * Math.sin(12.9898 * i * i));
    const noisy = pictures.map((x, i) => x + noise[i]!);
    const restored = await map.evaluate(noisy, factors.length);
    expect(distance(restored, pictures)).toBeLessThan(0.1 * distance(noisy, pictures));
    expect(distance(await map.evaluate(pictures, factors.length), pictures)).toBeLessThan(0.01 * sigma ** 2);
    await map.dispose();
  });

  it("has more dimensions where more factors vary, and fewest at planted pictures", async () => {
    const sigma = 0.5;
    const options = { input: "x", output: "x0", prediction: "x0", alpha: 1, sigma } as const;
    const { model, noise } = composeDenoiser(decodeModel(bytes), options);
    const inputs = { sigma: { type: "float32", dims: [1], data: Float32Array.of(sigma) } } as const;
    const map = await OnnxMap.create(model, new NodeRuntime({ threads: 1 }), {
      from: "x",
      to: noise,
      inputs,
    });
    const meanOf = async (wanted: number) => {
      const rows = factors.flatMap((x, i) => (x === wanted ? [i] : []));
      let sum = 0;
      for (const i of rows) sum += (await flipd(map, rowAt(pictures, i, 256).slice(), sigma)).dimension;
      return sum / rows.length;
    };
    const [planted, two, six] = [await meanOf(0), await meanOf(2), await meanOf(6)];
    expect(planted).toBeLessThan(two);
    expect(two).toBeLessThan(six);
    await map.dispose();
  });
});
