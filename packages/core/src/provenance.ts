// Where a number comes from. Every result that is saved or printed carries this.

import type { Prior, Space } from "./map/space.ts";

/** What a result came from: program, model, spaces, points and settings. Kept in every file of results. */
export interface Provenance {
  /** Program and version, e.g. `vielbein 0.1.0`. */
  readonly tool: string;
  readonly method: string;
  readonly model: {
    readonly file: string;
    readonly sha256: string;
    readonly opset: number;
    /** Name and version of the architecture that a checkpoint was recognised as. */
    readonly architecture?: string | undefined;
    /** What was assumed about it, where its file does not tell. */
    readonly remarks?: readonly string[] | undefined;
  };
  readonly from: Space;
  readonly to: Space;
  /** How the points were obtained: drawn by seed and index from a prior, or read from a file. */
  readonly points: SampledPoints | FilePoints;
  /** Where samples were brought nearer to the middle of their distribution. */
  readonly truncation?: Truncation | undefined;
  readonly options: Readonly<Record<string, unknown>>;
  /** Engine and provider. */
  readonly runtime: string;
}

/** Which points of a source were used: `first` … `first + count − 1`, or `count` others, at `indices`. */
interface ChosenPoints {
  readonly count: number;
  readonly indices?: readonly number[] | undefined;
}

/** Rows of a file. */
export interface FilePoints extends ChosenPoints {
  readonly file: string;
  readonly sha256: string;
  /** Default 0. */
  readonly first?: number | undefined;
}

/** Samples of a prior. */
export interface SampledPoints extends ChosenPoints {
  readonly seed: number;
  readonly prior: Prior;
  readonly first: number;
  /**
   * The space that the prior belongs to, where that is not `from`: the points are what its samples become in `from`.
   */
  readonly drawnIn?: string | undefined;
}

/** x ← m + ψ·(x − m). */
export interface Truncation {
  readonly psi: number;
  /** Name of the space that x is in. */
  readonly space: string;
  /**
   * What m is. `mean of samples`: the mean of what samples of the input become in the space; all maps through the space
   * are then truncated. `mean of the prior`: samples of an input are scaled.
   */
  readonly toward: "mean of samples" | "mean of the prior";
  /** The distribution of samples of an input that were scaled: nothing is cut off. */
  readonly distribution?: "scaled normal" | "scaled uniform" | undefined;
  /** How many samples the mean was taken over. */
  readonly samples?: number | undefined;
}
