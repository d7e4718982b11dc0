// Models of Keras that are layers of others: their layers stand in their place, under the names of both.

import { nestedName } from "../files/keras.ts";
import type { KerasModel, LayerConfig, PlacedLayer } from "./keras-config.ts";

/** Classes of models. */
const MODELS: readonly string[] = ["Sequential", "Functional", "Model"];

/**
 * The model with the layers of models in their place.
 *
 * @param read reads the configuration of a model that is a layer.
 */
export function flattened(model: KerasModel, read: (config: LayerConfig) => KerasModel): KerasModel {
  /** Nested models by name, and the layers that are their outputs. */
  const outputs = new Map<string, string>();
  const layers = model.layers.flatMap((layer) => {
    if (!MODELS.includes(layer.config.className)) return [layer];
    const [inner, output] = inlined(layer, read(layer.config));
    outputs.set(layer.config.name, output);
    return inner;
  });
  const resolved = (name: string): string => {
    const output = outputs.get(name);
    return output === undefined ? name : resolved(output);
  };
  const names = layers.map(({ config }) => config.name);
  const twice = layers.find(({ config }, i) => names.indexOf(config.name) !== i);
  if (twice) throw twice.config.wrong("has the name of another layer");
  return {
    ...model,
    layers: layers.map((layer) => ({ ...layer, inputs: layer.inputs.map(resolved) })),
    outputs: model.outputs.map(resolved),
  };
}

/** Layers of a nested model, given what the model is given, and the one that is its output. */
function inlined(
  { config, inputs, constants }: PlacedLayer,
  { layers, outputs, inputs: own }: KerasModel,
): [PlacedLayer[], string] {
  const [output] = outputs;
  if (outputs.length !== 1) throw config.wrong("has several outputs");
  if (constants.length > 0) throw config.wrong("is given a constant");
  if (own.length > 0 && own.length !== inputs.length)
    throw config.wrong(`is given ${inputs.length} tensors, where ${own.length} are due`);
  const named = (name: string): string => {
    const place = own.indexOf(name);
    return place < 0 ? nestedName(config.name, name) : inputs[place];
  };
  const inner = layers
    .filter((layer) => !own.includes(layer.config.name))
    .map((layer) => ({
      ...layer,
      config: layer.config.renamed(nestedName(config.name, layer.config.name)),
      inputs: layer.inputs.length === 0 ? inputs : layer.inputs.map(named),
    }));
  return [inner, named(output)];
}
