// Tar archives, as PyTorch wrote its files before version 0.1.11: storages with their elements, tensors as views of them, and
// a pickle of the object, which refers to both by number.

import { badCheckpoint } from "../errors.ts";
import { Cursor } from "../pickle/cursor.ts";
import { Machine } from "../pickle/machine.ts";
import { StorageObject, type Value } from "../pickle/objects.ts";
import { run } from "../pickle/opcodes.ts";
import { argumentsOf, storageType } from "../pickle/rebuild.ts";
import { elementBytes } from "../tensors/element-types.ts";
import { type Storage, StoredTensor } from "../tensors/tensor.ts";
import { surroundings } from "./torch.ts";

const BLOCK = 512;
/** Where a header has the name, the size in octal digits and the kind of a member. */
const [NAME, SIZE, KIND] = [
  [0, 100],
  [124, 136],
  [156, 157],
] as const;
const MOST_MEMBERS = 1000;
/** PyTorch has no tensors of more. */
const MOST_AXES = 64;

/** The object of a tar archive of PyTorch. */
export function readTorchTar(bytes: Uint8Array): Value {
  const members = tarMembers(bytes);
  const member = (name: string): Uint8Array => {
    const found = members.get(name);
    if (found) return found;
    throw badCheckpoint(`it is a tar archive without "${name}", which torch.save wrote`);
  };
  const storages = storagesIn(member("storages"));
  const objects = new Map<string, Value>(
    [...storages].map(([key, storage]) => [key, new StorageObject(storage)]),
  );
  for (const [key, tensor] of tensorsIn(member("tensors"), storages)) objects.set(key, tensor);
  return pickled(new Cursor(member("pickle")), (id) => {
    // A class with its source text stands for the class.
    if (Array.isArray(id)) return id[0] ?? null;
    const object = objects.get(String(id));
    if (object !== undefined) return object;
    throw badCheckpoint(`its pickle refers to object ${String(id)}, which is not in the file`);
  });
}

/** Files of an archive by name; of other kinds of members nothing is needed. */
function tarMembers(bytes: Uint8Array): Map<string, Uint8Array> {
  const members = new Map<string, Uint8Array>();
  const cursor = new Cursor(bytes);
  while (cursor.position + BLOCK <= bytes.length && members.size < MOST_MEMBERS) {
    const header = new Cursor(cursor.take(BLOCK));
    const field = ([from, to]: readonly [number, number]): string => {
      header.position = from;
      return header
        .latin1(to - from)
        .replace(/\0.*$/s, "")
        .trim();
    };
    const name = field(NAME);
    if (name === "") break;
    const size = Number.parseInt(field(SIZE), 8);
    const content = cursor.take(size);
    cursor.take(Math.min((BLOCK - (size % BLOCK)) % BLOCK, bytes.length - cursor.position));
    if (/^0?$/.test(field(KIND))) members.set(name.replace(/^\.\//, ""), content);
  }
  return members;
}

/** One of the pickles that lie one behind the other, with data between them. */
function pickled(cursor: Cursor, persistent: (id: Value) => Value = refuse): Value {
  return run(new Machine(cursor, { ...surroundings(cursor.bytes, refuse, 0), persistent }));
}

function refuse(): never {
  throw badCheckpoint("its pickle refers to what is not in the file");
}

/** Storages by key, those that are parts of others too. */
function storagesIn(bytes: Uint8Array): Map<string, Storage> {
  const cursor = new Cursor(bytes);
  const storages = new Map<string, Storage>();
  for (let left = count(pickled(cursor)); left > 0; left--) {
    const [key, , of = null] = argumentsOf(pickled(cursor));
    const type = storageType(of);
    const length = cursor.uint64();
    storages.set(String(key), { type, length, bytes: cursor.take(length * elementBytes(type)) });
  }
  for (const view of argumentsOf(pickled(cursor))) {
    const [key, root, offset, length] = argumentsOf(view);
    const { type, bytes: all } = storageOf(storages, root);
    const [start, size] = [count(offset), count(length)].map((n) => n * elementBytes(type));
    const part = new Cursor(all ?? new Uint8Array(), start).take(size);
    storages.set(String(key), { type, length: count(length), bytes: part });
  }
  return storages;
}

function storageOf(storages: ReadonlyMap<string, Storage>, key: Value | undefined): Storage {
  const storage = storages.get(String(key));
  if (storage) return storage;
  throw badCheckpoint(`it lacks the storage ${String(key)}`);
}

function count(value: Value | undefined): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw badCheckpoint(`it has ${String(value)} where a number of elements is due`);
}

/** Tensors by key: number of axes, extents, strides and the place of the first element, as integers. */
function* tensorsIn(
  bytes: Uint8Array,
  storages: ReadonlyMap<string, Storage>,
): Generator<[string, StoredTensor]> {
  const cursor = new Cursor(bytes);
  for (let left = count(pickled(cursor)); left > 0; left--) {
    const [key, storage] = argumentsOf(pickled(cursor));
    const rank = cursor.uint32();
    if (rank > MOST_AXES) throw badCheckpoint(`a tensor has ${rank} axes`);
    cursor.take(4);
    const [shape, strides] = [0, 1].map(() => Array.from({ length: rank }, () => cursor.uint64()));
    const place = { offset: cursor.uint64(), strides };
    yield [String(key), StoredTensor.view(storageOf(storages, storage), shape, place)];
  }
}
