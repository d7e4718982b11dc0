// HDF5 files, by the HDF5 library itself as WebAssembly, which is loaded only where there is such a file.

import { elementCount } from "@vielbein/onnx/graph";
import type { Dataset, File, Group } from "h5wasm";
import { badCheckpoint } from "../errors.ts";
import { StoredTensor } from "../tensors/tensor.ts";

export interface Hdf5 {
  /** By path without a slash at its beginning; those of floating point alone. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Texts among the attributes of the file itself. */
  readonly texts: ReadonlyMap<string, string>;
}

/** Elements of four bytes that a byte of the file may stand for: weights hardly compress. */
const MOST_PER_BYTE = 8;
const DEEPEST = 32;
/** Half, single and double precision, little-endian, as the library calls them. */
const FLOATS: readonly string[] = ["<e", "<f", "<d"];

/** @throws {VielbeinError} `INVALID_MODEL` where the library cannot read it, or it claims more than it can hold. */
export async function readHdf5(bytes: Uint8Array): Promise<Hdf5> {
  const library = await import("h5wasm");
  const { FS, activate_throwing_error_handler: throwErrors } = await library.ready;
  // It would print them.
  throwErrors();
  const path = `checkpoint-${crypto.randomUUID()}.h5`;
  FS.writeFile(path, bytes);
  let file: File | undefined;
  try {
    file = new library.File(path, "r");
    const tensors = new Map<string, StoredTensor>();
    collect(file, "", tensors, { left: bytes.length * MOST_PER_BYTE }, 0, library);
    return { tensors, texts: textsOf(file) };
  } catch (error) {
    // The library throws what it likes, texts and numbers of pointers among them.
    if (error instanceof Error && error.name === "VielbeinError") throw error;
    throw badCheckpoint("the HDF5 library does not read it", undefined, error);
  } finally {
    file?.close();
    FS.unlink(path);
  }
}

function textsOf(file: File): Map<string, string> {
  const entries = Object.entries(file.attrs).map(([name, { value }]) => [name, textOf(value)] as const);
  return new Map(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return value instanceof Uint8Array ? new TextDecoder().decode(new Uint8Array(value)) : undefined;
}

type Library = typeof import("h5wasm");

function collect(
  group: Group,
  path: string,
  tensors: Map<string, StoredTensor>,
  budget: { left: number },
  depth: number,
  library: Library,
): void {
  if (depth > DEEPEST) throw badCheckpoint(`its groups lie more than ${DEEPEST} deep`);
  for (const key of group.keys()) {
    const entity = group.get(key);
    const name = path === "" ? key : `${path}/${key}`;
    if (entity instanceof library.Group) collect(entity, name, tensors, budget, depth + 1, library);
    else if (entity instanceof library.Dataset) {
      const tensor = tensorOf(entity, name, budget);
      if (tensor) tensors.set(name, tensor);
    }
  }
}

function tensorOf(dataset: Dataset, name: string, budget: { left: number }): StoredTensor | undefined {
  const { shape, dtype } = dataset;
  if (shape === null || typeof dtype !== "string" || !FLOATS.includes(dtype)) return undefined;
  budget.left -= elementCount(shape);
  if (budget.left < 0) throw badCheckpoint("its arrays are said to be larger than the file can hold");
  const value = elementsOf(dataset, name);
  const data = Float32Array.from(typeof value === "number" ? [value] : (value as ArrayLike<number>));
  return StoredTensor.whole("float32", shape, new Uint8Array(data.buffer));
}

/** Elements that lie in other files would be read as the number that stands for those that are missing, or not at all. */
function elementsOf(dataset: Dataset, name: string): unknown {
  const remedy = "Save the model again with model.save(), in one file";
  if (dataset.metadata.virtual_sources)
    throw badCheckpoint(`the array ${JSON.stringify(name)} is virtual: its elements lie elsewhere`, remedy);
  try {
    return dataset.value;
  } catch (error) {
    throw badCheckpoint(
      `the array ${JSON.stringify(name)} cannot be read: it is damaged, or its elements lie in another file`,
      remedy,
      error,
    );
  }
}
