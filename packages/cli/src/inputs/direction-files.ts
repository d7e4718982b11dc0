// Direction files on disk.

import { type DirectionSet, requireSpaceOf, type Space } from "@vielbein/core";
import { decodeDirections, encodeDirections } from "@vielbein/core/directions-file";
import { shortHash, spacesText } from "../kit/names.ts";
import { writeWhole } from "../kit/output.ts";
import { info, type Terminal } from "../kit/terminal.ts";
import { readInput } from "./array-files.ts";
import type { LoadedModel } from "./model.ts";

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

/**
 * Refuses directions of another space, and remarks on those of another model.
 *
 * @param layers those of `space` on which directions of one layer's code act.
 */
export function requireFitting(
  set: DirectionSet,
  path: string,
  { sha256, remark }: LoadedModel,
  space: Space,
  layers?: readonly number[] | undefined,
): void {
  if (layers && isOfOneCode(set, space)) {
    const [from, to] = [spacesText(set.space), spacesText(space)];
    remark(`the directions of ${from} in "${path}" act on layers ${layers.join(", ")} of ${to}`);
  } else requireSpaceOf(set, space);
  const model = set.provenance?.model;
  if (model && model.sha256 !== sha256) {
    remark(`"${path}" is of another model, ${model.file} ${shortHash(model.sha256)}`);
  }
}

/** Whether directions have the length of the code of one layer, and may act on several. */
function isOfOneCode({ space, layers }: DirectionSet, { shape }: Space): boolean {
  return !layers && shape.length > 1 && space.dim === shape.at(-1);
}
