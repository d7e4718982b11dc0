// What a pickle's objects become here. Nothing in a pickle is ever called: a class, a function and what they would
// make are records of their names and their parts.

import { type ElementType, elementBytes } from "../tensors/element-types.ts";
import type { Storage, StoredTensor } from "../tensors/tensor.ts";

/** A class or a function, by name. */
export class Global {
  readonly module: string;
  readonly name: string;

  constructor(module: string, name: string) {
    this.module = module;
    this.name = name;
  }

  get path(): string {
    return `${this.module}.${this.name}`;
  }
}

/** What a class or function would make of its arguments, inert. */
export class Inert {
  readonly of: Value;
  readonly args: Value;
  /** What the object would be given as its state. */
  state: Value = null;
  /** Where it is a list or a dictionary of its own kind. */
  readonly items: Value[] = [];
  readonly entries: Dictionary = new Map();

  constructor(of: Value, args: Value) {
    this.of = of;
    this.args = args;
  }
}

/** A storage of tensors. */
export class StorageObject {
  readonly storage: Storage;

  constructor(storage: Storage) {
    this.storage = storage;
  }

  /** The same bytes as elements of another type. */
  as(type: ElementType): Storage {
    const { storage } = this;
    return {
      type,
      length: Math.floor((storage.length * elementBytes(storage.type)) / elementBytes(type)),
      // Perhaps read later than the tensors.
      get bytes() {
        return storage.bytes;
      },
    };
  }
}

export type Dictionary = Map<Value, Value>;

/** Lists, tuples and sets are arrays. */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Value[]
  | Dictionary
  | Global
  | Inert
  | StorageObject
  | StoredTensor;
