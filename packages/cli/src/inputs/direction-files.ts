// Direction files on disk.

import type { DirectionSet } from "@vielbein/core";
import { decodeDirections, encodeDirections } from "@vielbein/core/directions-file";
import { spacesText } from "../kit/names.ts";
import { writeWhole } from "../kit/output.ts";
import { info, type Terminal } from "../kit/terminal.ts";
import { readInput } from "./array-files.ts";

/** Reads a directions file. */
export async function readDirections(path: string): Promise<DirectionSet> {
  return decodeDirections(await readInput("Directions", path), `"${path}"`);
}

/** Writes directions to a file and says so; where no file was named, does nothing. */
export async function writeDirections(
  path: string | undefined,
  set: DirectionSet,
  terminal: Terminal,
): Promise<void> {
  if (path === undefined) return;
  await writeWhole(path, encodeDirections(set), terminal);
  const { count, space } = { count: set.vectors.cols, space: set.space };
  info(
    terminal,
    `wrote ${path}: ${count} ${count === 1 ? "direction" : "directions"} of ${spacesText(space)}`,
  );
}
