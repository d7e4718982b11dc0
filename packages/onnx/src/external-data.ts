// External data: weights in files beside the model. Their names are hostile input.

import { VielbeinError } from "@vielbein/core";
import { plainBytes } from "./decode.ts";
import type { Model, Tensor } from "./model.ts";
import { byteLength } from "./tensor.ts";

/**
 * Checks that an external-data location is a relative path that stays within the model's folder
 * (symbolic links are the reader's business).
 *
 * @throws {VielbeinError} `INVALID_MODEL`.
 */
export function requireConfinedLocation(location: string, tensor: string): void {
  const parts = location.split(/[\\/]/);
  if (/^[\\/]|^[a-zA-Z]:|\0/.test(location) || parts.includes("..")) {
    throw new VielbeinError(
      "INVALID_MODEL",
      `Tensor "${tensor}" keeps its data in "${location}", which leaves the model's folder; only relative paths inside it are read. Re-export the model with its data beside it.`,
    );
  }
}

/**
 * Reads the external files that the model's initialisers need, each once, and returns the model with
 * every tensor a view of them. A model without external data comes back as it is.
 *
 * @param read Returns the bytes of a file, given its location relative to the model's folder.
 * @throws {VielbeinError} `INVALID_MODEL` for a location outside the folder or a file that is too short.
 */
export async function resolveExternalData(
  model: Model,
  read: (location: string) => Promise<Uint8Array>,
): Promise<Model> {
  const pending = model.graph.initializers.filter((tensor) => tensor.external && tensor.raw.length === 0);
  if (pending.length === 0) return model;
  const files = new Map(model.files);
  for (const tensor of pending) {
    const { location } = tensor.external!;
    requireConfinedLocation(location, tensor.name);
    if (!files.has(location)) files.set(location, plainBytes(await read(location)));
  }
  const initializers = model.graph.initializers.map((tensor) =>
    tensor.external ? attach(tensor, files.get(tensor.external.location)!) : tensor,
  );
  return { ...model, files, graph: { ...model.graph, initializers } };
}

function attach(tensor: Tensor, file: Uint8Array): Tensor {
  const { external, ...rest } = tensor;
  const { location, offset, length = byteLength(tensor) } = external!;
  if (offset + length > file.length || length !== byteLength(tensor)) {
    throw new VielbeinError(
      "INVALID_MODEL",
      `Tensor "${tensor.name}" needs ${byteLength(tensor)} bytes at offset ${offset} of "${location}", which holds ${file.length} (declared length ${length}). Copy the file again, or re-export the model.`,
    );
  }
  return { ...rest, raw: file.subarray(offset, offset + length) };
}
