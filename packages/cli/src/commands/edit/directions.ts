// Directions by the names that they have in expressions.

import { type DirectionSet, requireSpaceOf, type Space, VielbeinError } from "@vielbein/core";
import { readDirections } from "../../inputs/direction-files.ts";
import type { LoadedModel } from "../../inputs/model.ts";
import { shortHash, spacesText } from "../../kit/names.ts";
import { RESERVED } from "./expression.ts";

export interface NamedDirection {
  readonly set: DirectionSet;
  readonly k: number;
  /** The file as it was given. */
  readonly file: string;
}

/** The directions of all files by the names they have in expressions. */
export async function namedDirections(
  files: readonly string[],
  loaded: LoadedModel,
  space: Space,
  layers: readonly number[] | undefined,
): Promise<Map<string, NamedDirection>> {
  const result = new Map<string, NamedDirection>();
  for (const argument of files) {
    const [, prefix, path = argument] = /^(?:([\p{L}_][\p{L}\p{N}_]*)=)?(.*)$/su.exec(argument) ?? [];
    const set = await readDirections(path);
    requireFitting(set, path, loaded, space, layers);
    set.names.forEach((own, k) => {
      const name = prefix === undefined ? own : `${prefix}_${own}`;
      const other = result.get(name);
      if (other || RESERVED.includes(name)) {
        throw new VielbeinError(
          "INVALID_ARGUMENT",
          `--directions-in: "${name}" of "${path}" ${other ? `is also a name in "${other.file}"` : "means something else in expressions"}. Give the file as NAME=${path}, which makes it NAME_${own}.`,
        );
      }
      result.set(name, { set, k, file: path });
    });
  }
  return result;
}

/** Refuses directions of another space, and remarks on those of another model. */
function requireFitting(
  set: DirectionSet,
  path: string,
  { sha256, remark }: LoadedModel,
  space: Space,
  layers: readonly number[] | undefined,
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
