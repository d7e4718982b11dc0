// The sets of directions that `compare` is given, from directions files and files of `vielbein basis`.

import { basename } from "node:path";
import {
  type DirectionSet,
  defaultNames,
  type Provenance,
  requireDirections,
  type Space,
  VielbeinError,
} from "@vielbein/core";
import { matrix } from "@vielbein/linalg";
import { openNpz, type ReadNpyArray } from "@vielbein/linalg/npy";
import { inFile, readProvenance } from "../../inputs/archives.ts";
import { readInput } from "../../inputs/array-files.ts";
import { atMost } from "../../inputs/direction-counts.ts";
import { readDirections } from "../../inputs/direction-files.ts";
import { spacesText } from "../../kit/names.ts";
import { info, type Terminal } from "../../kit/terminal.ts";

export interface NamedSet {
  readonly label: string;
  readonly file: string;
  readonly set: DirectionSet;
}

/** The set of a directions file, or the output vectors at every point of a file of `vielbein basis`. */
export async function readDirectionSets(path: string): Promise<NamedSet[]> {
  const file = basename(path);
  if (!/\.npz$/i.test(path)) return [{ label: file, file, set: await readDirections(path) }];
  const bytes = await readInput("compare", path);
  const { vectors, provenance } = inFile(path, () => localBases(bytes, path));
  const [count, rows, k] = vectors.shape as [number, number, number];
  return Array.from({ length: count }, (_, i) => ({
    label: count === 1 ? file : `${file}, point ${i}`,
    file,
    set: requireIn(path, {
      space: provenance.to,
      vectors: matrix(
        rows,
        k,
        Float64Array.from(vectors.data.slice(i * rows * k, (i + 1) * rows * k), Number),
      ),
      names: defaultNames(k),
      method: "local basis",
      provenance,
    }),
  }));
}

/** As {@link requireDirections}, with the file in the message. */
function requireIn(path: string, set: DirectionSet): DirectionSet {
  try {
    return requireDirections(set);
  } catch (error) {
    if (!(error instanceof VielbeinError)) throw error;
    throw new VielbeinError(
      "INVALID_FILE",
      `"${path}": ${error.message} Pass a file of \`vielbein basis\`, or a directions file.`,
      { cause: error },
    );
  }
}

/** The output vectors `[n, dim, k]` in a file of `vielbein basis`, and their provenance. */
function localBases(bytes: Uint8Array, path: string): { vectors: ReadNpyArray; provenance: Provenance } {
  const archive = openNpz(bytes);
  const has = (name: string) => archive.names.includes(name);
  if (!has("provenance") || !has("output_vectors") || archive.header("output_vectors").shape.length !== 3) {
    throw new VielbeinError(
      "INVALID_FILE",
      `"${path}" has no output_vectors [n, dim, k] with their provenance. Pass a file of \`vielbein basis\`, or a directions file.`,
    );
  }
  return {
    vectors: archive.read("output_vectors"),
    provenance: readProvenance(archive.read("provenance"), path),
  };
}

/** One space, and k directions of it in every set. */
export function requireComparable(
  sets: readonly NamedSet[],
  wanted: number | undefined,
  terminal: Terminal,
): { space: Space; k: number } {
  const [first, second] = sets;
  if (!first || !second) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      "compare: one set of directions has nothing to be compared with. Name another file.",
    );
  }
  const { space } = first.set;
  const other = sets.find(
    ({ set }) => set.space.name !== space.name || String(set.space.shape) !== String(space.shape),
  );
  if (other) {
    const named = ({ label, set }: NamedSet) => `"${label}" holds directions of ${spacesText(set.space)}`;
    throw new VielbeinError(
      "INVALID_SPACE",
      `compare: ${named(first)}, ${named(other)}. Directions of different spaces have no angles between them: compare files of one space.`,
    );
  }
  const most = Math.min(...sets.map(({ set }) => set.vectors.cols), space.dim);
  return { space, k: atMost(most, wanted, "--k", terminal) ?? most };
}

/** Spaces of the same name in two models need not be the same space. */
export function remarkOnModels(terminal: Terminal, sets: readonly NamedSet[]): void {
  const models = new Set(sets.flatMap(({ set }) => set.provenance?.model.sha256 ?? []));
  if (models.size <= 1) return;
  info(
    terminal,
    `the directions come from ${models.size} models: the angles mean something only if their spaces agree`,
  );
}
