// Files of `torch.save`: the zip archives of today, the older format of pickles that storages follow, and pickles that
// others write with such files inside.

import { bytesText } from "@vielbein/core";
import { unpackMember, type ZipMember } from "@vielbein/linalg/zip";
import { badCheckpoint } from "../errors.ts";
import { Cursor } from "../pickle/cursor.ts";
import { Machine, type Surroundings } from "../pickle/machine.ts";
import { StorageObject, type Value } from "../pickle/objects.ts";
import { run } from "../pickle/opcodes.ts";
import { argumentsOf, type Help, rebuilt, storageType } from "../pickle/rebuild.ts";
import { elementBytes } from "../tensors/element-types.ts";
import type { Storage } from "../tensors/tensor.ts";

/** The number that PyTorch's older format begins with. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const LEGACY_PROTOCOL = 1001;
/** Files within files. Each is shorter than the one that it is in. */
const DEEPEST = 8;
/** Copies that an honest pickle has of each of its bytes: less than one. */
const MOST_COPIES = 4;
/** Bytes of a pickle that one of an archive's may stand for: the names of many tensors pack to a fifth. */
const MOST_PER_BYTE = 64;

/** A function that finds the storage of a persistent id: ("storage", class, key, device, number of elements, …). */
type FindStorage = (type: Storage["type"], key: string, length: number) => Storage;

/** A storage that was met before, under the same type. */
function shared(
  storages: ReadonlyMap<string, Storage>,
  key: string,
  type: Storage["type"],
): Storage | undefined {
  const storage = storages.get(key);
  if (!storage || storage.type === type) return storage;
  throw badCheckpoint(`the storage ${JSON.stringify(key)} has elements of both ${storage.type} and ${type}`);
}

/** One pickle of a file, whose storages `find` finds. */
export function surroundings(bytes: Uint8Array, find: FindStorage, depth: number): Surroundings {
  let left = MOST_COPIES * bytes.length;
  const seen = new Map<Uint8Array, Value>();
  const help: Help = {
    spend: (elements) => {
      left -= elements;
      if (left < 0) throw badCheckpoint("its pickle copies the same objects over and over");
    },
    readNested: (inner) => {
      const known = seen.get(inner);
      if (known !== undefined) return known;
      const value = readPickles(inner, depth + 1);
      seen.set(inner, value);
      return value;
    },
  };
  return {
    build: (of, args) => rebuilt(of, args, help),
    persistent: (id) => {
      const [kind, of = null, key, , length, view = null] = argumentsOf(id);
      if (kind !== "storage") throw badCheckpoint("its pickle refers to what is not in the file");
      if (view !== null)
        throw badCheckpoint("its storages are views of each other", "Save it with a newer PyTorch");
      const count = Number(length);
      if (!Number.isSafeInteger(count) || count < 0)
        throw badCheckpoint(`a storage has ${String(length)} elements`);
      return new StorageObject(find(storageType(of), String(key), count));
    },
  };
}

/** The object of a file of `torch.save`'s older format, or of any other pickle. */
export function readPickles(bytes: Uint8Array, depth = 0): Value {
  if (depth > DEEPEST) throw badCheckpoint(`files lie within files, more than ${DEEPEST} deep`);
  const cursor = new Cursor(bytes);
  const storages = new Map<string, Storage>();
  const find: FindStorage = (type, key, length) => {
    const storage = shared(storages, key, type) ?? { type, length, bytes: undefined };
    storages.set(key, storage);
    return storage;
  };
  const around = surroundings(bytes, find, depth);
  const next = (): Value => run(new Machine(cursor, around));
  const first = next();
  if (first !== MAGIC) return first;
  const protocol = next();
  if (protocol !== LEGACY_PROTOCOL)
    throw badCheckpoint(`it is of PyTorch's protocol ${String(protocol)}`, "Save it again");
  const system = next();
  if (system instanceof Map && system.get("little_endian") === false) throw bigEndian();
  const object = next();
  for (const key of argumentsOf(next())) readStorage(cursor, storages, String(key));
  return object;
}

/** The elements of a storage, which follow their number. */
function readStorage(cursor: Cursor, storages: ReadonlyMap<string, Storage>, key: string): void {
  const length = cursor.uint64();
  const storage = storages.get(key);
  if (!storage) throw badCheckpoint(`it has a storage ${JSON.stringify(key)} that no tensor is a view of`);
  if (length !== storage.length) {
    throw badCheckpoint(
      `storage ${JSON.stringify(key)} has ${length} elements where ${storage.length} are due`,
    );
  }
  storage.bytes = cursor.take(length * elementBytes(storage.type));
}

/** Whether an archive is of `torch.jit.save`, which has code and the constants in it beside the tensors. */
export function isTorchScript(members: readonly ZipMember[]): boolean {
  return members.some(({ name }) => /(^|\/)(constants\.pkl|code\/.*)$/.test(name));
}

/** The object of a zip archive of `torch.save`. */
export function readTorchZip(members: readonly ZipMember[]): Value {
  const pickle = members.find(({ name }) => /(^|\/)data\.pkl$/.test(name));
  if (!pickle) {
    const remedy = "Save it with torch.save, or export the generator as ONNX (docs/exporting.md)";
    throw badCheckpoint("it is a zip archive without a data.pkl, which torch.save writes", remedy);
  }
  const folder = pickle.name.slice(0, -"data.pkl".length);
  const byName = new Map(members.map((member) => [member.name, member]));
  const order = byName.get(`${folder}byteorder`);
  if (order && new TextDecoder().decode(new Uint8Array(unpackMember(order))).trim() === "big")
    throw bigEndian();
  const storages = new Map<string, Storage>();
  const find: FindStorage = (type, key, length) => {
    const known = shared(storages, key, type);
    if (known) return known;
    const member = byName.get(`${folder}data/${key}`);
    if (!member) throw badCheckpoint(`it lacks the storage ${JSON.stringify(key)}`);
    const storage = { type, length, bytes: storedBytes(member, length * elementBytes(type)) };
    storages.set(key, storage);
    return storage;
  };
  if (pickle.size > MOST_PER_BYTE * pickle.packed.length)
    throw badCheckpoint(
      `its pickle has ${bytesText(pickle.size)}, packed in ${bytesText(pickle.packed.length)}`,
    );
  const bytes = unpackMember(pickle);
  return run(new Machine(new Cursor(bytes), surroundings(bytes, find, 0)));
}

/**
 * As a view of the file. PyTorch writes checksums or leaves them out, as it is told, and does not compare them. What is
 * packed may be a thousand times as large as the file: it is unpacked where it has the size that is due.
 */
function storedBytes(member: ZipMember, size: number): Uint8Array {
  const isStored = member.method === 0 && !member.isEncrypted;
  const found = isStored ? member.packed.length : member.size;
  if (isStored ? found >= size : found === size) return isStored ? member.packed : unpackMember(member);
  throw badCheckpoint(
    `the storage ${JSON.stringify(member.name)} has ${bytesText(found)} where ${bytesText(size)} are due`,
  );
}

function bigEndian(): Error {
  return badCheckpoint("its numbers are big-endian", "Save it again on a machine that is little-endian");
}
