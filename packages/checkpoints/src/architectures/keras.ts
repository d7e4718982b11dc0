// Sequential and functional models of Keras, from .h5 and .keras files and TensorFlow.js's layers models. Images have
// their channels first here, where Keras has them last; elements are put in another order where vectors become images.

import { elementCount } from "@vielbein/onnx/graph";
import type { Name, Network } from "../build/network.ts";
import type { Weights } from "../build/weights.ts";
import { isRecord, parsedJson } from "../files/json.ts";
import { KERAS_CONFIG } from "../files/keras.ts";
import type { Architecture } from "./architecture.ts";
import type { KerasModel, LayerConfig, PlacedLayer } from "./keras-config.ts";
import { layerWriters } from "./keras-layers.ts";
import { kerasModel } from "./keras-model.ts";
import { physicalShape, type Value } from "./keras-values.ts";

export const keras: Architecture = {
  name: "Keras model",
  version: 3,
  pattern: [/^keras\./],
  fits: (weights) => weights.setting(KERAS_CONFIG) !== undefined,
  prior: "normal",
  options: [],
  build,
};

/** Elements of a tensor that an engine can hold. */
const LARGEST = 2 ** 31 - 1;

/** Classes of layers that constants may be operands of. */
const MERGING: readonly string[] = ["Add", "Multiply"];

function build(network: Network, weights: Weights): void {
  const config = parsedJson(String(weights.setting(KERAS_CONFIG)));
  if (isRecord(config) && config.module === undefined)
    network.remark("the file does not say whose classes its layers are of: they are taken for Keras's own");
  const model = kerasModel(config);
  const [output] = model.outputs;
  if (model.outputs.length > 1) network.remark(`of the model's outputs, ${output} is kept`);
  const layers = leadingTo(model, output);
  const inputs = new Inputs(network, layers);
  const values = new Map<string, Value>();
  for (const layer of layers) {
    const { config } = layer;
    const given = layer.inputs.flatMap((name) => values.get(name) ?? []);
    if (config.className === "InputLayer") {
      values.set(
        config.name,
        inputs.add(config, config.get("batch_shape") ?? config.get("batch_input_shape")),
      );
      continue;
    }
    if (given.length === 0) given.push(inputs.add(config, model.inputShape));
    const value = written(network, weights, layer, given);
    values.set(config.name, named(network, value, given[0], config.name, config.name === output));
  }
  network.range = values.get(output)?.range;
}

/** The layers that the output depends on, in their order. */
function leadingTo({ layers }: KerasModel, output: string): PlacedLayer[] {
  const needed = new Set([output]);
  const kept = layers.toReversed().filter(({ config, inputs }) => {
    if (needed.has(config.name)) for (const name of inputs) needed.add(name);
    return needed.has(config.name);
  });
  return kept.reverse();
}

function written(
  network: Network,
  weights: Weights,
  { config, constants }: PlacedLayer,
  given: readonly Value[],
): Value {
  config.requireKeras();
  const write = Object.hasOwn(layerWriters, config.className) ? layerWriters[config.className] : undefined;
  if (!write) throw config.wrong("is of a class that is not read");
  if (constants.length > 0 && !MERGING.includes(config.className))
    throw config.wrong("is given a constant, which is not read");
  if (given.length > 1 && config.className !== "Concatenate" && !MERGING.includes(config.className))
    throw config.wrong(`is given ${given.length} tensors, where one is due`);
  if (given.some(({ isIndices }) => isIndices) && config.className !== "Embedding")
    throw config.wrong("is given indices, which an embedding reads");
  network.scope(config.name);
  const value = write({ network, weights, config, constants }, given);
  if (!value.shape.every((extent) => extent >= 1) || elementCount(value.shape) > LARGEST)
    throw config.wrong(`makes a tensor of shape [${value.shape}]`);
  network.scope("");
  config.requireRead();
  return value;
}

/** The value under its layer's name, unless the layer changes nothing. */
function named(network: Network, value: Value, given: Value, layer: string, isOutput: boolean): Value {
  if (value.tensor === given.tensor && !isOutput) return value;
  const name = isOutput ? (value.shape.length === 3 ? "image" : "output") : network.claim(layer);
  return { ...value, tensor: network.space(name, physicalShape(value.shape), value.tensor) };
}

/** The inputs of the model, in its own order: the first of numbers is the code, z; those that an embedding reads are indices. */
class Inputs {
  readonly #network: Network;
  readonly #layers: readonly PlacedLayer[];
  #hasCode = false;

  constructor(network: Network, layers: readonly PlacedLayer[]) {
    this.#network = network;
    this.#layers = layers;
  }

  add(config: LayerConfig, stated: unknown): Value {
    const shape = Array.isArray(stated) ? stated.slice(1) : [];
    if (shape.length === 0 || !shape.every((extent) => Number.isInteger(extent) && extent > 0)) {
      throw config.wrong(`has an input of shape ${JSON.stringify(stated ?? null)}, where numbers are due`);
    }
    const readers = this.#layers.filter(({ inputs }) => inputs.includes(config.name));
    if (readers.some((reader) => reader.config.className === "Embedding")) {
      return { tensor: this.#network.indices(this.#further(config.name), shape), shape, isIndices: true };
    }
    const name: Name = this.#hasCode ? this.#further(config.name) : "z";
    this.#hasCode = true;
    return { tensor: this.#network.input(name, physicalShape(shape)), shape };
  }

  /** The name of an input beside the code. */
  #further(name: string): Name {
    const claimed = this.#network.claim(name);
    if (claimed !== name) this.#network.remark(`the model's input ${name} is ${claimed}`);
    return claimed;
  }
}
