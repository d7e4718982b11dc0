// How much a report computes: the numbers of points, pairs and steps that each effort fixes.

export const EFFORTS = ["quick", "standard", "thorough"] as const;

export type Effort = (typeof EFFORTS)[number];

export interface Budget {
  /** Rows of eight samples. */
  readonly rows: number;
  /** Points at which spectra and metrics are taken. */
  readonly points: number;
  /** Points at each layer. */
  readonly layerPoints: number;
  /** Networks with redrawn weights, over which points and pairs are spread. */
  readonly untrained: number;
  /** Columns of a sheet. */
  readonly columns: number;
  /** Samples that principal components are taken of. */
  readonly samples: number;
  /** Pairs of points whose tangent spaces are compared. */
  readonly pairs: number;
  /** Pairs of codes between which the shortest way is looked for, in how many segments and at most how many steps. */
  readonly ways: number;
  readonly segments: number;
  readonly steps: number;
}

export const BUDGETS: Readonly<Record<Effort, Budget>> = {
  quick: {
    rows: 2,
    points: 6,
    layerPoints: 3,
    untrained: 3,
    columns: 7,
    samples: 1000,
    pairs: 12,
    ways: 1,
    segments: 8,
    steps: 24,
  },
  standard: {
    rows: 3,
    points: 16,
    layerPoints: 8,
    untrained: 4,
    columns: 7,
    samples: 5000,
    pairs: 40,
    ways: 3,
    segments: 12,
    steps: 60,
  },
  thorough: {
    rows: 4,
    points: 50,
    layerPoints: 20,
    untrained: 10,
    columns: 9,
    samples: 10_000,
    pairs: 200,
    ways: 8,
    segments: 16,
    steps: 200,
  },
};

/** Leading directions that are drawn, and that are compared between methods and places. */
export const DRAWN = 5;
export const COMPARED = 10;
