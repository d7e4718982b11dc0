// Model files on disk.

import { createReadStream, statSync } from "node:fs";
import { open, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { VielbeinError } from "@vielbein/core";

export interface ModelFile {
  /** File name without its folder. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /**
   * Reads a file that the model refers to as external data, by its location relative to the model's
   * folder. Symbolic links may not lead out of the folder.
   */
  readonly readExternal: (location: string) => Promise<Uint8Array>;
}

/**
 * Reads a model file whole; external data is read only when asked for. `-` is stdin; a path may lead to a pipe.
 *
 * @param file a path, or a `file:` URL.
 * @throws {VielbeinError} `MISSING_FILE` when it cannot be read.
 */
export async function readModelFile(file: string | URL): Promise<ModelFile> {
  const path = file instanceof URL ? fileURLToPath(file) : file;
  if (path === "-" || path === "/dev/stdin") return readPipe("stdin", process.stdin);
  const isPipe = (await stat(path).catch(() => undefined))?.isFIFO();
  if (isPipe) return readPipe(basename(path), createReadStream(path));
  const bytes = await readBytes(path);
  const folder = await realpath(dirname(path));
  return {
    name: basename(path),
    bytes,
    readExternal: (location) => readBeside(folder, location, basename(path)),
  };
}

/** A file in the folder of a model. */
async function readBeside(folder: string, location: string, model: string): Promise<Uint8Array> {
  const target = join(folder, location);
  const resolved = await realpath(target).catch((error: unknown) => {
    throw missing(target, error);
  });
  if (!resolved.startsWith(folder.endsWith(sep) ? folder : folder + sep)) {
    throw new VielbeinError(
      "INVALID_MODEL",
      `External data "${location}" of "${model}" leads out of the model's folder; only files inside it are read. Copy the file beside the model.`,
    );
  }
  return readBytes(resolved);
}

/** Protocol buffers have no more bytes. */
const LARGEST = 2 ** 31;

/** A model that comes through a pipe has no folder, and so no external data. */
async function readPipe(name: string, stream: AsyncIterable<Uint8Array>): Promise<ModelFile> {
  const chunks: Uint8Array[] = [];
  try {
    let size = 0;
    for await (const chunk of stream) {
      size += chunk.length;
      if (size > LARGEST) throw new Error("it goes on after 2 GiB, and no model in one file is larger");
      chunks.push(chunk);
    }
  } catch (error) {
    throw missing(name, error);
  }
  const bytes = new Uint8Array(new SharedArrayBuffer(chunks.reduce((sum, { length }) => sum + length, 0)));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return {
    name,
    bytes,
    readExternal: async (location) => {
      throw new VielbeinError(
        "INVALID_MODEL",
        `The model keeps weights in "${location}", beside it, but comes through a pipe (${name}). Name its file instead.`,
      );
    },
  };
}

/** A file on disk whose bytes are in memory. */
export interface StoredFile {
  readonly path: string;
  readonly size: number;
}

const stored = new WeakMap<ArrayBufferLike, StoredFile & { readonly changed: number }>();

/** The file whose whole content `bytes` are, unless it has changed since it was read. */
export function fileOf(bytes: Uint8Array): StoredFile | undefined {
  const file = stored.get(bytes.buffer);
  if (!file || file.size !== bytes.byteLength) return undefined;
  const { size, mtimeMs } = statSync(file.path, { throwIfNoEntry: false }) ?? {};
  return size === file.size && mtimeMs === file.changed ? { path: file.path, size } : undefined;
}

/** One read may return at most 2 GiB, so larger files are read in pieces. */
const PIECE = 1 << 30;

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path, "r");
    try {
      const there = await file.stat();
      if (there.isCharacterDevice()) throw new Error("it is a device, not a file");
      const { size, mtimeMs } = there;
      // Shared, so that a worker thread is given the weights without a copy.
      const bytes = new Uint8Array(new SharedArrayBuffer(size));
      let position = 0;
      while (position < size) {
        const { bytesRead } = await file.read(bytes, position, Math.min(PIECE, size - position), position);
        if (bytesRead === 0) break;
        position += bytesRead;
      }
      stored.set(bytes.buffer, { path: resolve(path), size, changed: mtimeMs });
      return bytes.subarray(0, position);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw missing(path, error);
  }
}

function missing(path: string, cause: unknown): VielbeinError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new VielbeinError(
    "MISSING_FILE",
    `Cannot read "${path}": ${reason}. Check the path and its permissions.`,
    {
      cause,
    },
  );
}
