// Reading files of a survey that may be absent. What may not be read is not taken for what is not there: it would be
// computed again, or left out of a report.

import type { Stats } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { VielbeinError } from "@vielbein/core";

/**
 * The bytes of a file; undefined where there is none.
 *
 * @throws {VielbeinError} `MISSING_FILE` where permissions are against it.
 */
export function readIfThere(path: string): Promise<Buffer | undefined> {
  return readFile(path).catch((error: unknown) => requireAllowed(path, error));
}

/** As {@link readIfThere}. */
export function statIfThere(path: string): Promise<Stats | undefined> {
  return stat(path).catch((error: unknown) => requireAllowed(path, error));
}

function requireAllowed(path: string, cause: unknown): undefined {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code !== "EACCES" && code !== "EPERM") return undefined;
  throw new VielbeinError(
    "MISSING_FILE",
    `Cannot read "${path}": ${message}. Check the permissions of the file and of the folders that it is in.`,
    { cause },
  );
}
