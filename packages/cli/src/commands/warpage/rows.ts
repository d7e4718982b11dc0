// The results of `warpage` as rows: the profiles of one pair of points by comparison and distance, and their summaries.

import type { DistanceProfile } from "@vielbein/core/grassmann";
import { type ProfileSummary, summarizeProfiles, type WarpageSample } from "@vielbein/core/tangent-spaces";
import { type Matrix, matrix, rowAt } from "@vielbein/linalg";
import { DISTANCES, type DistanceName } from "../../inputs/subspace-distances.ts";
import { ROUTE_COLUMN } from "../../kit/routes.ts";
import { type Column, type Columns, NOT_NEGATIVE, type RowValue } from "../../kit/row-file.ts";

/** Cells such as `random_geodesic` `[k]` and `near_geodesic` `[number of ε, k]`. */
export type WarpageRow = Record<string, RowValue>;

/** What is compared, as it is shown. */
export interface Comparison {
  /** Name of the columns, less the distance. */
  readonly name: string;
  readonly label: string;
  /** Which ε, for columns of near pairs. */
  readonly at?: number;
  /** Nulls are drawn in grey. */
  readonly isNull: boolean;
}

/** The cells of a sample. `prefix` tells the untrained networks' from the model's. */
export function rowOf(sample: WarpageSample<DistanceName>, prefix = ""): WarpageRow {
  const row: WarpageRow = {
    [`${prefix}resolved`]: sample.resolved,
    ...profileCells(`${prefix}random`, sample.randomPair),
    ...stackedCells(`${prefix}near`, sample.nearPairs),
  };
  for (const [name, profile] of Object.entries(sample.references)) {
    Object.assign(row, profileCells(prefix + name, profile));
  }
  return row;
}

/** What the cells are: of `k` directions, of `nears` distances ε, with `references` by name. */
export function warpageColumns(
  k: number,
  nears: number,
  references: Readonly<Record<string, Matrix>>,
  hasUntrained: boolean,
): Columns<WarpageRow> {
  const profiles = (name: string, shape: readonly number[]) =>
    DISTANCES.map((distance): [string, Column] => [
      columnOf(name, distance),
      // The normalised distance follows from the geodesic one.
      { shape, ...NOT_NEGATIVE, isBulky: distance === "normalizedGeodesic" },
    ]);
  const pairs = (prefix: string): [string, Column][] => [
    [`${prefix}resolved`, { shape: [], isWhole: true, ...NOT_NEGATIVE }],
    ...profiles(`${prefix}random`, [k]),
    ...profiles(`${prefix}near`, [nears, k]),
  ];
  const untrained = hasUntrained ? pairs("untrained_") : [];
  return Object.fromEntries([
    ["route", ROUTE_COLUMN],
    ...pairs(""),
    ...Object.entries(references).flatMap(([name, { cols }]) => profiles(name, [Math.min(k, cols)])),
    ...profiles("haar", [k]),
    ...untrained,
  ]);
}

export function profileCells(name: string, profile: DistanceProfile<DistanceName>): WarpageRow {
  return Object.fromEntries(DISTANCES.map((distance) => [columnOf(name, distance), profile[distance]]));
}

/** A row for each profile: `[profiles, k]`. */
function stackedCells(name: string, profiles: readonly DistanceProfile<DistanceName>[]): WarpageRow {
  return Object.fromEntries(
    DISTANCES.map((distance) => {
      const parts = profiles.map((profile) => profile[distance]);
      const length = parts[0]?.length ?? 0;
      const result = matrix(parts.length, length);
      for (const [i, part] of parts.entries()) result.data.set(part, i * length);
      return [columnOf(name, distance), result];
    }),
  );
}

/** The comparisons that rows have, by falling distance as a rule. */
export function comparisonsIn(rows: readonly WarpageRow[], epsilons: readonly number[]): Comparison[] {
  const near = (name: string, label: string, isNull: boolean): Comparison[] =>
    epsilons.map((epsilon, at) => ({ name, label: `${label} ε = ${epsilon}`, at, isNull }));
  const all: Comparison[] = [
    { name: "haar", label: "uniform (Haar)", isNull: true },
    { name: "random", label: "random pairs", isNull: false },
    { name: "untrained_random", label: "untrained, random", isNull: true },
    { name: "sefa", label: "to SeFa", isNull: false },
    { name: "pca", label: "to global PCA", isNull: false },
    { name: "frechet", label: "to the Fréchet basis", isNull: false },
    ...near("near", "near", false),
    ...near("untrained_near", "untrained, near", true),
  ];
  return all.filter(({ name }) => isCompared(rows, name));
}

/** Whether rows, which are all alike, have a comparison. */
export function isCompared([first]: readonly WarpageRow[], name: string): boolean {
  return first !== undefined && columnOf(name, "geodesic") in first;
}

/** Mean and deviation over the rows of one comparison; `at` picks the ε of near pairs. */
export function summaryOf(
  rows: readonly WarpageRow[],
  name: string,
  distance: DistanceName,
  at?: number,
): ProfileSummary {
  const column = columnOf(name, distance);
  return summarizeProfiles(
    rows.map((row) => {
      if (at === undefined) return row[column] as Float64Array;
      const { cols, data } = row[column] as Matrix;
      return rowAt(data, at, cols);
    }),
  );
}

function columnOf(name: string, distance: DistanceName): string {
  return `${name}_${distance.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
}
