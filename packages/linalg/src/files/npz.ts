// NumPy's .npz files: a zip archive with one .npy file for each named array.

import { Inflate, zipSync } from "fflate";
import { LinalgError } from "../errors.ts";
import { requireKind } from "../requirements.ts";
import { type NpyArray, type ReadNpyArray, readNpy, writeNpy } from "./npy.ts";
import { MAX_HEADER_END, type NpyHeader, readNpyHeader, UnsupportedArrayError } from "./npy-header.ts";
import { requireReadable, unpackMember, type ZipMember, zipMembers } from "./zip.ts";

/** Whether the arrays of an `.npz` file are compressed. */
export interface WriteNpzOptions {
  /** Deflate the arrays, as `numpy.savez_compressed` does. Default `false`, as `numpy.savez`. */
  readonly compress?: boolean | undefined;
}

/** A `.npz` file whose arrays are read when they are asked for. */
export interface NpzArchive {
  /** Names of the arrays, in the order of the file. */
  readonly names: readonly string[];
  /**
   * Shape and element type of an array, without unpacking its data.
   *
   * @throws {LinalgError} `INVALID_FILE`: there is no such array, or `readNpy` refuses it.
   */
  header(name: string): Pick<NpyHeader, "shape" | "dtype">;
  /**
   * The array, once its checksum has been verified.
   *
   * @throws {LinalgError} `INVALID_FILE`: as `header`, or damaged.
   */
  read(name: string): ReadNpyArray;
}

/**
 * Opens a `.npz` file without unpacking anything.
 *
 * @throws {LinalgError} `INVALID_FILE`: not a zip archive, cut short, or two arrays of the same name.
 */
export function openNpz(bytes: Uint8Array): NpzArchive {
  const members = new Map<string, ZipMember>();
  for (const member of explained("readNpz", () => zipMembers(bytes))) {
    const name = member.name.replace(/\.npy$/, "");
    if (members.has(name)) {
      throw new LinalgError(
        "INVALID_FILE",
        `readNpz: two arrays are named ${JSON.stringify(name)}. Save them under names that differ.`,
      );
    }
    members.set(name, member);
  }
  const use = <T>(name: string, read: (member: ZipMember) => T): T => {
    const member = members.get(name);
    if (member) return explained(`readNpz: entry ${JSON.stringify(member.name)}`, () => read(member));
    throw new LinalgError(
      "INVALID_FILE",
      `readNpz: there is no array ${JSON.stringify(name)}; there are ${[...members.keys()].slice(0, 20).join(", ") || "none"}.`,
    );
  };
  return {
    names: [...members.keys()],
    header: (name) => use(name, headerOf),
    read: (name) => use(name, readMember),
  };
}

/**
 * Reads all arrays of a `.npz` file, stored or deflated, by name; the record has no prototype. An array that does not
 * hold numbers, such as one of Python objects, is not among the record's keys, and asking for it by name throws.
 *
 * @throws {LinalgError} `INVALID_FILE`: not a zip archive, cut short, or an array that is damaged.
 */
export function readNpz(bytes: Uint8Array): Record<string, ReadNpyArray> {
  const archive = openNpz(bytes);
  const arrays: Record<string, ReadNpyArray> = Object.create(null);
  for (const name of archive.names) {
    try {
      archive.header(name);
    } catch (error) {
      if (!((error as Error).cause instanceof UnsupportedArrayError)) throw error;
      Object.defineProperty(arrays, name, {
        get: () => {
          throw error;
        },
      });
      continue;
    }
    arrays[name] = archive.read(name);
  }
  return arrays;
}

/** Header of an array, which must account for every byte that the archive announces: nothing else is unpacked. */
function headerOf(member: ZipMember): NpyHeader {
  if (!/\.npy$/.test(member.name)) throw new UnsupportedArrayError("it is no .npy file.");
  const header = readNpyHeader(beginning(member));
  if (header.end === member.size) return header;
  throw new LinalgError(
    "INVALID_FILE",
    `shape [${header.shape}] of ${header.dtype} ends at byte ${header.end}, and the archive announces ${member.size}. The file was damaged: download or copy it again.`,
  );
}

function readMember(member: ZipMember): ReadNpyArray {
  headerOf(member);
  return readNpy(unpackMember(member));
}

/** Enough of a member for the header of an array. */
function beginning(member: ZipMember): Uint8Array {
  requireReadable(member);
  const { method, packed } = member;
  const first = packed.subarray(0, MAX_HEADER_END);
  if (method === 0) return first;
  const parts: Uint8Array[] = [];
  const stream = new Inflate((part) => parts.push(part));
  stream.push(first);
  const result = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** What `read` returns; its errors name what was read. */
function explained<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new LinalgError("INVALID_FILE", `${what}: ${(cause as Error).message}`, { cause });
  }
}

/**
 * The bytes of a `.npz` file with the given arrays, readable by `numpy.load`. Equal arrays give equal bytes.
 *
 * @throws {LinalgError} `INVALID_ARGUMENT` or `SHAPE_MISMATCH`, as `writeNpy`.
 *
 * @example
 * ```js
 * import { readNpz, writeNpz } from "@vielbein/linalg/npy";
 *
 * const bytes = writeNpz({ points: { shape: [2, 2], data: Float64Array.of(1, 2, 3, 4) } });
 * console.log(readNpz(bytes).points.data[3], readNpz(bytes).points.dtype); // → 4 f8
 * ```
 */
export function writeNpz(
  arrays: Readonly<Record<string, NpyArray>>,
  options: WriteNpzOptions = {},
): Uint8Array {
  requireKind("writeNpz: arrays", "object", arrays);
  const files = Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [`${name}.npy`, writeNpy(array)]),
  );
  // A fixed date, the first that zip can express, keeps the bytes reproducible.
  return zipSync(files, { level: options.compress ? 6 : 0, mtime: new Date(1980, 0, 1) });
}
