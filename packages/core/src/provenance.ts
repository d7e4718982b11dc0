// Where a number comes from. Every result that is saved or printed carries this.

import type { Prior, Space } from "./map/space.ts";

/** What a result came from: program, model, spaces, points and settings. Kept in every file of results. */
export interface Provenance {
  /** Program and version, e.g. `vielbein 0.1.0`. */
  readonly tool: string;
  /** What was computed: `local basis`, `SeFa`, …. */
  readonly method: string;
  /** The model, by the name and the SHA-256 of its file. */
  readonly model: {
    readonly file: string;
    readonly sha256: string;
    readonly opset: number;
    /** Name and version of the architecture that a checkpoint was recognised as. */
    readonly architecture?: string | undefined;
    /** What was assumed about it, where its file does not tell. */
    readonly remarks?: readonly string[] | undefined;
  };
  /** The space of the codes. */
  readonly from: Space;
  /** The space of the outputs. */
  readonly to: Space;
  /** How the points were obtained: drawn by seed and index from a prior, or read from a file. */
  readonly points: SampledPoints | FilePoints;
  /** Where samples were brought nearer to the middle of their distribution. */
  readonly truncation?: Truncation | undefined;
  /** What was asked for, by the names of the options. */
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
  /** Name of the file that the points were read from. */
  readonly file: string;
  /** SHA-256 of that file, in hexadecimal digits. */
  readonly sha256: string;
  /** Default 0. */
  readonly first?: number | undefined;
}

/** Samples of a prior. */
export interface SampledPoints extends ChosenPoints {
  /** Seed of the random numbers. */
  readonly seed: number;
  /** The distribution that points were drawn from. */
  readonly prior: Prior;
  /** Number of the first sample that was taken, from 0. */
  readonly first: number;
  /**
   * The space that the prior belongs to, where that is not `from`: the points are what its samples become in `from`.
   */
  readonly drawnIn?: string | undefined;
}

/** x ← m + ψ·(x − m). */
export interface Truncation {
  /** ψ, from 0 to 1; 1 changes nothing. */
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
