// Making folders, and the error of what cannot be written.

import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { CannotWriteError } from "./exit-codes.ts";

/**
 * Makes a folder, and those that it is in where they are missing; returns the first that it made, if any. It makes one at
 * a time: the recursive `mkdir` of Node never ends where a file system says "no such folder" of one that cannot be made,
 * as /proc does.
 *
 * @throws {CannotWriteError}
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  if (await makeOne(path)) return path;
  if (await isFolder(path)) return undefined;
  const first = await makeFolder(dirname(resolve(path)));
  // Another process may have been faster.
  const isMade = await makeOne(path);
  if (!isMade && !(await isFolder(path)))
    throw cannotWrite(path, new Error("such a folder cannot be made there"));
  return first ?? (isMade ? path : undefined);
}

/** Whether it was made: not where it is there, or the one that it is to be in is not. */
async function makeOne(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT" || (await isFolder(path))) return false;
    throw cannotWrite(path, error);
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (there) => there.isDirectory(),
    () => false,
  );
}

/** The error of a file or folder that cannot be written. */
export function cannotWrite(path: string, error: unknown): CannotWriteError {
  if (error instanceof CannotWriteError) return error;
  return new CannotWriteError(
    `Cannot write "${path}": ${error instanceof Error ? error.message : error}. ${remedyOf(error)}`,
    { cause: error },
  );
}

function remedyOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT"
    ? "Make room, or write to another disk."
    : "Check that the folder exists and may be written to.";
}
