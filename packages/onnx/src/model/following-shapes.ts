// Shapes that follow from those of what a node reads. They are not asked of engines, whose sessions take the longer
// the more outputs they have.

import { type Graph, inputOf, intAttribute, intsAttribute, type Node, type Tensor } from "./model.ts";
import { numericValues } from "./tensor.ts";

type Shape = readonly number[];
export type Shapes = ReadonlyMap<string, Shape>;

/** Operators of one element at a time, and normalisations: the first result has the shape of the first input. */
const KEEPING: ReadonlySet<string> = new Set(
  [
    "Abs Acos Acosh Asin Asinh Atan Atanh Cast Ceil Celu Clip Cos Cosh Dropout Elu Erf Exp Floor Gelu HardSigmoid",
    "HardSwish Identity LeakyRelu Log Mish Neg Not Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh Softplus",
    "Softsign Sqrt Tan Tanh ThresholdedRelu",
    "BatchNormalization GroupNormalization InstanceNormalization LayerNormalization LogSoftmax LRN Softmax",
  ].flatMap((names) => names.split(" ")),
);

/** Operators of elements of several tensors, which are repeated along axes of extent one. */
const BROADCASTING: ReadonlySet<string> = new Set(
  "Add And Div Equal Greater GreaterOrEqual Less LessOrEqual Max Mean Min Mul Or Pow PRelu Sub Sum Where Xor".split(
    " ",
  ),
);

/** Which shapes an engine has to be asked for, and those that follow from its answers. */
export class FollowingShapes {
  /** Tensors whose shape follows from no other. */
  readonly asked: readonly string[];
  readonly #names: readonly string[];
  readonly #nodes: readonly Node[];
  readonly #known: Shapes;
  readonly #constants: ReadonlyMap<string, Tensor>;

  /**
   * @param fed shapes of the inputs, and of others that are known.
   * @param names tensors whose shape is wanted.
   * @param direct those of them that an engine is asked for in any case.
   */
  constructor(
    { initializers, nodes }: Graph,
    fed: Shapes,
    names: readonly string[],
    direct: readonly string[],
  ) {
    this.#known = new Map([...initializers.map(({ name, dims }) => [name, dims] as const), ...fed]);
    this.#constants = new Map(initializers.map((tensor) => [tensor.name, tensor]));
    this.#names = names;
    const wanted = new Set(names.filter((name) => !direct.includes(name)));
    const told = new Set([...this.#known.keys(), ...names]);
    // Others that are computed would have to be asked for only because something follows from them.
    this.#nodes = nodes.filter(
      (node) =>
        this.#isFollowing(node) &&
        wanted.has(node.outputs[0]) &&
        followedInputs(node).every((input) => told.has(input)),
    );
    const following = new Set(this.#nodes.map(({ outputs }) => outputs[0]));
    this.asked = names.filter((name) => !this.#known.has(name) && !following.has(name));
  }

  /** The shapes of the tensors in question, as far as they follow from what an engine told. */
  of(told: Shapes): Map<string, Shape> {
    const shapes = new Map([...this.#known, ...told]);
    for (const node of this.#nodes) {
      const inputs = followedInputs(node).map((input) => shapes.get(input));
      if (!inputs.every((shape) => shape !== undefined)) continue;
      const shape = this.#followingShape(node, inputs);
      // Of places that an axis does not have nothing follows.
      if (shape?.every(Number.isInteger)) shapes.set(node.outputs[0], shape);
    }
    return new Map(
      this.#names.flatMap((name) => {
        const shape = shapes.get(name);
        return shape ? [[name, shape] as const] : [];
      }),
    );
  }

  /** Whether the shape of the node's first result follows from those of its inputs, and from what is constant. */
  #isFollowing({ domain, opType, inputs }: Node): boolean {
    if (domain !== "") return false;
    if (opType === "Slice") {
      const places = inputs.slice(1).filter(Boolean);
      return places.length >= 2 && places.every((name) => this.#constants.has(name));
    }
    return (
      ["MatMul", "Gemm", "Transpose"].includes(opType) || KEEPING.has(opType) || BROADCASTING.has(opType)
    );
  }

  /**
   * The shape of the first result of a node that {@link #isFollowing}, of the shapes of its {@link followedInputs};
   * undefined where these do not fit together, which engines say in their own words.
   */
  #followingShape(node: Node, shapes: readonly Shape[]): Shape | undefined {
    const [a, b] = shapes;
    if (KEEPING.has(node.opType)) return a;
    switch (node.opType) {
      case "Gemm":
        return gemm(node, a, b);
      case "MatMul":
        return matMul(a, b);
      case "Transpose":
        return (intsAttribute(node, "perm") ?? [...a.keys()].toReversed()).map((axis) => a[axis]);
      case "Slice":
        return slice(
          a,
          node.inputs.slice(1).map((name) => this.#integers(name)),
        );
      default:
        return broadcast(shapes);
    }
  }

  #integers(name: string): readonly number[] | undefined {
    const tensor = this.#constants.get(name);
    return tensor && Array.from(numericValues(tensor));
  }
}

/** The inputs that it follows from. */
function followedInputs(node: Node): readonly string[] {
  if (KEEPING.has(node.opType) || node.opType === "Transpose" || node.opType === "Slice") {
    return [inputOf(node, 0)];
  }
  return node.opType === "Gemm" ? node.inputs.slice(0, 2) : node.inputs;
}

function broadcast(shapes: readonly Shape[]): Shape | undefined {
  const rank = Math.max(...shapes.map(({ length }) => length));
  const result = Array.from({ length: rank }, (_, axis) => {
    const extents = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const extent = extents.find((length) => length !== 1) ?? 1;
    return extents.every((length) => length === 1 || length === extent) ? extent : undefined;
  });
  return result.every((extent) => extent !== undefined) ? result : undefined;
}

function gemm(node: Node, a: Shape, b: Shape): Shape | undefined {
  if (a.length !== 2 || b.length !== 2) return undefined;
  const [row, column] = [intAttribute(node, "transA", 0), 1 - intAttribute(node, "transB", 0)];
  return a[1 - row] === b[1 - column] ? [a[row], b[column]] : undefined;
}

/** Vectors are left to engines. */
function matMul(a: Shape, b: Shape): Shape | undefined {
  if (a.length < 2 || b.length < 2 || a.at(-1) !== b.at(-2)) return undefined;
  const outer = broadcast([a.slice(0, -2), b.slice(0, -2)]);
  return outer && [...outer, a.at(-2) as number, b.at(-1) as number];
}

/** @param places starts, ends, and where they are given axes and steps. */
function slice(shape: Shape, [starts, ends, axes, steps]: readonly (readonly number[] | undefined)[]): Shape {
  const result = [...shape];
  starts!.forEach((start, i) => {
    const axis = axes?.[i] ?? i;
    const extent = shape.at(axis)!;
    const step = steps?.[i] ?? 1;
    // Backward one stops before the first element, forward behind the last.
    const [least, most] = step > 0 ? [0, extent] : [-1, extent - 1];
    const within = (place: number): number =>
      Math.min(most, Math.max(least, place < 0 ? place + extent : place));
    const count = Math.ceil((within(ends![i]) - Math.max(0, within(start))) / step);
    result[axis < 0 ? axis + shape.length : axis] = Math.min(extent, Math.max(0, count));
  });
  return result;
}
