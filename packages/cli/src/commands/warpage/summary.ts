// What tables of many pairs keep of a row of `warpage`: every distance between all k directions, in radians.

import type { Matrix } from "@vielbein/linalg";
import { comparisonsIn, summaryOf, type WarpageRow } from "./rows.ts";

/** @param nears the number of distances ε. */
export function summaryNames(
  references: Readonly<Record<string, Matrix>>,
  nears: number,
  hasUntrained: boolean,
): string[] {
  const pairs = (prefix: string) => [
    `${prefix}random_distance`,
    ...Array.from({ length: nears }, (_, at) => nearName(`${prefix}near`, at)),
  ];
  const named = Object.keys(references).map((name) => `${name}_distance`);
  const untrained = hasUntrained ? pairs("untrained_") : [];
  return [...pairs(""), ...named, "haar_distance", ...untrained];
}

export function warpageSummary(
  row: WarpageRow,
  epsilons: readonly number[],
): Readonly<Record<string, number | undefined>> {
  return Object.fromEntries(
    comparisonsIn([row], epsilons).map(({ name, at }) => [
      at === undefined ? `${name}_distance` : nearName(name, at),
      summaryOf([row], name, "geodesic", at).mean.at(-1),
    ]),
  );
}

/** `near_distance_1` for the first ε. */
function nearName(name: string, at: number): string {
  return `${name}_distance_${at + 1}`;
}
