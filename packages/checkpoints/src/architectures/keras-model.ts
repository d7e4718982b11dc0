// The configuration of a Keras model: its layers in the order of their use.

import { notBuilt } from "../errors.ts";
import { isRecord } from "../files/json.ts";
import { DEEPEST } from "../files/keras.ts";
import { type Call, callOf } from "./keras-calls.ts";
import { foreignClass, type KerasModel, LayerConfig, type PlacedLayer } from "./keras-config.ts";
import { flattened } from "./keras-nested.ts";

/**
 * The layers of a model, with those of models that are its layers in their place.
 *
 * @throws {VielbeinError} `INVALID_MODEL` for models that are neither Sequential nor Functional.
 */
export function kerasModel(config: unknown, depth = 0): KerasModel {
  if (depth > DEEPEST) throw notBuilt(`its models lie within models, more than ${DEEPEST} deep`);
  const model = flattened(plainModel(config), (layer) => {
    layer.requireKeras();
    return kerasModel(layer.model, depth + 1);
  });
  const isThere = (name: string): boolean => model.layers.some((layer) => layer.config.name === name);
  if (depth === 0 && (model.outputs.length === 0 || !model.outputs.every(isThere)))
    throw notBuilt("no layer of its configuration is its output");
  return model;
}

function plainModel(config: unknown): KerasModel {
  if (!isRecord(config)) throw notBuilt("its configuration is no object");
  const { class_name: className, config: inner } = config;
  const foreign = foreignClass(config);
  if (foreign !== undefined)
    throw notBuilt(`its model is of a class of its author's own, ${JSON.stringify(foreign)}`);
  if (className === "Sequential") return sequential(inner);
  if ((className === "Functional" || className === "Model") && isRecord(inner)) return functional(inner);
  throw notBuilt(
    `its model is of the class ${JSON.stringify(className)}, and Sequential and Functional ones are read`,
  );
}

function layersOf(list: unknown): LayerConfig[] {
  if (!Array.isArray(list)) throw notBuilt("its configuration lists no layers");
  return list.map((layer) => {
    if (!isRecord(layer) || typeof layer.class_name !== "string" || !isRecord(layer.config)) {
      throw notBuilt("a layer of its configuration has no class");
    }
    return new LayerConfig(layer.class_name, { name: layer.name, ...layer.config }, foreignClass(layer));
  });
}

function sequential(inner: unknown): KerasModel {
  const list = isRecord(inner) ? inner.layers : inner;
  const layers = layersOf(list).map((config, i, all) => ({
    config,
    inputs: i === 0 ? [] : [all[i - 1].name],
    constants: [],
  }));
  const built =
    isRecord(inner) && Array.isArray(inner.build_input_shape) ? inner.build_input_shape : undefined;
  const first = layers[0]?.config;
  const stated = first?.get("batch_input_shape") ?? first?.get("batch_shape") ?? built;
  return {
    layers,
    inputs: first?.className === "InputLayer" ? [first.name] : [],
    outputs: layers.slice(-1).map(({ config }) => config.name),
    inputShape: first?.className === "InputLayer" || !Array.isArray(stated) ? undefined : stated,
  };
}

function functional(inner: Readonly<Record<string, unknown>>): KerasModel {
  const configs = layersOf(inner.layers);
  const list = inner.layers as readonly Readonly<Record<string, unknown>>[];
  const layers = configs.map((config, i) => ({ config, ...onlyCall(list[i].inbound_nodes, config) }));
  const inputs = namesIn(inner.input_layers);
  const place = ({ config }: PlacedLayer): number => inputs.indexOf(config.name) + 1 || layers.length + 1;
  return {
    layers: inOrder(layers.toSorted((a, b) => place(a) - place(b))),
    inputs,
    outputs: namesIn(inner.output_layers),
    inputShape: undefined,
  };
}

/** What a layer is given, in its only use. */
function onlyCall(nodes: unknown, config: LayerConfig): Call {
  if (!Array.isArray(nodes) || nodes.length === 0) return { inputs: [], constants: [] };
  if (nodes.length > 1) throw config.wrong("is used several times");
  return callOf(nodes[0], config);
}

/** Names of layers in what stands for the model's own tensors: `["name", 0, 0]`, or a list of such. */
function namesIn(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  const [name, node, tensor] = value;
  const isTensor = typeof name === "string" && typeof node === "number" && typeof tensor === "number";
  return isTensor ? [name] : value.flatMap(namesIn);
}

/** Every layer behind those that it is given; otherwise as they are. */
function inOrder(layers: readonly PlacedLayer[]): PlacedLayer[] {
  const ordered: PlacedLayer[] = [];
  const known = new Set<string>();
  let waiting = [...layers];
  while (waiting.length > 0) {
    const ready = waiting.filter(({ inputs }) => inputs.every((name) => known.has(name)));
    if (ready.length === 0) throw notBuilt("its layers depend on each other, or on one that is not there");
    for (const layer of ready) known.add(layer.config.name);
    ordered.push(...ready);
    waiting = waiting.filter(({ config }) => !known.has(config.name));
  }
  return ordered;
}
