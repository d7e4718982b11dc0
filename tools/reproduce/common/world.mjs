// What the studies share: the generator, the regressor that reads factors and features off its images, and samples.

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { PrincipalComponentsAccumulator, samplePoints } from "@vielbein/core";
import { matrix } from "@vielbein/linalg";
import { chain, decodeModel, layers, OnnxMap, prepare, redrawWeights } from "@vielbein/onnx";
import { NodeRuntime, readModelFile } from "@vielbein/runtime-node";
import { readFactors } from "./factors.mjs";

const REGRESSOR = fileURLToPath(new URL("../data/regressor.onnx", import.meta.url));
const BATCH = 64;

export class World {
  /** Opens the generator in `path`, which must have tensors `w` and `image`. */
  static async open(path) {
    const world = new World();
    world.file = basename(path);
    world.digest = createHash("sha256")
      .update(await readFile(path))
      .digest("hex")
      .slice(0, 12);
    world.runtime = new NodeRuntime({ threads: 1, worker: false });
    world.model = await decoded(path);
    world.regressor = await decoded(REGRESSOR);
    world.outputs = JSON.parse(world.regressor.metadata.get("vielbein.factors"));
    world.mapping = await OnnxMap.create(world.model, world.runtime, { to: "w" });
    world.synthesis = await world.map({ from: "w", to: "image" });
    world.reading = await OnnxMap.create(world.regressor, world.runtime, { to: "features" });
    world.head = await OnnxMap.create(world.regressor, world.runtime, { from: "features", to: "factors" });
    return world;
  }

  async dispose() {
    for (const map of [this.mapping, this.synthesis, this.reading, this.head]) await map.dispose();
    await this.runtime.dispose();
  }

  map(options, model = this.model) {
    return OnnxMap.create(model, this.runtime, options);
  }

  /** The generator, or one with other weights, from `w` to the features of the regressor. */
  featureMap(model = this.model) {
    const chained = chain(model, this.regressor, { output: "image", input: "image" });
    return this.map({ from: "w", to: "features" }, chained);
  }

  untrained(seed) {
    return redrawWeights(this.model, { kind: "redrawn", seed });
  }

  shuffled(seed) {
    return redrawWeights(this.model, { kind: "shuffled", seed });
  }

  /** Outputs of the fully connected layers of the mapping network, the last of which is `w`. */
  async mappingLayers() {
    const found = layers(await prepare(this.model, this.runtime, { to: "w" }));
    // The normalised input is a stage too, but no layer: nothing with weights lies before it.
    return found.slice(found[0].producer === "Div" ? 1 : 0).map(({ name }) => name);
  }

  latents(seed, first, count) {
    return samplePoints(this.mapping.from, seed, first, count);
  }

  async codes(seed, first, count) {
    return this.mapping.evaluate(this.latents(seed, first, count), count);
  }

  /** Leading principal components of sampled codes. */
  async principalComponents(seed, count, k) {
    return this.principalComponentsOf(await this.codes(seed, 0, count), k);
  }

  /** Those of codes `[n, w]`. */
  principalComponentsOf(codes, k) {
    const accumulator = new PrincipalComponentsAccumulator(this.mapping.to.dim, { k });
    accumulator.append(codes);
    return accumulator.result().components;
  }

  images(codes, count) {
    return this.synthesis.evaluate(codes, count);
  }

  /** Features `[n, 64]` and raw outputs of the regressor `[n, columns]` for codes `[n, w]`; images are not kept. */
  async measure(codes, count) {
    const dim = this.mapping.to.dim;
    const features = matrix(count, this.reading.to.dim);
    const raw = matrix(count, this.head.to.dim);
    for (let first = 0; first < count; first += BATCH) {
      const n = Math.min(BATCH, count - first);
      const images = await this.images(codes.slice(first * dim, (first + n) * dim), n);
      const seen = await this.readImages(images, n);
      features.data.set(seen.features, first * features.cols);
      raw.data.set(seen.raw, first * raw.cols);
    }
    return { features, raw, factors: readFactors(raw, this.outputs) };
  }

  async readImages(images, count) {
    const features = await this.reading.evaluate(images, count);
    return { features, raw: await this.head.evaluate(features, count) };
  }
}

async function decoded(path) {
  const { bytes, name } = await readModelFile(path);
  return decodeModel(bytes, name);
}

/** Row i of row-major values as a copy. */
export function row(values, i, dim) {
  return values.slice(i * dim, (i + 1) * dim);
}
