// Our .npz files. Errors name the file; its provenance is JSON, stored as an array of bytes.

import { type Provenance, parseProvenance, VielbeinError } from "@vielbein/core";
import { LinalgError } from "@vielbein/linalg";
import type { NpyArray, ReadNpyArray } from "@vielbein/linalg/npy";

/** Reads from the file `path`, which messages then name. */
export function inFile<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof LinalgError)) throw error;
    throw new VielbeinError("INVALID_FILE", `"${path}": ${error.message}`, { cause: error });
  }
}

export function provenanceArray(provenance: object): NpyArray {
  const json = new TextEncoder().encode(JSON.stringify(provenance));
  return { shape: [json.length], data: json };
}

/**
 * The provenance in the array of that name in the file `path`.
 *
 * @throws {VielbeinError} `INVALID_FILE`.
 */
export function readProvenance({ dtype, data }: ReadNpyArray, path: string): Provenance {
  const what = `"${path}": its provenance`;
  if (dtype !== "u1") {
    throw new VielbeinError(
      "INVALID_FILE",
      `${what} must be an array of bytes (u1), got ${dtype}. Take another copy of the file.`,
    );
  }
  return parseProvenance(new TextDecoder().decode(data as Uint8Array), what);
}
