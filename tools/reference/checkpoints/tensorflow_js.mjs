// Small layers models of TensorFlow.js, saved by it, one of them with quantised weights too, and what they make of codes.
//
//     node tools/reference/checkpoints/tensorflow_js.mjs packages/checkpoints/test/fixtures MODULES
//
// MODULES is a node_modules folder with @tensorflow/tfjs-core, -layers and -backend-cpu. Writes tfjs/model.json,
// tfjs_quantised/model.json, tfjs_nested/model.json (models as layers) and tfjs_mixed/model.json (weights quantised each in
// another way, in groups; bilinear upsampling) with their weights, and tfjs.json, tfjs_quantised.json, tfjs_nested.json and
// tfjs_mixed.json with codes and images, which it computes in single precision.

import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [folder, modules] = process.argv.slice(2);
const require = createRequire(join(resolve(modules), "index.js"));
// Installed for the run, and no dependency of this repository.
const [tf, { sequential, model: functional, input, layers, loadLayersModel }] = [
  "core",
  "layers",
  "backend-cpu",
].map((part) => require(`@tensorflow/tfjs-${part}`));

const [CODES, DIM] = [3, 4];
const random = (seed) => () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32 - 0.5;
};

function made(interpolation = "nearest", size = [2, 2]) {
  const model = sequential();
  model.add(layers.dense({ units: 4 * 4 * 5, inputShape: [DIM], name: "dense_1" }));
  model.add(layers.batchNormalization({ name: "batch" }));
  model.add(layers.leakyReLU({ alpha: 0.1 }));
  model.add(layers.reshape({ targetShape: [4, 4, 5] }));
  model.add(
    layers.conv2dTranspose({
      filters: 4,
      kernelSize: 5,
      strides: 2,
      padding: "same",
      activation: "relu",
      name: "up",
    }),
  );
  model.add(layers.upSampling2d({ size, interpolation }));
  model.add(
    layers.conv2d({ filters: 3, kernelSize: 3, padding: "same", activation: "tanh", name: "colours" }),
  );
  return settled(model, 7);
}

/** A model whose layers are models: one that is Sequential, and one that is Functional and has another within. */
function nested() {
  const up = sequential({ name: "up" });
  up.add(
    layers.conv2dTranspose({
      filters: 4,
      kernelSize: 3,
      strides: 2,
      padding: "same",
      inputShape: [4, 4, 5],
      name: "wide",
    }),
  );
  up.add(layers.batchNormalization({ name: "even" }));
  up.add(layers.leakyReLU());
  const deep = sequential({ name: "deep" });
  deep.add(layers.conv2d({ filters: 4, kernelSize: 1, inputShape: [8, 8, 4], name: "mixed" }));
  deep.add(layers.elu());
  const inner = input({ shape: [8, 8, 4] });
  const smooth = layers.conv2d({ filters: 4, kernelSize: 3, padding: "same", name: "smooth" });
  const residual = functional({
    name: "residual",
    inputs: inner,
    outputs: layers.add().apply([smooth.apply(deep.apply(inner)), inner]),
  });
  const z = input({ shape: [DIM] });
  const first = layers.dense({ units: 80, name: "first" }).apply(z);
  const x = up.apply(layers.reshape({ targetShape: [4, 4, 5] }).apply(first));
  const colours = layers.conv2d({
    filters: 3,
    kernelSize: 3,
    padding: "same",
    activation: "tanh",
    name: "colours",
  });
  return settled(functional({ inputs: z, outputs: colours.apply(residual.apply(x)) }), 8);
}

/** With random weights. */
function settled(model, seed) {
  const next = random(seed);
  model.setWeights(
    model.weights.map((weight) => {
      const size = weight.shape.reduce((a, b) => a * b, 1);
      const isVariance = weight.name.includes("variance");
      return tf.tensor(
        Float32Array.from({ length: size }, () => (isVariance ? 1 + next() : next())),
        weight.shape,
      );
    }),
  );
  return model;
}

async function save(model, name, quantise) {
  mkdirSync(join(folder, name), { recursive: true });
  let saved;
  const keep = async (artifacts) => {
    saved = artifacts;
    return { modelArtifactsInfo: {} };
  };
  await model.save({ save: keep });
  let at = 0;
  const parts = [];
  const specs = saved.weightSpecs.map((spec) => {
    const size = spec.shape.reduce((a, b) => a * b, 1);
    const values = new Float32Array(saved.weightData.slice(at, at + 4 * size));
    at += 4 * size;
    const { stored, ...rest } = quantise(values);
    parts.push(Buffer.from(stored.buffer));
    return { ...spec, ...rest };
  });
  const bytes = Buffer.concat(parts);
  const middle = bytes.length >> 1;
  const paths = ["group1-shard1of2.bin", "group1-shard2of2.bin"];
  writeFileSync(join(folder, name, paths[0]), bytes.subarray(0, middle));
  writeFileSync(join(folder, name, paths[1]), bytes.subarray(middle));
  const json = {
    format: "layers-model",
    modelTopology: saved.modelTopology,
    weightsManifest: [{ paths, weights: specs }],
  };
  writeFileSync(join(folder, name, "model.json"), JSON.stringify(json));
}

function golden(model, name) {
  const next = random(11);
  const z = Array.from({ length: CODES * DIM }, () => Math.fround(4 * next()));
  const image = tf.transpose(model.predict(tf.tensor(z, [CODES, DIM])), [0, 3, 1, 2]);
  writeFileSync(
    join(folder, `${name}.json`),
    JSON.stringify({ z, image: Array.from(image.dataSync(), (x) => Number(x.toPrecision(8))) }),
  );
}

/** As the converter quantises: x = scale·q + min, of eight bits. */
function quantised(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const scale = (high - low) / 255;
  const stored = Uint8Array.from(values, (x) => Math.round((x - low) / scale));
  return { stored, quantization: { dtype: "uint8", scale, min: low, original_dtype: "float32" } };
}

/** Ways of storing weights, in the order of the model's. Biases of zero, and others of one value, have no scale to find. */
const WAYS = ["uint16", "zero", "even", "plain", "float16", "zero", "uint8", "plain", "uint16", "uint16"];

function mixed(values, way) {
  if (way === "plain") return { stored: values };
  if (way === "zero" || way === "even") {
    const quantization = {
      dtype: "uint8",
      scale: 1,
      min: way === "zero" ? 0 : 0.4,
      original_dtype: "float32",
    };
    return { stored: new Uint8Array(values.length), quantization };
  }
  if (way === "float16") {
    // Numbers of half precision between 2⁻³ and 1, of either sign.
    const stored = Uint16Array.from(
      values,
      (x) => (x < 0 ? 0x8000 : 0) | (0x3000 + Math.floor(Math.abs(x) * 0x17ff)),
    );
    return { stored, quantization: { dtype: "float16", original_dtype: "float32" } };
  }
  const [largest, Stored] = way === "uint8" ? [255, Uint8Array] : [65_535, Uint16Array];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const scale = (high - low) / largest;
  const stored = Stored.from(values, (x) => Math.round((x - low) / scale));
  return { stored, quantization: { dtype: way, scale, min: low, original_dtype: "float32" } };
}

/** Two groups of weights, one of them cut into files amid its elements; what is computed is what TensorFlow.js reads. */
async function saveMixed(name) {
  mkdirSync(join(folder, name), { recursive: true });
  const model = made("bilinear", [2, 3]);
  const weights = model.weights.map((weight, i) => {
    const { stored, quantization } = mixed(model.getWeights()[i].dataSync(), WAYS[i]);
    const spec = {
      name: weight.originalName,
      shape: weight.shape,
      dtype: "float32",
      ...(quantization && { quantization }),
    };
    return { spec, bytes: Buffer.from(stored.buffer) };
  });
  const groups = [weights.slice(0, 3), weights.slice(3)].map((group, i) => {
    const bytes = Buffer.concat(group.map((weight) => weight.bytes));
    const cuts = [0, ...(i === 0 ? [5, 333] : []), bytes.length];
    const paths = cuts.slice(1).map((end, part) => {
      const path = `group${i + 1}-shard${part + 1}of${cuts.length - 1}.bin`;
      writeFileSync(join(folder, name, path), bytes.subarray(cuts[part], end));
      return path;
    });
    return { paths, weights: group.map(({ spec }) => spec) };
  });
  const modelTopology = {
    keras_version: "tfjs",
    backend: "tensor_flow.js",
    model_config: model.toJSON(null, false),
  };
  writeFileSync(join(folder, name, "model.json"), JSON.stringify({ modelTopology, weightsManifest: groups }));
  const all = Buffer.concat(weights.map(({ bytes }) => bytes));
  const weightData = all.buffer.slice(all.byteOffset, all.byteOffset + all.length);
  const weightSpecs = weights.map(({ spec }) => spec);
  golden(await loadLayersModel({ load: async () => ({ modelTopology, weightSpecs, weightData }) }), name);
}

await tf.setBackend("cpu");
const model = made();
await save(model, "tfjs", (values) => ({ stored: values }));
golden(model, "tfjs");
await save(model, "tfjs_quantised", quantised);
const within = nested();
await save(within, "tfjs_nested", (values) => ({ stored: values }));
golden(within, "tfjs_nested");
const rounded = model.getWeights().map((tensor) => {
  const { stored, quantization } = quantised(tensor.dataSync());
  return tf.tensor(
    Float32Array.from(stored, (q) => q * quantization.scale + quantization.min),
    tensor.shape,
  );
});
model.setWeights(rounded);
golden(model, "tfjs_quantised");
await saveMixed("tfjs_mixed");
