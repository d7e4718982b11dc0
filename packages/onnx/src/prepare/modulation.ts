// Modulated convolutions of style-based generators (Karras et al., "Analyzing and Improving the Image Quality
// of StyleGAN", CVPR 2020, appendix B), as exported in their fused form: the weights W are multiplied by the
// styles s along the input channels and by the demodulation d along the output channels, and convolved with.
// The same result is d ⊙ conv(s ⊙ x, W), with weights that are constant: the engine may lay them out once, and
// a tangent costs a multiplication of the image instead of a convolution of k weight tensors. Likewise the
// demodulation's sum of squares Σ(W ⊙ s)² is a matrix Σₖ W² times s².

import type { PreparedGraph } from "../derive/prepared-graph.ts";
import { without } from "../model/attributes.ts";
import { isSingleOrDouble } from "../model/element-types.ts";
import { DataType, inputOf, intAttribute, intsAttribute, type Node, type Tensor } from "../model/model.ts";
import { elementCount, float32Tensor, float64Tensor, numericValues } from "../model/tensor.ts";
import { GraphEdit, rewriteNodes } from "./graph-edit.ts";

/** A tensor that is a constant times factors, each of which varies along one axis at most. */
interface Separable {
  readonly shape: readonly number[];
  /** The constant's own values, arranged in `shape`. */
  readonly core: () => Tensor;
  readonly factors: readonly Factor[];
}

interface Factor {
  readonly name: string;
  /** Axis along which it varies; −1 for a scalar. */
  readonly axis: number;
  readonly divides: boolean;
}

/** Far more than modulation has. */
const MOST_FACTORS = 16;

/** The same map with its modulated convolutions written as scaled activations. */
export function scaleActivations(graph: PreparedGraph): PreparedGraph {
  return rewriteNodes(graph, new Rewriter(graph));
}

class Rewriter extends GraphEdit {
  changed = false;
  readonly #producers: ReadonlyMap<string, Node>;
  readonly #traced = new Map<string, Separable | undefined>();

  constructor(graph: PreparedGraph) {
    super(graph, "scaled");
    this.#producers = new Map(
      graph.model.graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)),
    );
  }

  /** The nodes that take the place of `node`, or undefined where it stays. */
  rewrite(node: Node): Node[] | undefined {
    this.added = [];
    // In graph order, what a tensor is traced to is known before that tensor is.
    for (const output of node.outputs) if (output) this.#trace(output);
    if (node.domain !== "") return undefined;
    const isDone =
      node.opType === "Conv" || node.opType === "ConvTranspose"
        ? this.#convolution(node)
        : node.opType === "ReduceSum" && this.#sumOfSquares(node);
    if (!isDone) return undefined;
    this.changed = true;
    return this.added;
  }

  #convolution(node: Node): boolean {
    const [x, w, bias] = node.inputs as [string, string, string | undefined];
    const weights = this.#trace(w);
    if (!weights || weights.factors.length === 0 || intAttribute(node, "group", 1) !== 1) return false;
    const [outward, inward] = node.opType === "Conv" ? [0, 1] : [1, 0];
    if (weights.factors.some(({ axis }) => axis > 1)) return false;
    const spatial = weights.shape.slice(2).map(() => 1);
    const scale = (image: string, factors: readonly Factor[], output?: string): string =>
      factors.reduce((value, { name, divides }, i) => {
        const perChannel = this.reshape(name, [1, elementCount(this.shape(name)), ...spatial]);
        const last = i === factors.length - 1 ? output : undefined;
        return this.add(divides ? "Div" : "Mul", [value, perChannel], this.shape(image), {}, last);
      }, image);

    const scaled = scale(
      x,
      weights.factors.filter(({ axis }) => axis === inward),
    );
    const after = weights.factors.filter(({ axis }) => axis === outward || axis === -1);
    const [result] = node.outputs as [string];
    const attributes = without(node);
    const constant = this.constant(weights.core());
    if (after.length === 0) {
      this.added.push({ ...node, inputs: [scaled, constant, ...node.inputs.slice(2)] });
      return true;
    }
    // The bias is added after the demodulation.
    const convolved = this.add(node.opType, [scaled, constant], this.shape(result), attributes);
    if (!bias) {
      scale(convolved, after, result);
      return true;
    }
    const perChannel = this.reshape(bias, [1, elementCount(this.shape(bias)), ...spatial]);
    this.add("Add", [scale(convolved, after), perChannel], this.shape(result), {}, result);
    return true;
  }

  /** Σ (core ⊙ s ⊙ …)² over the axis of s and perhaps others: a matrix times s², times the other factors'. */
  #sumOfSquares(node: Node): boolean {
    const square = this.#producers.get(node.inputs[0]);
    const root = square && this.#squareRootOf(square);
    const separable = root && this.#trace(root);
    const axesTensor = this.constants.get(node.inputs[1] ?? "");
    if (!separable || !axesTensor) return false;
    const { shape, factors } = separable;
    const reduced = new Set(numericValues(axesTensor).map((axis) => (axis < 0 ? axis + shape.length : axis)));
    const summed = factors.filter(({ axis }) => reduced.has(axis));
    const others = factors.filter(({ axis }) => !reduced.has(axis));
    const kept = shape.map((_, axis) => axis).filter((axis) => !reduced.has(axis) && shape[axis] > 1);
    if (summed.length !== 1 || kept.length !== 1 || summed[0].divides) return false;

    const [row] = kept as [number];
    const [{ name: style, axis: column }] = summed as [Factor];
    const [rows, columns] = [shape[row], shape[column]];
    const matrix = this.constant(sumSquares(separable.core(), shape, row, column));
    const flat = this.reshape(style, [1, columns]);
    const squared = this.add("Mul", [flat, flat], [1, columns]);
    const [result] = node.outputs as [string];
    let sums = this.add("MatMul", [squared, matrix], [1, rows]);
    for (const { name, divides } of others) {
      const factor = this.reshape(name, [1, elementCount(this.shape(name))]);
      const factorSquared = this.add("Mul", [factor, factor], this.shape(factor));
      sums = this.add(divides ? "Div" : "Mul", [sums, factorSquared], [1, rows]);
    }
    this.reshape(sums, this.shape(result), result);
    return true;
  }

  #squareRootOf(node: Node): string | undefined {
    const [a, b] = node.inputs;
    if (node.opType === "Mul" && a === b) return a;
    const exponent = node.opType === "Pow" ? this.constants.get(b) : undefined;
    return exponent && elementCount(exponent.dims) === 1 && numericValues(exponent)[0] === 2 ? a : undefined;
  }

  #trace(name: string): Separable | undefined {
    if (!this.#traced.has(name)) this.#traced.set(name, this.#traceOnce(name));
    return this.#traced.get(name);
  }

  #traceOnce(name: string): Separable | undefined {
    const constant = this.constants.get(name);
    if (constant) {
      return isSingleOrDouble(constant.dataType)
        ? { shape: constant.dims, core: () => constant, factors: [] }
        : undefined;
    }
    const node = this.#producers.get(name);
    if (node?.domain !== "") return undefined;
    const shape = this.shape(name);
    switch (node.opType) {
      case "Identity":
        return this.#trace(inputOf(node, 0));
      case "Mul":
        return (
          this.#traceProduct(inputOf(node, 0), inputOf(node, 1), shape, false) ??
          this.#traceProduct(inputOf(node, 1), inputOf(node, 0), shape, false)
        );
      case "Div":
        return this.#traceProduct(inputOf(node, 0), inputOf(node, 1), shape, true);
      case "Reshape":
      case "Unsqueeze":
      case "Squeeze":
        return this.#traceReshape(inputOf(node, 0), shape);
      case "Transpose":
        return this.#traceTranspose(node, shape);
      default:
        return undefined;
    }
  }

  #traceProduct(of: string, by: string, shape: readonly number[], divides: boolean): Separable | undefined {
    const inner = this.#trace(of);
    if (!inner || String(inner.shape) !== String(shape)) return undefined;
    const factor = this.shape(by);
    const extents = [...Array<number>(shape.length - factor.length).fill(1), ...factor];
    const varying = extents.map((_, axis) => axis).filter((axis) => extents[axis] > 1);
    if (varying.length > 1) return undefined;
    if (inner.factors.length === MOST_FACTORS) return undefined;
    return { ...inner, factors: [...inner.factors, { name: by, axis: varying[0] ?? -1, divides }] };
  }

  /** Reshaping that only adds or removes extents of 1 keeps the axes apart. */
  #traceReshape(of: string, shape: readonly number[]): Separable | undefined {
    const inner = this.#trace(of);
    const axesOf = (extents: readonly number[]) =>
      extents.map((_, axis) => axis).filter((axis) => extents[axis] > 1);
    if (!inner) return undefined;
    const [before, after] = [axesOf(inner.shape), axesOf(shape)];
    const extents = (s: readonly number[], axes: readonly number[]) => String(axes.map((axis) => s[axis]));
    if (extents(inner.shape, before) !== extents(shape, after)) return undefined;
    const moved = (axis: number): number => (axis < 0 ? axis : after[before.indexOf(axis)]);
    return {
      shape,
      core: () => ({ ...inner.core(), dims: shape }),
      factors: inner.factors.map((factor) => ({ ...factor, axis: moved(factor.axis) })),
    };
  }

  #traceTranspose(node: Node, shape: readonly number[]): Separable | undefined {
    const inner = this.#trace(inputOf(node, 0));
    if (!inner) return undefined;
    const perm = intsAttribute(node, "perm") ?? shape.map((_, i) => shape.length - 1 - i);
    return {
      shape,
      core: () => transposed(inner.core(), inner.shape, perm),
      factors: inner.factors.map((factor) => ({
        ...factor,
        axis: factor.axis < 0 ? -1 : perm.indexOf(factor.axis),
      })),
    };
  }
}

function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
}

function transposed(tensor: Tensor, shape: readonly number[], perm: readonly number[]): Tensor {
  const values = numericValues(tensor);
  const dims = perm.map((axis) => shape[axis]);
  const [target, source] = [stridesOf(dims), stridesOf(shape)];
  const position = (index: number): number =>
    perm.reduce((sum, axis, i) => sum + (Math.floor(index / target[i]) % dims[i]) * source[axis], 0);
  return sameType(
    tensor,
    Float64Array.from(values, (_, index) => values[position(index)]),
    dims,
  );
}

function sameType(tensor: Tensor, values: Float64Array, dims: readonly number[]): Tensor {
  const make = tensor.dataType === DataType.DOUBLE ? float64Tensor : float32Tensor;
  return make(tensor.name, values, dims);
}

/** The matrix [shape[column], shape[row]] of the sums of squares over all other axes. */
function sumSquares(tensor: Tensor, shape: readonly number[], row: number, column: number): Tensor {
  const strides = stridesOf(shape);
  const [rows, columns] = [shape[row], shape[column]];
  const sums = new Float64Array(rows * columns);
  numericValues(tensor).forEach((value, index) => {
    const [r, c] = [row, column].map((axis) => Math.floor(index / strides[axis]) % shape[axis]) as [
      number,
      number,
    ];
    sums[c * rows + r] += value * value;
  });
  return sameType(tensor, sums, [columns, rows]);
}
