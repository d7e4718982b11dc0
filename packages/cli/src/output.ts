// Writing files: whole or not at all.

import { access, constants, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
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
    throw cannotWrite(path, error);
  }
}

/**
 * Checks, before long work, that the folder of a file to come may be written to.
 *
 * @throws {CannotWriteError}
 */
export async function requireFolderOf(path: string): Promise<void> {
  await access(dirname(path), constants.W_OK).catch((error: unknown) => {
    throw cannotWrite(path, error);
  });
}

function cannotWrite(path: string, error: unknown): CannotWriteError {
  return new CannotWriteError(
    `Cannot write "${path}": ${error instanceof Error ? error.message : error}. Check that the folder exists and may be written to.`,
    { cause: error },
  );
}
