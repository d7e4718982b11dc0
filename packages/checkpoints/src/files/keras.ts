// Models of Keras, .h5 and .keras, and TensorFlow.js's layers models: their configuration as a text, their variables as
// `keras.LAYER.VARIABLE`.

import { unpackMember, type ZipMember } from "@vielbein/linalg/zip";
import type { StoredTensor } from "../tensors/tensor.ts";
import type { Content } from "./content.ts";
import { readHdf5 } from "./hdf5.ts";
import { isRecord, parsedJson } from "./json.ts";

/** The name of the setting that the configuration is. */
export const KERAS_CONFIG = "keras-config";

/** The name of the setting that tells what computes the model, where it is not Keras: `TensorFlow.js`. */
export const KERAS_ENGINE = "keras-engine";

/** How deep models may lie within models. */
export const DEEPEST = 8;

/** The name of a layer of a model within another; of models within these, the outermost counts. */
export function nestedName(outer: string, inner: string): string {
  return `${outer}/${last(inner)}`;
}

/**
 * Of a path of names, the layer and the variable, without what TensorFlow adds to it: `layer/…/variable`. Where the layer
 * is a model, one of its own layers stands before the variable, which another name is for.
 */
export function variableNames(path: string): string[] {
  const parts = path.split("/");
  const variable = (parts.at(-1) ?? "").replace(/:\d+$/, "");
  const [outer, inner] = [parts[0], parts.at(-2) ?? ""];
  const names = [`keras.${outer}.${variable}`];
  return parts.length > 2 && inner !== outer
    ? [...names, `keras.${nestedName(outer, inner)}.${variable}`]
    : names;
}

/** A .h5 file of a whole model. */
export async function readKerasH5(bytes: Uint8Array): Promise<Content> {
  const { tensors, texts } = await readHdf5(bytes);
  const config = texts.get("model_config");
  if (config === undefined)
    return { tensors, settings: new Map(), lacks: "has weights alone (model.save() saves the model, whole)" };
  const named = [...tensors].flatMap(([path, tensor]): [string, StoredTensor][] => {
    const [group, ...rest] = path.split("/");
    if (group !== "model_weights") return [];
    return variableNames(rest.join("/")).map((name) => [name, tensor]);
  });
  return { tensors: new Map(named), settings: new Map([[KERAS_CONFIG, config]]) };
}

/** A .keras archive. */
export async function readKerasArchive(members: readonly ZipMember[]): Promise<Content | undefined> {
  const [config, weights] = ["config.json", "model.weights.h5"].map((name) =>
    members.find((member) => member.name === name),
  );
  if (!config || !weights) return undefined;
  const text = new TextDecoder().decode(new Uint8Array(unpackMember(config)));
  const { tensors } = await readHdf5(unpackMember(weights));
  const layers = layerNames(parsedJson(text));
  const variables = [...tensors].flatMap(([path, tensor]): Variable[] => {
    const [, place = "", index = ""] = /^layers\/(.+)\/vars\/(\d+)$/.exec(path) ?? [];
    return layers.has(place) ? [{ place, index, tensor }] : [];
  });
  const sharing = sharedPlaces(layers, new Set(variables.map(({ place }) => place)));
  const named = variables.flatMap(({ place, index, tensor }) =>
    [place, ...(sharing.get(place) ?? [])].map(
      (each) => [`keras.${layers.get(each)}.${index}`, tensor] as const,
    ),
  );
  return { tensors: new Map(named), settings: new Map([[KERAS_CONFIG, text]]) };
}

/** A variable of an archive. */
interface Variable {
  readonly place: string;
  readonly index: string;
  readonly tensor: StoredTensor;
}

/**
 * Layers of several models have their variables in the first place alone: the others by that place, told by the class and
 * the name, where no other layer with variables has both.
 */
function sharedPlaces(
  layers: ReadonlyMap<string, string>,
  stored: ReadonlySet<string>,
): Map<string, string[]> {
  const identity = (place: string, name: string): string =>
    `${last(place).replace(/_\d+$/, "")} ${last(name)}`;
  const owners = new Map<string, string | undefined>();
  for (const [place, name] of layers) {
    const own = identity(place, name);
    if (stored.has(place)) owners.set(own, owners.has(own) ? undefined : place);
  }
  const shared = new Map<string, string[]>();
  for (const [place, name] of layers) {
    const owner = stored.has(place) ? undefined : owners.get(identity(place, name));
    if (owner !== undefined) shared.set(owner, [...(shared.get(owner) ?? []), place]);
  }
  return shared;
}

/** The last part of a path. */
function last(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/**
 * Names of layers by those that their classes give them in the archive: `dense`, `dense_1` …, and `sequential/layers/dense`
 * of a model that is a layer.
 */
function layerNames(config: unknown, depth = 0): Map<string, string> {
  const names = new Map<string, string>();
  const inner = isRecord(config) && isRecord(config.config) ? config.config.layers : undefined;
  for (const layer of Array.isArray(inner) ? inner : []) {
    if (!isRecord(layer) || typeof layer.class_name !== "string" || !isRecord(layer.config)) continue;
    const stem = snakeCase(layer.class_name);
    let place = stem;
    for (let i = 1; names.has(place); i++) place = `${stem}_${i}`;
    const name = String(layer.config.name);
    names.set(place, name);
    if (depth === DEEPEST || !Array.isArray(layer.config.layers)) continue;
    for (const [within, inner] of layerNames(layer, depth + 1))
      names.set(`${place}/layers/${within}`, nestedName(name, inner));
  }
  return names;
}

/** As Keras writes the names of classes. */
function snakeCase(name: string): string {
  return name
    .replace(/\W+/g, "")
    .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
}
