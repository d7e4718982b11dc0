// The first affine maps that a code meets in a generator: the fully connected layers and convolutions that read it, or
// parts of it, before anything nonlinear has. In a style-based generator these are the maps from w to the styles of all
// layers, otherwise usually one map from z to the first features. Their weights are what SeFa factorises (Shen & Zhou,
// CVPR 2021).

import { type AffineMap, VielbeinError } from "@vielbein/core";
import { requireKind } from "../arguments.ts";
import { infoOf, pointShape } from "../derive/measured-graph.ts";
import { type PreparedGraph, positionOf } from "../derive/prepared-graph.ts";
import { operatorName } from "../derive/unsupported.ts";
import { windowsOf } from "../derive/windows.ts";
import { floatAttribute, intAttribute, type Node, type Tensor } from "../model/model.ts";
import { elementCount, floatValues } from "../model/tensor.ts";
import { type CodeView, codeViews } from "./code-view.ts";
import { ToRgb } from "./to-rgb.ts";

/**
 * The affine maps that are the first to read the input of a prepared graph, in graph order. They may read it through
 * slices, gathers, reshapes and repetitions, through constants that are added or multiplied, as by truncation, and
 * through a normalisation to a fixed length. Rows of a convolution run over the output channels, then over the
 * positions.
 *
 * @throws {VielbeinError} `INVALID_SPACE` where no affine map reads the code.
 */
export function firstAffineMaps(graph: PreparedGraph): AffineMap[] {
  requireKind("firstAffineMaps: graph", "prepared", graph);
  const views = codeViews(graph);
  const found = firstReadings(graph, views);
  if (found.length === 0) throw noMap(graph, views);
  const shape = pointShape(infoOf(graph, graph.input).shape);
  const perLayer = layersOf(shape, found);
  const dim = perLayer ? shape[1] : elementCount(shape);
  const toRgb = new ToRgb(graph);
  let styles = 0;
  return found.map(({ node, ...reading }, i): AffineMap => {
    const isToRgb = toRgb.modulates(node.outputs[0]);
    const layer = perLayer?.[i] ?? styles;
    if (!isToRgb) styles++;
    return {
      name: node.outputs[0],
      operator: node.opType,
      position: positionOf(graph, node),
      layer,
      weight: denseWeight(reading, dim),
      isToRgb,
      isNormalized: reading.view.isNormalized,
    };
  });
}

/** How many {@link firstAffineMaps} there are, none included, at no cost of their weights. */
export function countFirstAffineMaps(graph: PreparedGraph): number {
  return firstReadings(graph, codeViews(graph)).length;
}

function firstReadings(
  graph: PreparedGraph,
  views: ReadonlyMap<string, CodeView>,
): (Reading & { readonly node: Node })[] {
  return graph.model.graph.nodes.flatMap((node) =>
    readings(graph, views, node).map((reading) => ({ node, ...reading })),
  );
}

/** y = W·x of one run of elements of a view. Entry (r, c) of W is element `rowStarts[r] + c * columnStride` of `stored`. */
interface Reading {
  readonly view: CodeView;
  /** Positions of x in the view. */
  readonly codes: readonly number[];
  readonly stored: Tensor;
  /** −1 for a row of zeros. */
  readonly rowStarts: readonly number[];
  readonly columnStride: number;
  /** What all entries are multiplied by. */
  readonly factor: number;
}

/** W with its columns at the coordinates of the code, `[rows, dim]`. */
function denseWeight(
  { view, codes, stored, rowStarts, columnStride, factor }: Reading,
  dim: number,
): AffineMap["weight"] {
  const values = floatValues(stored);
  const data = new Float64Array(rowStarts.length * dim);
  const coordinates = Int32Array.from(codes, (code) => (view.index[code] < 0 ? -1 : view.index[code] % dim));
  const scales = Float64Array.from(codes, (code) => factor * view.scale[code]);
  rowStarts.forEach((start, r) => {
    if (start < 0) return;
    for (let c = 0; c < coordinates.length; c++) {
      const coordinate = coordinates[c];
      if (coordinate >= 0) data[r * dim + coordinate] += scales[c] * values[start + c * columnStride];
    }
  });
  return { rows: rowStarts.length, cols: dim, data };
}

/** The layer that each reading reads, if the code is `[layers, dim]` and each reads one; else undefined. */
function layersOf(shape: readonly number[], found: readonly Reading[]): number[] | undefined {
  if (shape.length !== 2) return undefined;
  const layers = found.map(({ view, codes }) => {
    const read = new Set<number>();
    for (const code of codes) if (view.index[code] >= 0) read.add(Math.floor(view.index[code] / shape[1]));
    return read.size === 1 ? [...read][0] : -1;
  });
  return layers.includes(-1) ? undefined : layers;
}

function readings(graph: PreparedGraph, views: ReadonlyMap<string, CodeView>, node: Node): Reading[] {
  if (node.domain !== "") return [];
  switch (node.opType) {
    case "Gemm":
      return gemm(graph, views, node);
    case "MatMul":
      return matMul(graph, views, node);
    case "Conv":
    case "ConvTranspose":
      return convolution(graph, views, node);
    default:
      return [];
  }
}

function gemm(graph: PreparedGraph, views: ReadonlyMap<string, CodeView>, node: Node): Reading[] {
  const view = views.get(node.inputs[0]);
  const w = graph.constants.get(node.inputs[1]);
  if (!view || !w || intAttribute(node, "transA", 0) === 1) return [];
  const [first, second] = w.dims as [number, number];
  const isTransposed = intAttribute(node, "transB", 0) === 1;
  const [rows, columns] = isTransposed ? [first, second] : [second, first];
  const weights = {
    stored: w,
    rowStarts: multiples(rows, isTransposed ? second : 1),
    columnStride: isTransposed ? 1 : second,
    factor: floatAttribute(node, "alpha", 1),
  };
  return runs(view, columns).map((codes) => ({ view, codes, ...weights }));
}

/** A code times a matrix; a batch of matrices is one map each. */
function matMul(graph: PreparedGraph, views: ReadonlyMap<string, CodeView>, node: Node): Reading[] {
  const view = views.get(node.inputs[0]);
  const w = graph.constants.get(node.inputs[1]);
  if (!view || !w || w.dims.length < 2) return [];
  const [columns, rows] = w.dims.slice(-2) as [number, number];
  const weights = { view, stored: w, columnStride: rows, factor: 1 };
  const rowStarts = multiples(rows, 1);
  const matrices = elementCount(w.dims.slice(0, -2));
  if (matrices === 1) return runs(view, columns).map((codes) => ({ ...weights, codes, rowStarts }));
  // Batches of codes and of matrices that are broadcast against each other are left to others.
  if (String(w.dims.slice(0, -2)) !== String(view.shape.slice(0, -2))) return [];
  const perMatrix = view.index.length / columns / matrices;
  return Array.from({ length: matrices * perMatrix }, (_, i) => {
    const start = Math.floor(i / perMatrix) * rows * columns;
    return { ...weights, codes: run(i * columns, columns), rowStarts: rowStarts.map((row) => start + row) };
  });
}

/** A convolution of a code that lies on one pixel. */
function convolution(graph: PreparedGraph, views: ReadonlyMap<string, CodeView>, node: Node): Reading[] {
  const view = views.get(node.inputs[0]);
  const w = graph.constants.get(node.inputs[1]);
  const spatial = view?.shape.slice(2) ?? [];
  if (!view || !w || spatial.some((extent) => extent !== 1) || intAttribute(node, "group", 1) !== 1)
    return [];
  const output = infoOf(graph, node.outputs[0]).shape;
  const [channels, positions] = [output[1], output.slice(2)];
  const isTransposed = node.opType === "ConvTranspose";
  const kernel = w.dims.slice(2);
  const [wide, steps] = isTransposed ? [positions, spatial] : [spatial, positions];
  const windows = windowsOf(node, kernel, wide, steps);
  const taps = tapsAt(positions, kernel, (position, axis) => {
    const [begin, stride] = [windows.begin[axis], windows.strides[axis]];
    return (isTransposed ? position + begin : begin - stride * position) / windows.dilations[axis];
  });
  const inputs = view.shape[1];
  const size = elementCount(kernel);
  // Conv stores [out, in, …kernel], ConvTranspose [in, out, …kernel].
  const channelStride = isTransposed ? size : inputs * size;
  const weights = {
    stored: w,
    rowStarts: multiples(channels, channelStride).flatMap((start) =>
      taps.map((tap) => (tap < 0 ? -1 : start + tap)),
    ),
    columnStride: isTransposed ? channels * size : size,
    factor: 1,
  };
  return runs(view, inputs).map((codes) => ({ view, codes, ...weights }));
}

/** For every output position the element of the kernel that meets the one pixel, or −1. */
function tapsAt(
  positions: readonly number[],
  kernel: readonly number[],
  tap: (position: number, axis: number) => number,
): number[] {
  let taps = [0];
  positions.forEach((extent, axis) => {
    taps = taps.flatMap((outer) =>
      Array.from({ length: extent }, (_, position) => {
        const at = tap(position, axis);
        const isInside = Number.isInteger(at) && at >= 0 && at < kernel[axis];
        return outer < 0 || !isInside ? -1 : outer * kernel[axis] + at;
      }),
    );
  });
  return taps;
}

/** The view in runs of `length` elements, each different run once: a code repeated for every layer counts once. */
function runs(view: CodeView, length: number): number[][] {
  const seen = new Set<string>();
  const result: number[][] = [];
  for (let start = 0; start < view.index.length; start += length) {
    const key = `${view.index.subarray(start, start + length)};${view.scale.subarray(start, start + length)}`;
    if (seen.has(key)) continue;
    seen.add(key);
    result.push(run(start, length));
  }
  return result;
}

function multiples(count: number, step: number): number[] {
  return Array.from({ length: count }, (_, i) => i * step);
}

function run(start: number, length: number): number[] {
  return Array.from({ length }, (_, i) => start + i);
}

function noMap(graph: PreparedGraph, views: ReadonlyMap<string, CodeView>): VielbeinError {
  const readers = graph.model.graph.nodes.filter(
    (node) => node.inputs.some((name) => views.has(name)) && !node.outputs.some((name) => views.has(name)),
  );
  const names = [...new Set(readers.map(operatorName))].slice(0, 5).join(", ");
  return new VielbeinError(
    "INVALID_SPACE",
    `No affine map with constant weights reads "${graph.input}" [${infoOf(graph, graph.input).shape}] first; what reads it is ${names || "nothing"}. Start from a code that a fully connected layer reads, or a convolution where the code is one pixel (\`from\`, or --from: \`vielbein inspect\` lists the tensors); directions of any other code are those of the derivative (\`vielbein basis\`).`,
  );
}
