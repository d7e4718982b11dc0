// Which styles steer a map to colours, judged by the structure: a style scales the channels of the features that the
// next convolution reads, or the weights of that convolution, and this convolution has as many outputs as the image has
// colours. A hint for the choice of weights; nothing else depends on it.

import { infoOf } from "../derive/measured-graph.ts";
import type { PreparedGraph } from "../derive/prepared-graph.ts";
import { pushTo } from "../model/graph.ts";
import type { Node } from "../model/model.ts";
import { elementCount } from "../model/tensor.ts";

/** Operators that a style passes on its way to the features: a bias, a gain, a change of shape. */
const PASSED: ReadonlySet<string> = new Set([
  "Add",
  "Mul",
  "Div",
  "Identity",
  "Cast",
  "Reshape",
  "Squeeze",
  "Unsqueeze",
  "Transpose",
  "Expand",
]);

const MAX_COLOURS = 4;

export class ToRgb {
  readonly #graph: PreparedGraph;
  readonly #readers = new Map<string, Node[]>();
  readonly #colours: number | undefined;

  constructor(graph: PreparedGraph) {
    this.#graph = graph;
    for (const node of graph.model.graph.nodes) {
      for (const name of node.inputs) pushTo(this.#readers, name, node);
    }
    const shape = infoOf(graph, graph.output).shape;
    const image = shape.length === 4 ? [shape[1], shape[3]] : [];
    this.#colours = image.find((extent) => extent <= MAX_COLOURS);
  }

  /** Whether tensor `style` modulates a convolution to colours. */
  modulates(style: string): boolean {
    const waiting = [style];
    const seen = new Set(waiting);
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      for (const node of this.#readers.get(name) ?? []) {
        if (this.#isToColours(node)) return true;
        const isStyle = PASSED.has(node.opType) && node.inputs.every((input) => this.#isStyle(input, style));
        const isScaling = node.opType === "Mul" && !isStyle;
        const output = node.outputs[0];
        if (isStyle && !seen.has(output)) {
          seen.add(output);
          waiting.push(output);
        }
        if (isScaling && (this.#readers.get(output) ?? []).some((next) => this.#isToColours(next)))
          return true;
      }
    }
    return false;
  }

  /** Whether an operand leaves a style a style: a constant, or a vector of its own size. */
  #isStyle(name: string, style: string): boolean {
    const { constants } = this.#graph;
    const size = (of: string): number => elementCount(infoOf(this.#graph, of).shape);
    return constants.has(name) || size(name) === size(style);
  }

  #isToColours(node: Node): boolean {
    if (node.opType !== "Conv" && node.opType !== "ConvTranspose") return false;
    return this.#colours !== undefined && this.#graph.info.get(node.outputs[0])?.shape[1] === this.#colours;
  }
}
