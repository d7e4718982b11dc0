// What a report is of: a model, the spaces of its map, and what of it there is to be seen, as `inspect` finds them.

import type { Space } from "@vielbein/core";
import type { ModelReport, SpaceReport } from "@vielbein/onnx";

/** The document of `inspect`. */
export interface Inspected extends ModelReport {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface Subject {
  readonly file: string;
  readonly sha256: string;
  readonly from: Pick<Space, "name" | "dim" | "shape">;
  readonly to: Pick<Space, "name" | "dim" | "shape">;
  /** The space that global directions are looked for in: where the mapping network ends, else `from`. */
  readonly code: Pick<Space, "name" | "dim" | "shape">;
  readonly hasMapping: boolean;
  /** Names of the layers from behind `from` to `to`. */
  readonly layers: readonly string[];
  /** Why there is no derivative, where there is none. */
  readonly problem: string | undefined;
}

export function subjectOf({
  file,
  sha256,
  spaces,
  layers,
  mappedCode,
  differentiability,
}: Inspected): Subject {
  const { from, to, problem } = differentiability;
  const spaceOf = (wanted: string) => {
    const found = spaces.find(({ name }) => name === wanted);
    // Tensors of one number are not listed as spaces.
    return found ? only(found) : { name: wanted, dim: 1, shape: [] };
  };
  const code = mappedCode ?? from;
  return {
    file,
    sha256,
    from: spaceOf(from),
    to: spaceOf(to),
    code: spaceOf(code),
    hasMapping: code !== from,
    layers,
    problem,
  };
}

function only({ name, dim, shape }: SpaceReport): Subject["from"] {
  return { name, dim, shape };
}
