// Which family of generators a graph looks like, judged by the structure that sets each family apart. A hint
// for people, never used by the mathematics.

import type { PreparedGraph } from "../derive/prepared-graph.ts";
import type { Node } from "../model/model.ts";

export interface FamilyReport {
  /** E.g. `StyleGAN2`; the graph is built like one, whoever trained it. */
  readonly name: string;
  /** What gives it away. */
  readonly because: string;
}

/** The family of a prepared graph, or undefined where nothing is characteristic. */
export function architectureFamily(graph: PreparedGraph): FamilyReport | undefined {
  const features = new Features(graph);
  return features.isImage ? imageFamily(features) : vectorFamily(features);
}

function imageFamily(f: Features): FamilyReport | undefined {
  const modulated = f.modulatedConvolutions();
  if (modulated > 0 && f.has("Sin", "Cos")) {
    return report("StyleGAN3", `${modulated} convolutions modulated by styles, and Fourier features`);
  }
  if (modulated > 0) return report("StyleGAN2", `${modulated} convolutions modulated by styles`);
  const adaptive = f.scaledAfter("InstanceNormalization");
  if (adaptive > 0) return report("StyleGAN1", `${adaptive} instance normalisations scaled by styles`);
  const conditional = f.channelScales();
  if (conditional > 0) return report("BigGAN", `${conditional} layers scaled per channel by the code`);
  if (f.normalisesPixels()) return report("PGGAN", "features are normalised pixel by pixel");
  if (f.has("LayerNormalization") && f.has("Softmax")) {
    return report("transformer decoder", "attention between layer normalisations");
  }
  if (f.has("InstanceNormalization") && f.has("Resize")) {
    return report("convolutional decoder", "upsampling, convolutions and group or instance normalisation");
  }
  if (!f.has("Conv", "ConvTranspose")) return undefined;
  if (f.has("ConvTranspose") && !f.has("Gemm", "MatMul")) {
    return report("DCGAN", "transposed convolutions straight from the code");
  }
  return report("convolutional decoder", "transposed or upsampled convolutions without normalisation");
}

function vectorFamily(f: Features): FamilyReport | undefined {
  if (f.has("Conv", "ConvTranspose") || !f.has("Gemm", "MatMul")) return undefined;
  if (f.normalisesCode()) {
    return report("StyleGAN mapping network", "fully connected layers behind a normalised code");
  }
  return f.has("Softmax") ? undefined : report("fully connected network", "no convolution, no attention");
}

function report(name: string, because: string): FamilyReport {
  return { name, because };
}

class Features {
  readonly isImage: boolean;
  readonly #graph: PreparedGraph;
  readonly #nodes: readonly Node[];
  readonly #producers: ReadonlyMap<string, Node>;

  constructor(graph: PreparedGraph) {
    this.#graph = graph;
    this.#nodes = graph.model.graph.nodes;
    this.#producers = new Map(
      this.#nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)),
    );
    const output = this.#shape(graph.output);
    this.isImage = output.length === 4 && output[1] <= 4 && output[2] > 1;
  }

  has(...opTypes: readonly string[]): boolean {
    return this.#nodes.some(({ opType }) => opTypes.includes(opType));
  }

  /** Convolutions of an image whose channels were scaled by a variable vector. */
  modulatedConvolutions(): number {
    const isConvolution = ({ opType }: Node) => opType === "Conv" || opType === "ConvTranspose";
    return this.#nodes.filter((node) => isConvolution(node) && this.#isChannelScale(node.inputs[0])).length;
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
