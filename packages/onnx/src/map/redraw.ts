// The untrained null: the same architecture with random weights. What a statistic of a trained model says about
// training is how it differs from its values on such models.
//
// A weight is a constant with at least two axes longer than 1 that multiplies activations: the second factor of a
// product, a convolution's kernel, a lookup table, also behind reshapes and modulation. A level is a constant vector
// that is added to activations or belongs to a normalisation: biases, scales and statistics. All else, such as
// coordinate grids, resampling filters, frequencies, sums of squares and constants, stays.

import { samplePoints, VielbeinError } from "@vielbein/core";
import { requireKind } from "../arguments.ts";
import { isSingleOrDouble } from "../model/element-types.ts";
import { DataType, type Graph, type Model, type Node, type Tensor } from "../model/model.ts";
import { elementCount, float32Tensor, float64Tensor, numericValues } from "../model/tensor.ts";
import { inlineFunctions } from "../prepare/functions.ts";
import { widenHalfPrecision } from "../prepare/widen.ts";

/**
 * How {@link redrawWeights} makes an untrained network of a trained one: the null that results are compared
 * with.
 */
export interface RedrawOptions {
  /**
   * `redrawn`: the entries of every weight are independent draws from N(0, s²), s being the root mean square of the
   * trained ones, so that each layer keeps its gain; the entries of a level (a vector of biases, scales or statistics)
   * all become their mean, which is how a layer starts out (0 for most biases, 1 for the bias of a style and for the
   * gain of a normalisation). `shuffled`: the entries of every weight and every level are permuted, which also keeps
   * their distribution.
   */
  readonly kind: "redrawn" | "shuffled";
  /** Non-negative safe integer, or bigint below 2^64. */
  readonly seed: number | bigint;
  /** `keep` leaves the levels as trained. Default `redraw`. */
  readonly levels?: "redraw" | "keep" | undefined;
}

/** Draws for weights come from indices that samples of points under the same seed do not reach. */
const FIRST_INDEX = 2 ** 40;

/**
 * A model, whose external data is resolved, with random weights in place of its own; the same for the same seed.
 * Weights in float16 and bfloat16 are widened.
 *
 * @throws {VielbeinError} `INVALID_MODEL` when no weights can be recognised, e.g. in a quantised model.
 */
export function redrawWeights(model: Model, options: RedrawOptions): Model {
  requireKind("redrawWeights: model", "model", model);
  const wide = withoutConstantNodes(widenHalfPrecision(inlineFunctions(model).model));
  const { weights, levels } = trainedTensors(wide.graph);
  const files = new Map(wide.files);
  let count = 0;
  const initializers = wide.graph.initializers.map((tensor, index) => {
    const isWeight = weights.has(tensor.name) && longAxes(tensor) >= 2;
    const isLevel = levels.has(tensor.name) && longAxes(tensor) === 1 && options.levels !== "keep";
    if (!(isWeight || isLevel) || tensor.opaque || !isSingleOrDouble(tensor.dataType)) return tensor;
    const values = Float64Array.from(numericValues(tensor));
    if (isSymmetric(values, tensor) || (isWeight && isOfOneSign(values))) return tensor;
    if (isWeight) count++;
    const drawn = draw(values, isWeight, options, FIRST_INDEX + index);
    const make = tensor.dataType === DataType.DOUBLE ? float64Tensor : float32Tensor;
    const result = make(tensor.name, drawn, tensor.dims);
    // Engines are given large weights by reference to files.
    files.set(`${options.kind}/${index}`, result.raw);
    return result;
  });
  if (count === 0) {
    throw new VielbeinError(
      "INVALID_MODEL",
      "No floating-point weight matrix or kernel was found, so there is nothing to redraw. Use the model before it was quantised.",
    );
  }
  return { ...wide, files, graph: { ...wide.graph, initializers } };
}

function draw(
  values: Float64Array,
  isWeight: boolean,
  { kind, seed }: RedrawOptions,
  index: number,
): Float64Array {
  const n = values.length;
  if (!isWeight && kind === "redrawn") return values.fill(sum(values) / n);
  const normals = samplePoints({ name: "weights", dim: n, shape: [n] }, seed, index, 1);
  if (kind === "shuffled") {
    const order = Uint32Array.from(values.keys()).sort((a, b) => normals[a] - normals[b] || a - b);
    return values.map((_, i) => values[order[i]]);
  }
  const rms = Math.sqrt(sum(values.map((x) => x * x)) / n);
  return Float64Array.from(normals, (x) => rms * x);
}

function sum(values: Float64Array): number {
  return values.reduce((total, x) => total + x, 0);
}

/**
 * Reads the same backwards, as resampling filters, identities and constants do, or row by row but for signs, as grids
 * of coordinates about zero do. Trained tensors never do.
 */
function isSymmetric(values: Float64Array, { dims }: Tensor): boolean {
  const n = values.length;
  const columns = dims.at(-1) ?? 1;
  const rounding = 1e-6 * values.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0);
  const isNear = (a: number, b: number) => Math.abs(a - b) <= rounding;
  if (values.every((x, i) => isNear(x, values[n - 1 - i]))) return true;
  const mirrored = (i: number) => values[n - columns - i + 2 * (i % columns)];
  return n > columns && values.every((x, i) => isNear(Math.abs(x), Math.abs(mirrored(i))));
}

/** Such as squares of weights, which modulation divides by. */
function isOfOneSign(values: Float64Array): boolean {
  return values.every((x) => x >= 0) || values.every((x) => x <= 0);
}

function longAxes({ dims }: Tensor): number {
  return elementCount(dims) > 0 ? dims.filter((extent) => extent > 1).length : 0;
}

/** Floating-point tensors that an exporter left in Constant nodes become initialisers. */
function withoutConstantNodes(model: Model): Model {
  const { graph } = model;
  const hoisted = graph.nodes.flatMap(({ opType, attributes, outputs }): [string, Tensor][] => {
    const value = opType === "Constant" ? attributes.get("value") : undefined;
    if (value?.type !== "tensor" || !isSingleOrDouble(value.value.dataType)) return [];
    return [[outputs[0], { ...value.value, name: outputs[0] }]];
  });
  const names = new Set(hoisted.map(([name]) => name));
  return {
    ...model,
    graph: {
      ...graph,
      nodes: graph.nodes.filter((node) => !names.has(node.outputs[0])),
      initializers: [...graph.initializers, ...hoisted.map(([, tensor]) => tensor)],
    },
  };
}

/** Inputs of operators that hold levels, by position. */
const levelInputs: ReadonlyMap<string, readonly number[]> = new Map([
  ["Gemm", [2]],
  ["Conv", [2]],
  ["ConvTranspose", [2]],
  ["BatchNormalization", [1, 2, 3, 4]],
  ["InstanceNormalization", [1, 2]],
  ["LayerNormalization", [1, 2]],
  ["GroupNormalization", [1, 2]],
  ["PRelu", [1]],
  ["Add", [0, 1]],
]);

/** Operators through which a weight or a level reaches the operator that uses it. */
const carriers: ReadonlySet<string> = new Set([
  ...["Identity", "Cast", "Reshape", "Flatten"],
  ...["Squeeze", "Unsqueeze", "Transpose", "Expand"],
]);
const products: ReadonlySet<string> = new Set(["Mul", "Div"]);

/** Names of the initialisers that are weights or levels by their use; their shapes are not looked at. */
function trainedTensors(graph: Graph): { weights: ReadonlySet<string>; levels: ReadonlySet<string> } {
  const initializers = new Map(graph.initializers.map((tensor) => [tensor.name, tensor]));
  const producers = new Map(
    graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)),
  );
  const isNumber = (name: string): boolean => {
    const tensor = initializers.get(name);
    return tensor !== undefined && elementCount(tensor.dims) === 1;
  };
  /** The initialisers that reach `name` by way of nodes that carry them. */
  const carried = (name: string | undefined, carries: (node: Node) => boolean): string[] => {
    const found = new Set<string>();
    const waiting = name ? [name] : [];
    const seen = new Set(waiting);
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const tensor = initializers.get(next);
      // Shapes and axes are initialisers too.
      if (tensor && isSingleOrDouble(tensor.dataType)) found.add(next);
      const node = tensor ? undefined : producers.get(next);
      if (!node || !carries(node)) continue;
      for (const input of node.inputs) {
        if (input && !seen.has(input)) waiting.push(input);
        seen.add(input);
      }
    }
    return [...found];
  };
  const weights = new Set<string>();
  const levels = new Set<string>();
  for (const node of graph.nodes) {
    const weight = (name?: string) =>
      carried(name, ({ opType }) => carriers.has(opType) || products.has(opType));
    for (const name of weightSources(node, weight)) weights.add(name);
    for (const position of levelInputs.get(node.opType) ?? []) {
      // A vector that multiplies another one on its way to a sum is no level; one times a number is.
      const level = carried(
        node.inputs[position],
        ({ opType, inputs }) => carriers.has(opType) || (products.has(opType) && inputs.some(isNumber)),
      );
      for (const name of level) levels.add(name);
    }
  }
  return { weights, levels };
}

function weightSources({ opType, inputs }: Node, sources: (name?: string) => string[]): string[] {
  if (opType === "Conv" || opType === "ConvTranspose") return sources(inputs[1]);
  if (opType === "Gather") return sources(inputs[0]);
  if (opType === "Einsum") return inputs.flatMap(sources);
  if (opType !== "MatMul" && opType !== "Gemm") return [];
  // The left factor is a weight only where the right one is an activation: else it is data, such as a grid.
  const right = sources(inputs[1]);
  return right.length > 0 ? right : sources(inputs[0]);
}
