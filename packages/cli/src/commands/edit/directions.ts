// Directions by the names that they have in expressions.

import { type DirectionSet, type Space, VielbeinError } from "@vielbein/core";
import { readDirections, requireFitting } from "../../inputs/direction-files.ts";
import type { LoadedModel } from "../../inputs/model.ts";
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
