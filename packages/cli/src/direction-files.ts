// Direction files on disk.

import { readFile } from "node:fs/promises";
import { type DirectionSet, decodeDirections, encodeDirections, VielbeinError } from "@vielbein/core";
import { writeWhole } from "./output.ts";
import { info, type Terminal } from "./terminal.ts";

/** Reads a directions file. */
export async function readDirections(path: string): Promise<DirectionSet> {
  const bytes = await readFile(path).catch((error: Error) => {
    throw new VielbeinError("MISSING_FILE", `Directions: cannot read "${path}": ${error.message}.`, {
      cause: error,
    });
  });
  return decodeDirections(bytes, `"${path}"`);
}

/** Writes a directions file and says so. */
export async function writeDirections(path: string, set: DirectionSet, terminal: Terminal): Promise<void> {
  await writeWhole(path, encodeDirections(set), terminal);
  const { count, space } = { count: set.vectors.cols, space: set.space };
  info(
    terminal,
    `wrote ${path}: ${count} ${count === 1 ? "direction" : "directions"} of ${space.name} [${space.shape.join(", ")}]`,
  );
}
