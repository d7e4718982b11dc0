// NumPy's .npz files: a zip archive with one .npy file for each named array.

import { unzipSync, zipSync } from "fflate";
import { LinalgError } from "./errors.ts";
import { type NpyArray, type ReadNpyArray, readNpy, writeNpy } from "./npy.ts";

export interface WriteNpzOptions {
  /** Deflate the arrays, as `numpy.savez_compressed` does. Default `false`, as `numpy.savez`. */
  readonly compress?: boolean;
}

/**
 * Reads all arrays of a `.npz` file, stored or deflated, by name.
 *
 * @throws {LinalgError} `INVALID_FILE`: not a zip archive, cut short, or an array that `readNpy` refuses.
 */
export function readNpz(bytes: Uint8Array): Record<string, ReadNpyArray> {
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(bytes);
  } catch (cause) {
    throw new LinalgError("INVALID_FILE", "readNpz: not a zip archive, or cut short.", { cause });
  }
  return Object.fromEntries(
    Object.entries(files).map(([name, file]) => {
      try {
        return [name.replace(/\.npy$/, ""), readNpy(file)];
      } catch (cause) {
        throw new LinalgError("INVALID_FILE", `readNpz: entry "${name}": ${(cause as Error).message}`, {
          cause,
        });
      }
    }),
  );
}

/**
 * The bytes of a `.npz` file with the given arrays, readable by `numpy.load`. Equal arrays give equal bytes.
 *
 * @throws {LinalgError} `INVALID_ARGUMENT` or `SHAPE_MISMATCH`, as `writeNpy`.
 */
export function writeNpz(
  arrays: Readonly<Record<string, NpyArray>>,
  options: WriteNpzOptions = {},
): Uint8Array {
  const files = Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [`${name}.npy`, writeNpy(array)]),
  );
  // A fixed date, the first that zip can express, keeps the bytes reproducible.
  return zipSync(files, { level: options.compress ? 6 : 0, mtime: new Date(1980, 0, 1) });
}
