// What is in a checkpoint, whatever its format: tensors and settings by name. An object in another has the other's name
// and a point before its own, as parameters of PyTorch's modules have.

import { badCheckpoint } from "../errors.ts";
import { numpyTensor } from "../pickle/numpy.ts";
import { type Dictionary, Global, Inert, type Value } from "../pickle/objects.ts";
import { argumentsOf } from "../pickle/rebuild.ts";
import { isTensorflowNetwork, networkParts, tensorflowNetworks } from "../pickle/tensorflow-network.ts";
import { StoredTensor } from "../tensors/tensor.ts";

/** A value of a setting; `null` stands in configurations where the code has None. */
export type Setting = string | number | boolean | null;

export interface Content {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly settings: ReadonlyMap<string, Setting>;
  /** Why no model can be made of it, whatever its tensors are: what follows the name of the file in a sentence. */
  readonly lacks?: string | undefined;
}

/** Objects that are looked at: a pickle may name one object any number of times. */
const MOST_OBJECTS = 2_000_000;
const DEEPEST = 200;
/** Of a tensor, its place in the file. */
const LONGEST_NAME = 1000;

/** The dictionaries in which PyTorch's modules keep their parts, whose names do not count. */
const PARTS: readonly string[] = ["_parameters", "_buffers", "_modules"];

/** The setting that is the class of a module of PyTorch. */
export const CLASS = "__class__";

class Collector implements Content {
  readonly tensors: Map<string, StoredTensor> = new Map();
  readonly settings: Map<string, Setting> = new Map();
  /** The objects that the present one lies in: one that contains itself is passed over. */
  readonly #around = new Set<Value>();
  #seen = 0;

  collect(value: Value, name: string): void {
    if (++this.#seen > MOST_OBJECTS) throw badCheckpoint(`it has more than ${MOST_OBJECTS} objects`);
    if (value instanceof StoredTensor) this.tensors.set(name, value);
    else if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      this.settings.set(name, value);
    } else if (value instanceof Map || Array.isArray(value) || value instanceof Inert)
      this.#parts(value, name);
  }

  #parts(value: Dictionary | Value[] | Inert, name: string): void {
    if (this.#around.size > DEEPEST || name.length > LONGEST_NAME || this.#around.has(value)) return;
    this.#around.add(value);
    if (value instanceof Map) this.#dictionary(value, name);
    else if (value instanceof Inert) this.#record(value, name);
    else value.forEach((item, i) => void this.collect(item, joined(name, i)));
    this.#around.delete(value);
  }

  #dictionary(entries: Dictionary, name: string): void {
    for (const [key, value] of entries) {
      if (typeof key !== "string" && typeof key !== "number") continue;
      const inner = PARTS.includes(String(key)) && value instanceof Map ? name : joined(name, key);
      this.collect(value, inner);
    }
  }

  #record(record: Inert, name: string): void {
    const array = numpyTensor(record);
    if (array) {
      this.tensors.set(name, array);
      return;
    }
    if (isModule(record)) this.settings.set(joined(name, CLASS), classOf(record.of));
    this.#dictionary(record.entries, name);
    if (record.items.length > 0) this.collect(record.items, name);
    this.collect(stateOf(record), name);
  }
}

/** The name of a class; with its module where it is not PyTorch's own, which it may be called like. */
function classOf({ module, name }: Global): string {
  return /^torch\.nn\./.test(module) ? name : `${module}.${name}`;
}

/** Whether an object is a module of PyTorch, as `torch.save(module)` keeps it. */
function isModule(record: Inert): record is Inert & { readonly of: Global } {
  return record.of instanceof Global && record.state instanceof Map && record.state.has("_modules");
}

/**
 * What an object is made of: its state, or the one that NVIDIA's classes are rebuilt from, with their source text; of
 * their networks of TensorFlow, variables and settings.
 */
function stateOf(record: Inert): Value {
  const { of, args, state } = record;
  if (isTensorflowNetwork(record)) return networkParts(record);
  if (!(of instanceof Global) || of.name !== "_reconstruct_persistent_obj") return state;
  const [meta] = argumentsOf(args);
  const inner = meta instanceof Inert ? meta.entries : meta;
  return inner instanceof Map ? (inner.get("state") ?? null) : null;
}

function joined(name: string, key: string | number): string {
  return name === "" ? String(key) : `${name}.${key}`;
}

/** Tensors and settings of an object of a pickle. */
export function contentOf(value: Value): Content {
  const collector = new Collector();
  collector.collect(tensorflowNetworks(value), "");
  return collector;
}
