// Directions that a denoiser x_t → x̂₀ lets pass rather than takes for noise.

import type { Column } from "../../kit/table.ts";
import type { DimensionRow } from "./spectra.ts";

export interface PassedDirections {
  /** α·∂x̂₀/∂x_t is near 1 along the data and near 0 across: the number of its singular values above ½. */
  readonly passed: number;
  /** Of the network with redrawn weights; 0 where there is none. */
  readonly untrainedPassed: number;
}

/** With --sigma: the tensor of x̂₀, and α. */
export interface DenoiserEnd {
  readonly denoised: string;
  readonly alpha: number;
}

/** Those of a spectrum that is known whole, where the layer is x̂₀; nothing elsewhere. */
export function passedDirections(
  row: DimensionRow,
  layer: string,
  denoiser: DenoiserEnd | undefined,
): Partial<PassedDirections> {
  if (denoiser?.denoised !== layer) return {};
  const count = (values: Float64Array): number => values.filter((s) => denoiser.alpha * s > 0.5).length;
  return { passed: count(row.singular_values), untrainedPassed: count(row.untrained_singular_values) };
}

/** The columns of the table of a denoiser, each made by `over`. */
export function passedColumns<T>(
  over: (title: string, value: (point: Partial<PassedDirections>) => number | undefined) => Column<T>,
  { denoiser, untrained }: { readonly denoiser?: DenoiserEnd | undefined; readonly untrained: number },
): Column<T>[] {
  if (!denoiser) return [];
  const passed = over("let pass", (point) => point.passed);
  return untrained > 0 ? [passed, over("untrained lets pass", (point) => point.untrainedPassed)] : [passed];
}
