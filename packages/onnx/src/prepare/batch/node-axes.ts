// What is known of a node on the way of the axis that counts points.

import { firstOutput, inputOf, type Node, type Tensor } from "../../model/model.ts";
import { byteLength, numericValues } from "../../model/tensor.ts";
import { isRepeated } from "./single-point.ts";

export type Shape = readonly number[];

/** A node, and the axes that count points in what it reads. */
export class NodeAxes {
  readonly node: Node;
  readonly #axes: ReadonlyMap<string, number>;
  readonly #shapes: ReadonlyMap<string, Shape>;
  readonly #constants: ReadonlyMap<string, Tensor>;

  constructor(
    node: Node,
    axes: ReadonlyMap<string, number>,
    shapes: ReadonlyMap<string, Shape>,
    constants: ReadonlyMap<string, Tensor>,
  ) {
    this.node = node;
    this.#axes = axes;
    this.#shapes = shapes;
    this.#constants = constants;
  }

  /** The axis of input `index`, if it has one. */
  axis(index: number): number | undefined {
    return this.#axes.get(this.node.inputs[index] ?? "");
  }

  shape(name: string): Shape {
    return this.#shapes.get(name) ?? this.#constants.get(name)?.dims ?? [];
  }

  inputShape(index: number): Shape {
    return this.shape(inputOf(this.node, index));
  }

  get outputShape(): Shape {
    return this.shape(firstOutput(this.node));
  }

  /** The integers of a constant input. */
  integers(index: number): readonly number[] | undefined {
    const tensor = this.#constants.get(this.node.inputs[index] ?? "");
    return tensor && numericValues(tensor);
  }

  /** The axis of the first input, where no other has one. */
  get onlyAxis(): number | undefined {
    const others = this.node.inputs.slice(1);
    return others.some((name) => this.#axes.has(name)) ? undefined : this.axis(0);
  }

  /** Whether an input without points is the same for all of them where its axis meets theirs. */
  isSame(index: number, axis: number): boolean {
    const name = inputOf(this.node, index);
    const shape = this.inputShape(index);
    if (name === "" || axis < 0 || shape[axis] === 1) return true;
    const tensor = this.#constants.get(name);
    return tensor !== undefined && axis === 0 && isRepeated(tensor.raw, byteLength(tensor) / shape[0]);
  }
}
