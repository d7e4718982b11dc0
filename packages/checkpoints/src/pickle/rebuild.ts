// The functions and classes that pickled tensors are made by. What they do is done here; all others stay inert.

import { badCheckpoint } from "../errors.ts";
import { type ElementType, isElementType } from "../tensors/element-types.ts";
import { StoredTensor } from "../tensors/tensor.ts";
import { Global, Inert, StorageObject, type Value } from "./objects.ts";

/** What `torch.save` calls its storages, before `Storage`. */
const STORAGES: Readonly<Record<string, ElementType>> = {
  Double: "float64",
  Float: "float32",
  Half: "float16",
  BFloat16: "bfloat16",
  Long: "int64",
  Int: "int32",
  Short: "int16",
  Char: "int8",
  Byte: "uint8",
  Untyped: "uint8",
  Bool: "bool",
  ComplexFloat: "complex64",
  ComplexDouble: "complex128",
};

/** Element type of a class of storages. */
export function storageType(of: Value): ElementType {
  const name = of instanceof Global && /^torch(\.|$)/.test(of.module) ? of.name : "";
  const type = STORAGES[name.replace(/Storage$/, "")];
  if (type && Object.hasOwn(STORAGES, name.replace(/Storage$/, ""))) return type;
  throw badCheckpoint(
    `it stores elements as ${JSON.stringify(of instanceof Global ? of.path : "?")}, which is not read`,
    "Save it as float32",
  );
}

/** The element type that PyTorch calls so: `torch.float32`. */
function elementTypeOf(of: Value): ElementType {
  const name = of instanceof Global && of.module === "torch" ? of.name : "?";
  if (isElementType(name)) return name;
  throw badCheckpoint(
    `it stores elements as ${JSON.stringify(name)}, which is not read`,
    "Save it as float32",
  );
}

/** What the reader of a file does for the objects in it. */
export interface Help {
  /** Reads nested bytes, as `torch.save` writes them for a storage on its own. */
  readonly readNested: (bytes: Uint8Array) => Value;
  /** Accounts for elements that are copied: a pickle may name one object any number of times. */
  readonly spend: (elements: number) => void;
}

type Rebuild = (args: readonly Value[], help: Help) => Value;

function numbers(value: Value): number[] {
  const list = value instanceof Inert ? argumentsOf(value.args)[0] : value;
  if (Array.isArray(list) && list.every((entry) => typeof entry === "number")) return list;
  throw badCheckpoint("a tensor has no valid shape or strides");
}

/** A tensor from its storage, offset, shape and strides. */
const tensor: Rebuild = ([storage, offset, shape, strides]) => {
  if (!(storage instanceof StorageObject)) throw badCheckpoint("a tensor has no storage");
  return StoredTensor.view(storage.storage, numbers(shape), {
    offset: Number(offset),
    strides: numbers(strides),
  });
};

/** The same of a storage of bytes, with an element type: `torch.uint16`. */
const typedTensor: Rebuild = ([storage, offset, shape, strides, , , of = null]) => {
  if (!(storage instanceof StorageObject)) throw badCheckpoint("a tensor has no storage");
  return StoredTensor.view(storage.as(elementTypeOf(of)), numbers(shape), {
    offset: Number(offset),
    strides: numbers(strides),
  });
};

const first: Rebuild = ([value = null]) => value;

/** Pairs, as a list of lists or a dictionary. */
const dictionary: Rebuild = ([pairs = []]) => {
  if (pairs instanceof Map) return new Map(pairs);
  const list = Array.isArray(pairs) ? pairs : [];
  return new Map(
    list.map((pair) => (Array.isArray(pair) ? [pair[0] ?? null, pair[1] ?? null] : [pair, null])),
  );
};

const list: Rebuild = ([items]) => (Array.isArray(items) ? [...items] : []);

const nested: Rebuild = ([bytes], { readNested }) => {
  if (!(bytes instanceof Uint8Array)) throw badCheckpoint("a nested tensor has no bytes");
  return readNested(bytes);
};

/** Python 3 writes bytes into pickles of old protocols as text of the same characters. */
const encoded: Rebuild = ([text, encoding]) => {
  if (typeof text !== "string" || !/^latin-?1$/.test(String(encoding))) return null;
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
};

const known: Readonly<Record<string, Rebuild>> = {
  "torch._utils._rebuild_tensor_v2": tensor,
  "torch._utils._rebuild_tensor": tensor,
  "torch._utils._rebuild_tensor_v3": typedTensor,
  "torch._utils._rebuild_parameter": first,
  "torch._utils._rebuild_parameter_with_state": first,
  "torch._tensor._rebuild_from_type_v2": ([of = null, , args = null], help) => rebuilt(of, args, help),
  "torch.storage._load_from_bytes": nested,
  "collections.OrderedDict": dictionary,
  "builtins.dict": dictionary,
  "builtins.list": list,
  "builtins.tuple": list,
  "builtins.set": list,
  "builtins.frozenset": list,
  "__builtin__.set": list,
  "_codecs.encode": encoded,
};

/** Arguments as they should be: a tuple. */
export function argumentsOf(args: Value | undefined): readonly Value[] {
  return Array.isArray(args) ? args : [];
}

/** What a class or function makes of its arguments, if it is one of those; else a record of them. */
export function rebuilt(of: Value, args: Value, help: Help): Value {
  const rebuild = of instanceof Global && Object.hasOwn(known, of.path) ? known[of.path] : undefined;
  if (!rebuild) return new Inert(of, args);
  const [content] = argumentsOf(args);
  if (typeof content === "string" || Array.isArray(content)) help.spend(content.length);
  if (content instanceof Map) help.spend(content.size);
  return rebuild(argumentsOf(args), help);
}
