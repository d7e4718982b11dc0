// What a layer of a functional model is called with: tensors of other layers, and constants.

import { isRecord } from "../files/json.ts";
import type { Constant, LayerConfig } from "./keras-config.ts";

export interface Call {
  /** Names of the layers that it is given the outputs of. */
  readonly inputs: readonly string[];
  readonly constants: readonly Constant[];
}

type Given = string | Constant;

/**
 * Reads a node of Keras 3, `{ args, kwargs }`, or of the versions before it, `[["layer", 0, 0, kwargs], …]`.
 *
 * @throws {VielbeinError} `INVALID_MODEL` for arguments that are neither tensors nor constants.
 */
export function callOf(node: unknown, config: LayerConfig): Call {
  const given = isRecord(node) ? callOfRecord(node, config) : tensorsIn(node, config);
  return {
    inputs: given.filter((each) => typeof each === "string"),
    constants: given.filter((each) => typeof each !== "string"),
  };
}

function callOfRecord({ args, kwargs }: Readonly<Record<string, unknown>>, config: LayerConfig): Given[] {
  // Keras evaluates models with `training` of its own, whatever they were built with.
  requireNone(kwargs, ["training"], config);
  if (!Array.isArray(args)) throw config.wrong("is called without arguments");
  return args.flatMap((value) => constantOf(value) ?? tensorsIn(value, config));
}

/** What stands for tensors, in lists of any depth, in their order. */
function tensorsIn(value: unknown, config: LayerConfig): Given[] {
  if (value === null) return [];
  if (isRecord(value)) {
    const history = isRecord(value.config) ? value.config.keras_history : undefined;
    if (history !== undefined) return tensorsIn(history, config);
  }
  if (!Array.isArray(value)) throw config.wrong(`is called with ${JSON.stringify(value)}`);
  const [name, node, tensor, kwargs] = value;
  if (typeof name !== "string" || typeof node !== "number")
    return value.flatMap((each) => tensorsIn(each, config));
  requireNone(kwargs, [], config);
  if (name === "_CONSTANT_VALUE") {
    const constant = constantOf(tensor) ?? arrayOf(tensor);
    if (constant) return [constant];
  }
  if (tensor !== 0) throw config.wrong(`is called with ${JSON.stringify(value.slice(0, 3))}`);
  return [name];
}

/** Arguments by name that change what a layer does are not read. */
function requireNone(kwargs: unknown, ignored: readonly string[], config: LayerConfig): void {
  const odd = Object.entries(isRecord(kwargs) ? kwargs : {}).find(
    ([key, value]) => !isNone(value) && !ignored.includes(key),
  );
  if (odd) throw config.wrong(`is called with ${odd[0]} ${JSON.stringify(odd[1])}, which is not read`);
}

/** Also of a list, which has a mask for each tensor. */
function isNone(value: unknown): boolean {
  return Array.isArray(value) ? value.every(isNone) : value === null || value === false;
}

/** A number, or an array of NumPy's or of the backend's. */
function constantOf(value: unknown): Constant | undefined {
  if (typeof value === "number") return { values: [value], shape: [] };
  if (!isRecord(value) || !isRecord(value.config)) return undefined;
  const isArray = value.class_name === "__numpy__" || value.class_name === "__tensor__";
  return isArray ? (constantOf(value.config.value) ?? arrayOf(value.config.value)) : undefined;
}

/** Of lists of equal lengths, with numbers in the innermost. */
function arrayOf(value: unknown): Constant | undefined {
  const shape: number[] = [];
  for (let inner = value; Array.isArray(inner); inner = inner[0]) shape.push(inner.length);
  const values: unknown = Array.isArray(value) ? value.flat(shape.length - 1) : undefined;
  const isWhole =
    Array.isArray(values) &&
    values.every((each): each is number => typeof each === "number") &&
    values.length === shape.reduce((product, extent) => product * extent, 1);
  return isWhole ? { values, shape } : undefined;
}
