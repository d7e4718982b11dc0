// What sets families of generators apart, read off a graph.

import type { PreparedGraph } from "../derive/prepared-graph.ts";
import { nodesFor } from "../model/graph.ts";
import type { Node } from "../model/model.ts";
import { elementCount } from "../model/tensor.ts";

export class Features {
  readonly isImage: boolean;
  /** Code and output have as many numbers. */
  readonly keepsDimension: boolean;
  /** Code and output are images of one shape, but for a variance that some denoisers give beside every number. */
  readonly keepsShape: boolean;
  /** The output is one or two channels of many samples, of one without its axis. */
  readonly isSignal: boolean;
  /** The code is four channels or more at several places, the output an image of more pixels. */
  readonly upsamplesPlaces: boolean;
  readonly #graph: PreparedGraph;
  readonly #nodes: readonly Node[];
  readonly #producers: ReadonlyMap<string, Node>;

  constructor(graph: PreparedGraph) {
    this.#graph = graph;
    this.#nodes = graph.model.graph.nodes;
    this.#producers = new Map(
      this.#nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)),
    );
    const [code, output] = [this.#shape(graph.input), this.#shape(graph.output)];
    const hasPlaces = code.length === 4 && pixels(code) > 1;
    this.isImage = output.length === 4 && output[1] <= 4 && output[2] > 1;
    const isOneChannel =
      output.length === 2 && output[1] > Math.max(...code.slice(1)) && this.#isAlongOneAxis();
    this.isSignal = isOneChannel || (output.length === 3 && output[1] <= 2 && output[2] >= 8 * output[1]);
    this.keepsDimension = elementCount(code) === elementCount(output);
    this.keepsShape =
      hasPlaces && [1, 2].some((times) => String(output) === String(code.with(1, times * code[1])));
    this.upsamplesPlaces = hasPlaces && this.isImage && code[1] >= 4 && pixels(code) < pixels(output);
  }

  #isAlongOneAxis(): boolean {
    const convolutions = this.#nodes.filter(({ opType }) => /^Conv(Transpose)?$/.test(opType));
    return (
      convolutions.length > 0 && convolutions.every(({ outputs }) => this.#shape(outputs[0]).length === 3)
    );
  }

  has(...opTypes: readonly string[]): boolean {
    return this.#nodes.some(({ opType }) => opTypes.includes(opType));
  }

  /** Convolutions of an image whose channels were scaled by a variable vector. */
  modulatedConvolutions(): number {
    const isConvolution = ({ opType }: Node) => opType === "Conv" || opType === "ConvTranspose";
    return this.#nodes.filter((node) => isConvolution(node) && this.#isChannelScale(node.inputs[0])).length;
  }

  /** Convolutions whose kernel is computed from a bank of kernels and a softmax. */
  chosenKernels(): number {
    const { constants, model } = this.#graph;
    const isBank = (name: string): boolean => (constants.get(name)?.dims.length ?? 0) > 4;
    return this.#nodes.filter(({ opType, inputs }) => {
      if (opType !== "Conv" || constants.has(inputs[1])) return false;
      const behind = nodesFor(model.graph, [inputs[1]]);
      return (
        behind.some((node) => node.opType === "Softmax") && behind.some((node) => node.inputs.some(isBank))
      );
    }).length;
  }

  /** Variable scalings of channels of an image whose other factor comes from `opType`. */
  scaledAfter(opType: string): number {
    return this.#nodes.filter(
      (node) =>
        node.opType === "Mul" &&
        this.#isChannelScale(node.outputs[0]) &&
        node.inputs.some((name) => this.#producers.get(name)?.opType === opType),
    ).length;
  }

  channelScales(): number {
    return this.#nodes.filter((node) => node.opType === "Mul" && this.#isChannelScale(node.outputs[0]))
      .length;
  }

  /** Whether images are joined along their channels, at more pixels than the features have elsewhere. */
  joinsScales(): boolean {
    const convolved = this.#nodes
      .filter(({ opType }) => opType === "Conv")
      .map(({ outputs }) => pixels(this.#shape(outputs[0])));
    const smallest = Math.min(...convolved);
    return this.#nodes.some((node) => {
      const [joined, ...parts] = [node.outputs[0], ...node.inputs].map((name) => this.#shape(name));
      const isAlongChannels = joined.length === 4 && parts.every((part) => part[1] < joined[1]);
      return node.opType === "Concat" && isAlongChannels && pixels(joined) > smallest;
    });
  }

  /** Products σ(·)·tanh(·) and (1 − σ(·))·tanh(·), as in every step of an LSTM or GRU. */
  recurrentGates(): number {
    const isFrom = (opType: string, name: string): boolean => this.#producers.get(name)?.opType === opType;
    const isGate = (name: string): boolean =>
      isFrom("Sigmoid", name) ||
      (isFrom("Sub", name) && isFrom("Sigmoid", this.#producers.get(name)?.inputs[1] ?? ""));
    return this.#nodes.filter(
      ({ opType, inputs: [a, b] }) =>
        opType === "Mul" && ((isGate(a) && isFrom("Tanh", b)) || (isFrom("Tanh", a) && isGate(b))),
    ).length;
  }

  /** Joins of a part of a tensor, as it was, with as much as was left. */
  couplings(): number {
    const partOf = (name: string): string | undefined => {
      const producer = this.#producers.get(name);
      return producer && ["Split", "Slice"].includes(producer.opType) ? producer.inputs[0] : undefined;
    };
    return this.#nodes.filter(({ opType, inputs, outputs }) => {
      const wholes = opType === "Concat" && inputs.length === 2 ? inputs.map(partOf) : [];
      const [whole, ...others] = wholes.filter((name) => name !== undefined);
      return (
        whole !== undefined &&
        others.length === 0 &&
        String(this.#shape(whole)) === String(this.#shape(outputs[0]))
      );
    }).length;
  }

  /** A transposed convolution of one pixel. */
  transposesPixel(): boolean {
    return this.#nodes.some(
      ({ opType, inputs }) => opType === "ConvTranspose" && pixels(this.#shape(inputs[0])) === 1,
    );
  }

  /** A mean over the channels of an image, as in x / √(mean x²). */
  normalisesPixels(): boolean {
    return this.#nodes.some(({ opType, inputs, outputs }) => {
      const [before, after] = [this.#shape(inputs[0]), this.#shape(outputs[0])];
      return (
        opType === "ReduceMean" && before.length === 4 && before[2] > 1 && after[1] === 1 && after[2] > 1
      );
    });
  }

  /** A mean of squares over the code itself. */
  normalisesCode(): boolean {
    return this.#nodes.some(({ opType, inputs }) => {
      const square = opType === "ReduceMean" ? this.#producers.get(inputs[0]) : undefined;
      return (
        square?.inputs[0] === this.#graph.input ||
        (opType === "ReduceMean" && inputs[0] === this.#graph.input)
      );
    });
  }

  /** Whether a tensor is an image times a variable vector [1, C, 1, 1]. */
  #isChannelScale(name: string): boolean {
    const node = this.#producers.get(name);
    if (node?.opType !== "Mul") return false;
    const shapes = node.inputs.map((input) => this.#shape(input));
    if (pixels(this.#shape(name)) === 1) return false;
    const isVector = (s: readonly number[]) => s.length === 4 && s[1] > 1 && s[2] === 1 && s[3] === 1;
    const [a, b] = node.inputs as [string, string];
    const isVariable = (input: string) => !this.#graph.constants.has(input);
    return (
      shapes.every((s) => s.length === 4) &&
      ((isVector(shapes[0]) && isVariable(a)) || (isVector(shapes[1]) && isVariable(b)))
    );
  }

  #shape(name: string): readonly number[] {
    return this.#graph.info.get(name)?.shape ?? [];
  }
}

/** Places of a tensor `[1, C, …]`. */
function pixels(shape: readonly number[]): number {
  return elementCount(shape.slice(2));
}
