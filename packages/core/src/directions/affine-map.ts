// The first affine maps that a code meets in a generator: what factorisation of weights works on.

import type { Matrix } from "@vielbein/linalg";

/** y = A·x + b, one of the steps that read the code x before any nonlinear operator does. */
export interface AffineMap {
  /** Tensor that holds y. */
  readonly name: string;
  /** Operator that computes it, e.g. `Gemm`. */
  readonly operator: string;
  /** Position of its node in the model as it was read; −1 for a node that preparation inserted. */
  readonly position: number;
  /**
   * Layer of the generator that y steers, from 0. In a space of codes per layer it is the layer of the code that is
   * read; otherwise maps are counted in the order of the graph, a map to colours having the number of the one after it.
   */
  readonly layer: number;
  /**
   * A, `[rows, dim]`, float64. `dim` is that of the space; in a space `[layers, dim]` of which every map reads one
   * layer, that of one layer's code.
   */
  readonly weight: Matrix;
  /** Whether y modulates a convolution whose output has as many channels as the image. */
  readonly isToRgb: boolean;
  /** Whether the code is first scaled to a fixed length, as by PixelNorm, so that A acts on the normalised code. */
  readonly isNormalized: boolean;
}
