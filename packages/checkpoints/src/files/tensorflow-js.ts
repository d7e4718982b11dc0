// TensorFlow.js's layers models: model.json with the topology and the places of the weights, and files of weights, which
// may be quantised.

import { requireConfinedLocation } from "@vielbein/onnx";
import { elementCount } from "@vielbein/onnx/graph";
import { badCheckpoint } from "../errors.ts";
import { decoded, type ElementType, elementBytes } from "../tensors/element-types.ts";
import { StoredTensor } from "../tensors/tensor.ts";
import type { Content } from "./content.ts";
import { isRecord } from "./json.ts";
import { DEEPEST, KERAS_CONFIG, KERAS_ENGINE, nestedName, variableNames } from "./keras.ts";

const TYPES: Readonly<Record<string, ElementType>> = {
  float32: "float32",
  int32: "int32",
  bool: "bool",
  uint8: "uint8",
  uint16: "uint16",
  float16: "float16",
};

interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  /** As it is stored. */
  readonly type: ElementType;
  /** Of quantised weights: x ↦ scale·x + min. */
  readonly affine: Affine | undefined;
}

interface Affine {
  readonly scale: number;
  readonly min: number;
}

/** Types of quantised weights, and whether they have a scale. */
const QUANTISED: Readonly<Record<string, boolean>> = { uint8: true, uint16: true, float16: false };

/** Undefined where the JSON is no layers model. */
export async function readLayersModel(
  model: Record<string, unknown>,
  read: (location: string) => Promise<Uint8Array>,
): Promise<Content | undefined> {
  const { modelTopology: topology, weightsManifest: manifest } = model;
  if (!isRecord(topology) || !Array.isArray(manifest)) return undefined;
  const config = topology.model_config ?? topology;
  const isLayers = isRecord(config) && config.class_name !== undefined;
  const tensors = new Map<string, StoredTensor>();
  for (const group of manifest) {
    for (const [path, tensor] of await groupOf(group, read))
      for (const name of isLayers ? variableNames(path) : [path]) tensors.set(name, tensor);
  }
  if (isLayers) addNested(tensors, config);
  if (!isLayers)
    return {
      tensors,
      settings: new Map(),
      lacks: "is a graph model of TensorFlow.js, and layers models are read (converted from Keras)",
    };
  const settings = new Map([
    [KERAS_CONFIG, JSON.stringify(config)],
    [KERAS_ENGINE, "TensorFlow.js"],
  ]);
  return { tensors, settings };
}

/** Weights of layers of models that are layers have the name of the layer alone: they get the name of both. */
function addNested(tensors: Map<string, StoredTensor>, config: unknown): void {
  const places = placesOf(config);
  for (const [name, tensor] of [...tensors]) {
    const [, layer = "", variable] = /^keras\.(.*)\.([^.]*)$/.exec(name) ?? [];
    const [place, ...others] = places.get(layer) ?? [];
    if (place !== undefined && others.length === 0) tensors.set(`keras.${place}.${variable}`, tensor);
  }
}

/** Names of layers, with those that they have in the whole model: two models may have a layer of the same name. */
function placesOf(model: unknown, depth = 0): Map<string, string[]> {
  const places = new Map<string, string[]>();
  const config = isRecord(model) ? model.config : undefined;
  const layers = isRecord(config) ? config.layers : config;
  if (!Array.isArray(layers) || depth > DEEPEST) return places;
  const add = (name: string, place: string): void =>
    void places.set(name, [...(places.get(name) ?? []), place]);
  for (const layer of layers) {
    const name = isRecord(layer) && isRecord(layer.config) ? String(layer.config.name) : "";
    add(name, name);
    for (const [inner, found] of placesOf(layer, depth + 1))
      for (const place of found) add(inner, nestedName(name, place));
  }
  return places;
}

/** The tensors of a group lie one after the other in its files. */
async function groupOf(
  group: unknown,
  read: (location: string) => Promise<Uint8Array>,
): Promise<[string, StoredTensor][]> {
  if (!isRecord(group) || !Array.isArray(group.paths) || !Array.isArray(group.weights)) {
    throw badCheckpoint("its weightsManifest must list paths and weights");
  }
  const parts: Uint8Array[] = [];
  for (const path of group.paths) {
    requireConfinedLocation(String(path), "weightsManifest");
    parts.push(await read(String(path)));
  }
  const bytes = joined(parts);
  let at = 0;
  return group.weights.map((weight: unknown) => {
    const entry = entryOf(weight);
    const end = at + elementCount(entry.shape) * elementBytes(entry.type);
    if (!(end <= bytes.length)) throw badCheckpoint(`its files end before ${JSON.stringify(entry.name)}`);
    const tensor = dequantised(entry, bytes.subarray(at, end));
    at = end;
    return [entry.name, tensor];
  });
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0];
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function entryOf(weight: unknown): Entry {
  if (
    isRecord(weight) &&
    Array.isArray(weight.shape) &&
    weight.shape.every((side) => Number.isSafeInteger(side))
  ) {
    const { name, shape, quantization } = weight;
    const { dtype } = isRecord(quantization) ? quantization : weight;
    const isKnown = typeof dtype === "string" && Object.hasOwn(quantization ? QUANTISED : TYPES, dtype);
    if (isKnown)
      return { name: String(name), shape, type: TYPES[dtype], affine: affineOf(String(name), quantization) };
  }
  throw badCheckpoint("its weightsManifest has weights without a shape, or of a type that is not read");
}

function affineOf(name: string, quantisation: unknown): Affine | undefined {
  if (!isRecord(quantisation) || !QUANTISED[String(quantisation.dtype)]) return undefined;
  const { scale, min } = quantisation;
  if (typeof scale === "number" && typeof min === "number" && Number.isFinite(scale) && Number.isFinite(min))
    return { scale, min };
  throw badCheckpoint(`the quantised weights ${JSON.stringify(name)} need numbers as scale and min`);
}

function dequantised({ shape, type, affine }: Entry, bytes: Uint8Array): StoredTensor {
  if (!affine) return StoredTensor.whole(type, shape, bytes);
  const { scale, min } = affine;
  const values = decoded(type, bytes).map((x) => x * scale + min);
  return StoredTensor.whole("float32", shape, new Uint8Array(values.buffer));
}
