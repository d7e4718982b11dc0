// The rows of `dimension`: the spectrum of every layer at every point, whole, or its leading part and what random
// vectors see of the rest.

import { type JacobianSpectrum, jacobianSpectrum } from "@vielbein/core";
import type { OnnxMap } from "@vielbein/onnx";
import type { Codes } from "../../inputs/codes.ts";
import { stackedOver } from "../../inputs/draws.ts";
import type { LayerMaps } from "../../inputs/layers.ts";
import { ROUTE_COLUMN, routeCell } from "../../kit/routes.ts";
import { type Columns, NOT_NEGATIVE, type RowValue, SPECTRUM } from "../../kit/row-file.ts";
import { missingSample, type Sampling, sampleCells, sampleColumns } from "./sampled.ts";

/** Columns of the .npz file: one row for each layer and point, layer by layer. */
export interface DimensionRow {
  readonly layer: number;
  readonly index: number;
  /** `[r]`, r the most that are found of a layer; NaN beyond those of this layer. */
  readonly singular_values: Float64Array;
  /** Inputs that move no output, and outputs that no input moves; NaN where the spectrum is sampled. */
  readonly dead_inputs: number;
  readonly dead_outputs: number;
  /** Position in `DERIVATIVE_ROUTES`. */
  readonly route: number;
  /** `[r]`, of the network with redrawn weights; NaN throughout without --untrained, as the two after it. */
  readonly untrained_singular_values: Float64Array;
  readonly untrained_dead_inputs: number;
  readonly untrained_dead_outputs: number;
  /** Where spectra are sampled, those of {@link sampleCells}. */
  readonly [further: string]: RowValue;
}

/** What the spectra are of. */
export interface SpectraTask {
  /** Maps for each draw of the noise. */
  readonly draws: readonly LayerMaps[];
  readonly points: Codes;
  /** The most singular values that are found of a layer. */
  readonly width: number;
  readonly untrained: number;
  readonly sampling: Sampling;
  readonly memory: number | undefined;
  readonly signal: AbortSignal;
}

type Spectrum = Omit<JacobianSpectrum, "route">;

const NO_SPECTRUM: Spectrum = {
  singularValues: new Float64Array(),
  deadInputs: Number.NaN,
  deadOutputs: Number.NaN,
};

/** The spectra of row `row`: of the model, and of a network with redrawn weights. */
export async function spectraAt(row: number, task: SpectraTask): Promise<DimensionRow> {
  const { draws, points, width, untrained, sampling, memory, signal } = task;
  const [layer, index] = [Math.floor(row / points.count), row % points.count];
  const point = await points.at(index);
  const call = { signal, memoryBudget: memory };
  if (sampling.layers[layer]) {
    const map = await stackedOver(draws, (maps) => maps.at(layer));
    const { singularValues, route, ...cells } = await sampleCells(map, point, index, sampling, call);
    const leading = { ...NO_SPECTRUM, singularValues };
    return { layer, index, route, ...spectrumCells(leading, NO_SPECTRUM, width), ...cells };
  }
  const spectrumOf = async (mapOf: (maps: LayerMaps) => Promise<OnnxMap>) =>
    jacobianSpectrum(await stackedOver(draws, mapOf), point, call);
  const trained = await spectrumOf((maps) => maps.at(layer));
  const redrawn =
    untrained > 0 ? await spectrumOf((maps) => maps.untrainedAt(layer, index % untrained)) : NO_SPECTRUM;
  const cells = spectrumCells(trained, redrawn, width);
  return { layer, index, route: routeCell(trained.route), ...cells, ...missingSample(sampling) };
}

function spectrumCells(trained: Spectrum, redrawn: Spectrum, width: number) {
  return {
    singular_values: padWithNaN(trained.singularValues, width),
    dead_inputs: trained.deadInputs,
    dead_outputs: trained.deadOutputs,
    untrained_singular_values: padWithNaN(redrawn.singularValues, width),
    untrained_dead_inputs: redrawn.deadInputs,
    untrained_dead_outputs: redrawn.deadOutputs,
  };
}

export function columnsOf(
  count: number,
  width: number,
  inputs: number,
  sampling: Sampling,
): Columns<DimensionRow> {
  const hasGaps = sampling.layers.includes(true);
  const dead = { shape: [], isWhole: true };
  return {
    layer: { shape: [], at: (row) => Math.floor(row / count) },
    index: { shape: [], at: (row) => row % count },
    singular_values: { shape: [width], hasGaps: true, ...SPECTRUM },
    dead_inputs: { ...dead, hasGaps, range: [0, inputs] },
    dead_outputs: { ...dead, hasGaps, ...NOT_NEGATIVE },
    route: ROUTE_COLUMN,
    untrained_singular_values: { shape: [width], hasGaps: true, ...SPECTRUM },
    untrained_dead_inputs: { ...dead, hasGaps: true, range: [0, inputs] },
    untrained_dead_outputs: { ...dead, hasGaps: true, ...NOT_NEGATIVE },
    ...sampleColumns(sampling),
  };
}

function padWithNaN(values: ArrayLike<number>, length: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => values[i] ?? Number.NaN);
}
