// What the configuration of a Keras model says: layers with their entries, and what each is given.

import { notBuilt } from "../errors.ts";

/** Options of training, of storage and of names, and those that say again what the weights or the other layers say. */
const WITHOUT_EFFECT: readonly string[] = [
  ...["name", "trainable", "dtype", "batch_input_shape", "batch_shape", "input_shape", "registered_name"],
  ...[
    "momentum",
    "renorm_momentum",
    "synchronized",
    "fused",
    "rate",
    "stddev",
    "noise_shape",
    "seed",
    "l1",
    "l2",
  ],
  ...["mask_zero", "input_length", "data_format"],
];

/** Modules of Keras itself, which is part of TensorFlow in some versions. */
const KERAS = /^(keras|keras_core|tf_keras|tensorflow\.keras|tensorflow\.python\.keras)(\.|$)/;

/**
 * The full name of a class that is not Keras's own, whatever it is called; undefined of Keras's classes, and where the
 * configuration names neither a module nor a registered class.
 */
export function foreignClass({
  module,
  registered_name: registered,
  class_name: className,
}: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof module === "string" && !KERAS.test(module)) return `${module}.${String(className)}`;
  const isRegistered =
    typeof registered === "string" && (typeof module !== "string" || /^(?!keras>).+>/i.test(registered));
  return isRegistered ? registered : undefined;
}

/** Entries of a layer's configuration; errors name the layer. */
export class LayerConfig {
  readonly className: string;
  /** The full name of a class that is not Keras's own. */
  readonly foreign: string | undefined;
  readonly name: string;
  readonly #entries: Readonly<Record<string, unknown>>;
  readonly #read = new Set<string>();

  constructor(className: string, entries: Readonly<Record<string, unknown>>, foreign?: string) {
    this.className = className;
    this.foreign = foreign;
    this.name = String(entries.name);
    this.#entries = entries;
  }

  /** The same under another name. */
  renamed(name: string): LayerConfig {
    return new LayerConfig(this.className, { ...this.#entries, name }, this.foreign);
  }

  /** Of a layer that is a model: its configuration, as one of its own has it. */
  get model(): unknown {
    return { class_name: this.className, config: this.#entries };
  }

  /** @throws {VielbeinError} `INVALID_MODEL` for classes of an author's own, which may compute anything. */
  requireKeras(): void {
    if (this.foreign !== undefined)
      throw this.wrong(`is of a class of its author's own, ${JSON.stringify(this.foreign)}`);
  }

  get(key: string): unknown {
    this.#read.add(key);
    return this.#entries[key];
  }

  /** @throws {VielbeinError} `INVALID_MODEL` where an option that may matter was not asked for. */
  requireRead(): void {
    const left = Object.entries(this.#entries).find(
      ([key, value]) =>
        value !== null &&
        value !== false &&
        !this.#read.has(key) &&
        !WITHOUT_EFFECT.includes(key) &&
        !/_(initializer|regularizer|constraint)$/.test(key),
    );
    if (left) throw this.wrong(`has ${left[0]} ${JSON.stringify(left[1])}, which is not read`);
  }

  number(key: string, preset?: number): number {
    const value = this.get(key);
    if (typeof value === "number" && Number.isFinite(value)) return value;
    if (preset !== undefined && (value === undefined || value === null)) return preset;
    throw this.wrong(`needs a number as ${key}`);
  }

  /** A positive integer. */
  count(key: string, preset?: number): number {
    const value = this.number(key, preset);
    if (Number.isSafeInteger(value) && value >= 1) return value;
    throw this.wrong(`needs a positive integer as ${key}`);
  }

  flag(key: string, preset: boolean): boolean {
    const value = this.get(key) ?? preset;
    if (typeof value === "boolean") return value;
    throw this.wrong(`needs true or false as ${key}`);
  }

  text(key: string, preset: string): string {
    const value = this.get(key) ?? preset;
    if (typeof value === "string") return value;
    throw this.wrong(`needs a text as ${key}`);
  }

  /** Positive extents; one number counts twice. */
  pair(key: string, preset?: number): [number, number] {
    const value = this.get(key) ?? preset;
    const list = Array.isArray(value) ? value : [value, value];
    if (list.length === 2 && list.every((x) => Number.isInteger(x) && (x as number) >= 1))
      return list as [number, number];
    throw this.wrong(`needs two positive integers as ${key}`);
  }

  wrong(what: string): Error {
    return notBuilt(`layer ${JSON.stringify(this.name)} (${this.className}) ${what}`);
  }
}

/** An operand that is no tensor of the model, of a shape as NumPy has it. */
export interface Constant {
  readonly values: readonly number[];
  readonly shape: readonly number[];
}

export interface PlacedLayer {
  readonly config: LayerConfig;
  /** Names of the layers that it is given the outputs of. */
  readonly inputs: readonly string[];
  /** What else it is given. */
  readonly constants: readonly Constant[];
}

export interface KerasModel {
  readonly layers: readonly PlacedLayer[];
  /** Layers that are its inputs, in the order in which it is given them. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Of the input of a Sequential model that has no layer for it. */
  readonly inputShape: readonly unknown[] | undefined;
}
