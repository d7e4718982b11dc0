// Operators that are written out as simpler ones before differentiation, so that they need no rules.

import { float, int, makeNode } from "./attributes.ts";
import { floatAttribute, intAttribute, type Node, type Tensor } from "./model.ts";
import type { NameSupply } from "./names.ts";
import { float32Tensor, int64Tensor } from "./tensor.ts";

/** What a composite becomes: nodes in order, and the constants they read. */
export interface WrittenOut {
  readonly nodes: Node[];
  readonly constants: Tensor[];
}

/** The node written out, or undefined when it is no composite. `opset` is that of the model as read. */
export function writeOut(node: Node, opset: number, names: NameSupply): WrittenOut | undefined {
  if (node.domain !== "") return undefined;
  const writer = new Writer(node, names);
  if ((node.opType === "Max" || node.opType === "Min") && node.inputs.length > 2) writer.chain();
  else if (node.opType === "LpNormalization") writer.lpNormalization();
  else if (node.opType === "GroupNormalization") writer.groupNormalization(opset >= 21);
  else return undefined;
  return { nodes: writer.nodes, constants: writer.constants };
}

class Writer {
  readonly nodes: Node[] = [];
  readonly constants: Tensor[] = [];
  private readonly node: Node;
  private readonly names: NameSupply;

  constructor(node: Node, names: NameSupply) {
    this.node = node;
    this.names = names;
  }

  /** max(a, b, c) = max(max(a, b), c). */
  chain(): void {
    const { inputs, opType } = this.node;
    const last = inputs.length - 1;
    const head = inputs.slice(1, last).reduce((taken, next) => this.op(opType, [taken, next]), inputs[0]!);
    this.finish(opType, [head, inputs[last]!]);
  }

  /** x / ‖x‖ₚ along one axis. */
  lpNormalization(): void {
    const [x] = this.node.inputs as [string];
    const norm = intAttribute(this.node, "p", 2) === 1 ? "ReduceL1" : "ReduceL2";
    const axis = this.int64([intAttribute(this.node, "axis", -1)]);
    this.finish("Div", [x, this.op(norm, [x, axis], { keepdims: int(1) })]);
  }

  /** Instance normalisation of groups of channels; from opset 21 on, scale and bias are per channel. */
  groupNormalization(perChannel: boolean): void {
    const [x, scale, bias] = this.node.inputs as [string, string, string];
    const groups = intAttribute(this.node, "num_groups", 1);
    const epsilon = { epsilon: float(floatAttribute(this.node, "epsilon", 1e-5)) };
    const grouped = this.op("Reshape", [x, this.int64([0, groups, -1])]);
    const shape = this.op("Shape", [x]);
    if (!perChannel) {
      this.finish("Reshape", [this.op("InstanceNormalization", [grouped, scale, bias], epsilon), shape]);
      return;
    }
    const [ones, zeros] = [1, 0].map((value) => this.float(Array<number>(groups).fill(value)));
    const normal = this.op("InstanceNormalization", [grouped, ones!, zeros!], epsilon);
    const channels = this.op("Concat", [this.int64([0]), this.op("Shape", [scale]), this.int64([-1])], {
      axis: int(0),
    });
    const last = this.int64([-1]);
    const [slope, shift] = [scale, bias].map((vector) => this.op("Unsqueeze", [vector, last]));
    const scaled = this.op("Mul", [this.op("Reshape", [normal, channels]), slope!]);
    this.finish("Reshape", [this.op("Add", [scaled, shift!]), shape]);
  }

  private op(
    opType: string,
    inputs: readonly string[],
    attributes: Parameters<typeof makeNode>[3] = {},
  ): string {
    const output = this.names.claim(opType.toLowerCase());
    this.nodes.push(makeNode(opType, inputs, [output], attributes));
    return output;
  }

  /** The last node bears the name of the one that it stands for. */
  private finish(opType: string, inputs: readonly string[]): void {
    const { name, outputs } = this.node;
    this.nodes.push({ ...makeNode(opType, inputs, [outputs[0]!]), name });
  }

  private int64(values: readonly number[]): string {
    const tensor = int64Tensor(this.names.claim("constant"), values);
    this.constants.push(tensor);
    return tensor.name;
  }

  private float(values: readonly number[]): string {
    const tensor = float32Tensor(this.names.claim("constant"), values, [values.length]);
    this.constants.push(tensor);
    return tensor.name;
  }
}
