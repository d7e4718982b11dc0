// Published generators against derivatives that PyTorch computed in float64 from the same weights.

import { jacobian, localBasis, localBasisAt, samplePoints } from "@vielbein/core";
import { localDimension } from "@vielbein/core/dimension";
import { matchDirections } from "@vielbein/core/grassmann";
import { identity, type Matrix, orthogonal } from "@vielbein/linalg";
import { describe, expect, type TestContext, test } from "vitest";
import { chain, cut, decodeModel, encodeModel, jvp, OnnxMap, prepare } from "../src/index.ts";
import { relativeError, runtime, structure } from "./helpers.ts";
import { golden, requireShared, sharedModel } from "./shared.ts";

const references = [
  "faces_fletcher",
  "disvae_btcvae_celeba",
  "disvae_btcvae_dsprites",
  "neuralpil_film_mapping",
  "neuralpil_film_full",
];
const models = [
  ...references,
  "neuralpil_film_synthesis",
  "omori_aim27",
  "lpips_squeeze_feat_32",
  "lpips_squeeze_feat_64",
];

async function withMap<T>(
  model: Parameters<typeof OnnxMap.create>[0],
  use: (map: OnnxMap) => Promise<T>,
): Promise<T> {
  const map = await OnnxMap.create(model, runtime);
  try {
    return await use(map);
  } finally {
    await map.dispose();
  }
}

describe.each(references)("%s", (name) => {
  const files = [`models/${name}.onnx`, `golden/${name}.npz`];

  test("value and Jacobian to float32 accuracy", async (context) => {
    requireShared(context, ...files);
    const { z, y, J } = await golden(name);
    await withMap(await sharedModel(name), async (map) => {
      for (let i = 0; i < 2; i++) {
        const point = Float32Array.from(z![i]!);
        expect(relativeError(await map.evaluate(point, 1), y![i]!)).toBeLessThan(5e-6);
        expect(relativeError((await jacobian(map, point)).data, J![i]!)).toBeLessThan(5e-6);
      }
    });
  });

  test("leading singular values", async (context) => {
    requireShared(context, ...files);
    const { z, singular_values: expected } = await golden(name);
    await withMap(await sharedModel(name), async (map) => {
      const basis = await localBasisAt(map, Float32Array.from(z![0]!), { k: 10 });
      // A rank-deficient decoder has dead axes, whose singular values are rounding errors of the largest.
      const floor = 1e-6 * expected![0]![0]!;
      basis.singularValues.forEach((value, k) => {
        expect(Math.abs(value - expected![0]![k]!)).toBeLessThan(1e-5 * expected![0]![k]! + 0.1 * floor);
      });
    });
  });
});

test("chain rule: the whole generator is its synthesis after its mapping", async (context) => {
  const parts = ["full", "mapping", "synthesis"].map((part) => `neuralpil_film_${part}`);
  requireShared(context, ...parts.map((part) => `models/${part}.onnx`), "golden/neuralpil_film_full.npz");
  const { z } = await golden("neuralpil_film_full");
  const point = Float32Array.from(z![0]!);
  const [full, mapping, synthesis] = await Promise.all(parts.map(sharedModel));
  const whole = await withMap(full!, (map) => jacobian(map, point));
  const first = await withMap(mapping!, async (map) => ({
    w: await map.evaluate(point, 1),
    jacobian: await jacobian(map, point),
  }));
  // J_synthesis · J_mapping, one tangent for each column of J_mapping, as the engine computes it.
  const columns = Float32Array.from({ length: first.jacobian.data.length }, (_, i) => {
    const [column, row] = [Math.floor(i / first.jacobian.rows), i % first.jacobian.rows];
    return first.jacobian.data[row * first.jacobian.cols + column]!;
  });
  const product = await withMap(synthesis!, (map) => map.jvp(first.w, columns, first.jacobian.cols));
  const transposed = Float64Array.from(product, (_, i) => {
    const [row, column] = [Math.floor(i / whole.cols), i % whole.cols];
    return product[column * whole.rows + row]!;
  });
  expect(relativeError(transposed, whole.data)).toBeLessThan(5e-6);
});

test.for([
  ["faces_fletcher", "lpips_squeeze_feat_32", {}],
  ["disvae_btcvae_celeba", "lpips_squeeze_feat_64", { scale: 2, shift: -1 }],
] as const)(
  "perceptual metric of %s: 2·JᵀJ of the chained features",
  async ([generator, features, options], context) => {
    requireShared(context, `models/${generator}.onnx`, `models/${features}.onnx`, `golden/${generator}.npz`);
    await expectPerceptualMetric(generator, features, options);
  },
);

/** H = 2·JφᵀJφ with φ the LPIPS features of the image, against the reference's. */
async function expectPerceptualMetric(
  generator: string,
  features: string,
  options: { scale?: number; shift?: number },
): Promise<void> {
  const { z, lpips_metric: expected } = await golden(generator);
  const chained = chain(await sharedModel(generator), await sharedModel(features), options);
  await withMap(chained, async (map) => {
    const { data, rows, cols } = await jacobian(map, Float32Array.from(z![0]!));
    const metric = new Float64Array(cols * cols);
    for (let row = 0; row < rows; row++) {
      const gradient = data.subarray(row * cols, (row + 1) * cols);
      for (let a = 0; a < cols; a++) {
        const factor = 2 * gradient[a]!;
        if (factor !== 0) for (let b = 0; b < cols; b++) metric[a * cols + b]! += factor * gradient[b]!;
      }
    }
    expect(relativeError(metric, expected![0]!)).toBeLessThan(1e-4);
  });
}

test("a third-party export needs no option", async (context) => {
  requireShared(context, "models/omori_aim27.onnx");
  await withMap(await sharedModel("omori_aim27"), async (map) => {
    expect([map.from.dim, map.to.shape]).toEqual([16, [3, 32, 32]]);
    const point = Float32Array.from({ length: 16 }, (_, i) => Math.sin(1 + 3 * i));
    const exact = await jacobian(map, point);
    const approximate = await jacobian(map, point, { method: "difference", step: 1e-4 });
    // The generator is full of kinks, and a difference is wrong by those it steps over: in proportion to the
    // step, until rounding takes over.
    expect(relativeError(approximate.data, exact.data)).toBeLessThan(6e-3);
  });
});

describe.each(models)("%s", (name) => {
  test("is read, written back alike, prepared and differentiated", async (context) => {
    requireShared(context, `models/${name}.onnx`);
    const model = await sharedModel(name);
    expect(structure(decodeModel(encodeModel(model)))).toEqual(structure(model));
    const derivative = jvp(await prepare(model, runtime));
    expect(derivative.model.graph.inputs).toHaveLength(2);
    expect(derivative.model.graph.outputs).toHaveLength(2);
  });
});

test("cut at an interior tensor, the parts compose to the whole", async (context: TestContext) => {
  requireShared(context, "models/faces_fletcher.onnx", "golden/faces_fletcher.npz");
  const model = await sharedModel("faces_fletcher");
  const { z, J } = await golden("faces_fletcher");
  const prepared = await prepare(model, runtime);
  const tensors = prepared.model.graph.nodes.map((node) => node.outputs[0]!);
  const middle = tensors[Math.floor(tensors.length / 2)]!;
  const [input, output] = [prepared.input, prepared.output];
  const point = Float32Array.from(z![0]!);
  const tangent = Float32Array.from({ length: point.length }, (_, i) => Math.cos(i));

  const first = await withMap(cut(model, input, middle), async (map) => ({
    value: await map.evaluate(point, 1),
    tangent: await map.jvp(point, tangent, 1),
  }));
  const second = await OnnxMap.create(model, runtime, { from: middle, to: output });
  const composed = await second.jvp(first.value, first.tangent, 1);
  await second.dispose();
  const m = composed.length;
  const expected = Float64Array.from({ length: m }, (_, i) =>
    tangent.reduce((sum, t, j) => sum + t * J![0]![i * tangent.length + j]!, 0),
  );
  expect(relativeError(composed, expected)).toBeLessThan(5e-6);
});

describe("what is known of the published decoders shows in their local bases", () => {
  const points = 8;
  const bases = async (name: string) =>
    withMap(await sharedModel(name), (map) => localBasis(map, samplePoints(map.from, 0, 0, points)));

  test("dSprites: about half of the latent axes are dead", async (context) => {
    requireShared(context, "models/disvae_btcvae_dsprites.onnx");
    for (const { singularValues } of await bases("disvae_btcvae_dsprites")) {
      const { dimension, kept } = localDimension(singularValues);
      expect(kept).toBeGreaterThanOrEqual(4);
      expect(kept).toBeLessThanOrEqual(5);
      expect(dimension).toBe(kept);
      expect(singularValues[9]! / singularValues[0]!).toBeLessThan(1e-3);
    }
  });

  test("celeba: singular vectors lie along the axes of the code, more than chance has it", async (context) => {
    requireShared(context, "models/disvae_btcvae_celeba.onnx");
    const alignment = (vectors: Matrix) => {
      const matches = matchDirections(vectors, identity(vectors.rows));
      return matches.reduce((sum, { cosine }) => sum + Math.abs(cosine), 0) / matches.length;
    };
    const found = (await bases("disvae_btcvae_celeba")).map(({ inputVectors }) => alignment(inputVectors));
    const chance = Array.from({ length: 200 }, (_, i) => alignment(orthogonal(1, i, 10)));
    const mean = found.reduce((sum, x) => sum + x, 0) / points;
    expect(mean).toBeGreaterThan(Math.max(...chance));
  });
});
