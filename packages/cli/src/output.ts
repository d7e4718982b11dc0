// Writing files: whole or not at all.

import { rename, rm, writeFile } from "node:fs/promises";
import { CannotWriteError } from "./exit-codes.ts";

/**
 * Writes a file by way of a temporary one beside it, so that a reader never sees half of it.
 *
 * @throws {CannotWriteError}
 */
export async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  const temporary = `${path}.${process.pid}.part`;
  try {
    await writeFile(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new CannotWriteError(
      `Cannot write "${path}": ${error instanceof Error ? error.message : error}. Check that the folder exists and may be written to.`,
      { cause: error },
    );
  }
}
