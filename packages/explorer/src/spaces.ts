// The maps of one choice of spaces: from the model's input to the space that is edited, from there to the space whose
// change is measured, and to the image.

import {
  contractSamples,
  type InputSetting,
  meanValue,
  type Prior,
  type Runtime,
  type RuntimeTensor,
  type Space,
  samplePoints,
  statedPrior,
} from "@vielbein/core";
import {
  DataType,
  type FurtherInput,
  furtherInputs,
  inputTensors,
  layers,
  type Model,
  mappedCode,
  OnnxMap,
  type PreparedGraph,
  prepare,
  requiredInputs,
  sharedCode,
  truncate,
} from "@vielbein/onnx";
import type { ExplorerModel, ExplorerTruncation, SpacesChoice } from "@vielbein/viz/explorer";

/** Larger codes have too many directions to look at. */
const LARGEST_CODE = 16_384;
/** Samples by which spread and pixel range are measured. */
const MEASURED = 16;
/** What one run may take of the 4 GB that WebAssembly addresses. */
export const MEMORY_BUDGET: number = 2 ** 30;

export class Spaces {
  readonly graph: PreparedGraph;
  readonly description: Omit<ExplorerModel, "name" | "runtime">;
  /** `from` → `to`. */
  readonly map: OnnxMap;
  /** `from` → image; the same as `map` where `to` is the image. */
  readonly picture: OnnxMap;
  /** Input → `from`, or the space before it that samples are truncated in; absent where `from` is the input. */
  readonly head: OnnxMap | undefined;
  /** From that space → `from`. */
  private readonly onward: OnnxMap | undefined;
  /** Means of spaces that were truncated, by the space and the further inputs. */
  private readonly means: Map<string, Float64Array>;
  /** Images of the first samples, `[MEASURED, picture.to.dim]`. */
  readonly images: Float32Array;

  private constructor(
    parts: Pick<Spaces, "graph" | "description" | "map" | "picture" | "head" | "images">,
    onward: OnnxMap | undefined,
    means: Map<string, Float64Array>,
  ) {
    this.onward = onward;
    this.means = means;
    this.graph = parts.graph;
    this.description = parts.description;
    this.map = parts.map;
    this.picture = parts.picture;
    this.head = parts.head;
    this.images = parts.images;
  }

  /**
   * @param choice names of tensors; default: input and output of the model. The input, that is the code, is the first of
   *   floating point that has no value in `set`.
   * @param means known means of the model's spaces; those that are needed are added.
   * @throws {VielbeinError} what preparing the maps throws.
   */
  static async open(
    model: Model,
    runtime: Runtime,
    choice: SpacesChoice,
    means: Map<string, Float64Array>,
    signal: AbortSignal,
  ): Promise<Spaces> {
    const { set = {} } = choice;
    const code = requiredInputs(model.graph).find(
      ({ name, dataType }) => dataType === DataType.FLOAT && !Object.hasOwn(set, name),
    )?.name;
    const further = code === undefined ? [] : furtherInputs(model, code);
    const inputs: Readonly<Record<string, RuntimeTensor>> = {
      ...inputTensors(model, Object.fromEntries(further.map(zeros)), MEMORY_BUDGET),
      ...inputTensors(model, set, MEMORY_BUDGET),
    };
    const whole = await prepare(model, runtime, { inputs });
    const chain = layers(whole).flatMap(({ name, dim, shape }, i, all): Space[] => {
      const shared = sharedCode(whole, { name, dim, shape });
      const known = [whole.input, all[i - 1]?.name];
      return [...(shared && !known.includes(shared.name) ? [shared] : []), { name, dim, shape }];
    });
    const prior = statedPrior(model.metadata) ?? { kind: "normal" };
    const settings = { memoryBudget: MEMORY_BUDGET, inputs };
    const { from = whole.input, to = whole.output } = choice;
    const at = chain.findIndex(({ name }) => name === from);
    const style = mappedCode(whole);
    const end = chain.findIndex(({ name }) => name === style);
    const truncation = truncationOf(from, whole.input, style, at >= end, choice.truncation);
    const ways: OnnxMap[] = [];
    let generator = model;
    const open = async (options: Pick<SpacesChoice, "from" | "to">, points?: Prior): Promise<OnnxMap> => {
      signal.throwIfAborted();
      const map = await OnnxMap.create(generator, runtime, {
        ...settings,
        ...options,
        ...(points ? { prior: points } : {}),
      });
      ways.push(map);
      return map;
    };
    try {
      if (truncation.psi !== 1) {
        const { name, shape } = chain[end]!;
        const mapping = await open({ to: name }, prior);
        generator = truncate(model, name, shape, await meanOf(mapping, set, means, signal), truncation.psi);
      }
      const isInput = from === whole.input;
      const isWhole = isInput && to === whole.output && generator === model;
      const middle = truncation.kind === "mean" ? truncation.space : from;
      const head = isInput ? undefined : await open({ to: middle }, prior);
      const onward = middle === from ? undefined : await open({ from: middle, to: from });
      const map = await open({ from, to }, isInput ? prior : undefined);
      const picture = to === whole.output ? map : await open({ from }, isInput ? prior : undefined);
      const codes = samplePoints(head?.from ?? map.from, 0, 0, MEASURED);
      const reached = head ? await head.evaluate(codes, MEASURED, { signal }) : codes;
      const samples = onward ? await onward.evaluate(reached, MEASURED, { signal }) : reached;
      const input: Space = head?.from ?? map.from;
      const parts = {
        graph: isWhole ? whole : await prepare(generator, runtime, { from, to, inputs }),
        description: {
          froms: [input, ...chain.slice(0, -1)].filter(({ dim }) => dim <= LARGEST_CODE),
          tos: chain.slice(at + 1),
          from: map.from,
          to: map.to,
          inputs: further,
          set,
          truncation,
          deviation: deviationOf(map.from, samples),
        },
        map,
        picture,
        head,
        images: await picture.evaluate(samples, MEASURED, { signal }),
      };
      return new Spaces(parts, onward, means);
    } catch (error) {
      for (const map of ways) await map.dispose();
      throw error;
    }
  }

  /** Points of `from`, `[count, from.dim]`: samples of the prior, brought forward and truncated. */
  async sample(
    seed: number,
    first: number,
    count: number,
    psi: number,
    signal: AbortSignal,
  ): Promise<Float32Array> {
    const { head, onward, map, description } = this;
    const codes = samplePoints(head?.from ?? map.from, seed, first, count);
    if (!head) {
      return description.truncation.kind === "scale" ? contractSamples(codes, map.from.prior, psi) : codes;
    }
    const reached = await head.evaluate(codes, count, { signal });
    const isPulled = description.truncation.kind === "mean" && psi !== 1;
    const mean = isPulled ? await meanOf(head, description.set, this.means, signal) : undefined;
    const moved = mean ? truncated(reached, mean, psi) : reached;
    return onward ? onward.evaluate(moved, count, { signal }) : moved;
  }

  async dispose(): Promise<void> {
    for (const map of new Set([this.map, this.picture, this.head, this.onward])) await map?.dispose();
  }
}

/** @param isBehind whether `from` is the end of the mapping network, or lies behind it. */
function truncationOf(
  from: string,
  input: string,
  style: string | undefined,
  isBehind: boolean,
  psi = 1,
): ExplorerTruncation {
  if (style !== undefined && !isBehind) return { kind: "graph", space: style, psi };
  if (style !== undefined) return { kind: "mean", space: style, psi: 1 };
  return { kind: from === input ? "scale" : "mean", space: from, psi: 1 };
}

/** Mean of what samples become where `map` ends, the further inputs being `set`; the same whatever the seed. */
async function meanOf(
  map: OnnxMap,
  set: SpacesChoice["set"],
  means: Map<string, Float64Array>,
  signal: AbortSignal,
): Promise<Float64Array> {
  const key = JSON.stringify([map.to.name, set]);
  const known = means.get(key);
  if (known) return known;
  const mean = await meanValue(map, { signal });
  means.set(key, mean);
  return mean;
}

function truncated(points: Float32Array, mean: Float64Array, psi: number): Float32Array {
  return points.map((x, i) => mean[i % mean.length]! + psi * (x - mean[i % mean.length]!));
}

function zeros({ name, shape }: FurtherInput): [string, InputSetting] {
  // Only a list of numbers can be given to an input that does not declare its shape.
  return [name, shape.every((extent) => extent === 1) ? [0] : { all: 0 }];
}

/** Root mean square deviation of a coordinate: of the prior, or of samples where there is none. */
function deviationOf({ prior, dim }: Space, samples: Float32Array): number {
  if (prior?.kind === "uniform") return (prior.high - prior.low) / Math.sqrt(12);
  if (prior) return 1;
  const count = samples.length / dim;
  let squares = 0;
  for (let j = 0; j < dim; j++) {
    let mean = 0;
    for (let i = 0; i < count; i++) mean += samples[i * dim + j]! / count;
    for (let i = 0; i < count; i++) squares += (samples[i * dim + j]! - mean) ** 2;
  }
  return Math.sqrt(squares / (samples.length - dim)) || 1;
}
