// Spectra that are sampled: of which layers, and the cells of the .npz file from which their estimates are made anew.

import {
  bytesText,
  DEFAULT_MEMORY_BUDGET,
  type DerivativeOptions,
  type DifferentiableMap,
  LEADING,
  type Space,
} from "@vielbein/core";
import { isSampled, LANCZOS_STEPS, type SampledSpectrum, sampledSpectrum } from "@vielbein/core/dimension";
import { type Matrix, matrix } from "@vielbein/linalg";
import { routeCell, routeOf } from "../../kit/routes.ts";
import { type Column, NOT_NEGATIVE, type RowValue } from "../../kit/row-file.ts";
import { info, type Terminal } from "../../kit/terminal.ts";

/** Which spectra are sampled, and how. */
export interface Sampling {
  /** By layer. */
  readonly layers: readonly boolean[];
  /** Random vectors at each point. */
  readonly probes: number;
  /** Of these. */
  readonly seed: number;
}

interface SamplingOptions {
  readonly spectrum?: "full" | "estimate" | undefined;
  readonly probes: number;
  readonly seed: number;
  readonly memory?: number | undefined;
  readonly untrained: number;
}

/** Chooses the layers: as --spectrum says, else those whose Jacobian is too large, with a remark. */
export function samplingOf(
  from: Space,
  spaces: readonly Space[],
  { spectrum, probes, seed, memory, untrained }: SamplingOptions,
  terminal: Terminal,
): Sampling {
  const layers = spaces.map((to) =>
    spectrum === undefined ? isSampled({ from, to }, memory) : spectrum === "estimate",
  );
  const names = spaces.filter((_, i) => layers[i]).map(({ name, dim }) => `"${name}" (${dim} × ${from.dim})`);
  if (names.length > 0 && spectrum === undefined) {
    info(
      terminal,
      `too large a Jacobian to find all singular values within the memory budget of ${bytesText(memory ?? DEFAULT_MEMORY_BUDGET)}: of ${names.join(", ")} the leading ${LEADING} are found, and the rest is estimated; --memory allows more, --spectrum full insists`,
    );
  }
  if (names.length > 0 && untrained > 0) {
    info(
      terminal,
      "--untrained compares local dimensions: where spectra are estimated it has nothing to compare",
    );
  }
  return { layers, probes, seed };
}

/** How many singular values are found of a layer. */
export function valuesFound(from: Space, to: Space, isEstimated: boolean | undefined): number {
  const total = Math.min(from.dim, to.dim);
  return isEstimated ? Math.min(LEADING, total) : total;
}

/** What the row of point `index` keeps of a sampled spectrum, beside the leading singular values. */
export async function sampleCells(
  map: DifferentiableMap,
  point: Float32Array,
  index: number,
  { probes, seed }: Sampling,
  options: DerivativeOptions,
): Promise<{
  readonly singularValues: Float64Array;
  readonly route: number;
  readonly [cell: string]: RowValue;
}> {
  const { leading, residuals, diagonal, offDiagonal, products, route } = await sampledSpectrum(map, point, {
    ...options,
    probes,
    seed,
    first: index * probes,
  });
  const padded = new Float64Array(LEADING);
  padded.set(residuals);
  return {
    singularValues: leading,
    route: routeCell(route),
    residuals: padded,
    lanczos_diagonal: diagonal,
    lanczos_off_diagonal: offDiagonal,
    products,
  };
}

/** Those cells of a row whose spectrum is whole, in a file of which others are sampled. */
export function missingSample({ layers, probes }: Sampling): Readonly<Record<string, RowValue>> {
  if (!layers.includes(true)) return {};
  const nothing = (): Matrix =>
    matrix(probes, LANCZOS_STEPS, new Float64Array(probes * LANCZOS_STEPS).fill(Number.NaN));
  return {
    residuals: new Float64Array(LEADING).fill(Number.NaN),
    lanczos_diagonal: nothing(),
    lanczos_off_diagonal: nothing(),
    products: Number.NaN,
  };
}

export function sampleColumns({ layers, probes }: Sampling): Readonly<Record<string, Column>> {
  if (!layers.includes(true)) return {};
  const coefficients = { shape: [probes, LANCZOS_STEPS], hasGaps: true };
  return {
    residuals: { shape: [LEADING], hasGaps: true, ...NOT_NEGATIVE },
    lanczos_diagonal: coefficients,
    lanczos_off_diagonal: coefficients,
    products: { shape: [], hasGaps: true, isWhole: true, ...NOT_NEGATIVE },
  };
}

/** The sampled spectrum that a row keeps; undefined where it keeps a whole one. */
export function sampledOf(
  row: { readonly [cell: string]: RowValue; readonly singular_values: Float64Array },
  total: number,
): SampledSpectrum | undefined {
  const { residuals, lanczos_diagonal: diagonal, lanczos_off_diagonal: offDiagonal, products } = row;
  if (products === undefined || Number.isNaN(products)) return undefined;
  const leading = row.singular_values.filter((value) => !Number.isNaN(value));
  return {
    total,
    leading,
    residuals: (residuals as Float64Array).slice(0, leading.length),
    diagonal: diagonal as Matrix,
    offDiagonal: offDiagonal as Matrix,
    products: products as number,
    route: routeOf(row)!,
  };
}
