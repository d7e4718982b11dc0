// The maps of one choice of spaces: from the model's input to the space that is edited, from there to the space whose
// change is measured, and to the image.

import { contractSamples, meanValue, type Prior, type Space, samplePoints } from "@vielbein/core";
import type { Runtime } from "@vielbein/core/runtime";
import { type Model, OnnxMap, type PreparedGraph, prepare, truncate } from "@vielbein/onnx";
import { imagesToMeasure } from "@vielbein/viz";
import type { ExplorerModel, SpacesChoice } from "@vielbein/viz/explorer";
import { MEMORY_BUDGET, type Survey, surveyOf } from "./survey.ts";

/** Larger codes have too many directions to look at. */
const LARGEST_CODE = 16_384;
/** Samples by which the spread of codes is measured. */
const MEASURED = 16;

export class Spaces {
  readonly graph: PreparedGraph;
  /** Distribution of the model's input. */
  readonly prior: Prior;
  readonly description: Omit<ExplorerModel, "name" | "sha256" | "runtime" | "extents" | "remarks" | "layout">;
  /** `from` → `to`. */
  readonly map: OnnxMap;
  /** `from` → image; the same as `map` where `to` is the image. */
  readonly picture: OnnxMap;
  /** Input → `from`, or the space before it that samples are truncated in; absent where `from` is the input. */
  readonly head: OnnxMap | undefined;
  /** From that space → `from`. */
  readonly #onward: OnnxMap | undefined;
  /** Means of spaces that were truncated, by the space and the further inputs. */
  readonly #means: Map<string, Float64Array>;
  /** Points of `from` that the first samples become, `[MEASURED, from.dim]`. */
  readonly #samples: Float32Array;
  #images: Float32Array | undefined;

  private constructor(
    parts: Pick<Spaces, "graph" | "prior" | "description"> & Maps,
    samples: Float32Array,
    means: Map<string, Float64Array>,
  ) {
    this.#onward = parts.onward;
    this.#means = means;
    this.graph = parts.graph;
    this.prior = parts.prior;
    this.description = parts.description;
    this.map = parts.map;
    this.picture = parts.picture;
    this.head = parts.head;
    this.#samples = samples;
  }

  /**
   * @param choice names of tensors; default: input and output of the model. The input, that is the code, is the first
   *   of floating point that has no value in `set`.
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
    const survey = await surveyOf(model, runtime, choice);
    const { whole, from, to, inputs } = survey;
    const ways = new Ways(runtime, survey, signal);
    try {
      const generator = await truncatedGenerator(model, survey, ways, means, signal);
      const maps = await openMaps(generator, survey, ways);
      const samples = await firstSamples(maps, signal);
      const isWhole = from === whole.input && to === whole.output && generator === model;
      const parts = {
        ...maps,
        graph: isWhole ? whole : await prepare(generator, runtime, { from, to, inputs }),
        prior: survey.prior,
        description: describe(survey, maps, samples),
      };
      return new Spaces(parts, samples, means);
    } catch (error) {
      await ways.dispose();
      throw error;
    }
  }

  /** Images of the first samples, end to end: as many as their range is measured on. */
  async images(signal: AbortSignal): Promise<Float32Array> {
    const { from, to } = this.picture;
    const count = Math.min(MEASURED, imagesToMeasure(to.dim));
    this.#images ??= await this.picture.evaluate(this.#samples.subarray(0, count * from.dim), count, {
      signal,
    });
    return this.#images;
  }

  /** Points of `from`, `[count, from.dim]`: samples of the prior, brought forward and truncated. */
  async sample(
    seed: number,
    first: number,
    count: number,
    psi: number,
    signal: AbortSignal,
  ): Promise<Float32Array> {
    const { head, map, description } = this;
    const onward = this.#onward;
    const codes = samplePoints(head?.from ?? map.from, seed, first, count);
    if (!head) {
      return description.truncation.kind === "scale" ? contractSamples(codes, map.from.prior, psi) : codes;
    }
    const reached = await head.evaluate(codes, count, { signal });
    const isPulled = description.truncation.kind === "mean" && psi !== 1;
    const mean = isPulled ? await meanOf(head, description.set, this.#means, signal) : undefined;
    const moved = mean ? truncated(reached, mean, psi) : reached;
    return onward ? onward.evaluate(moved, count, { signal }) : moved;
  }

  async dispose(): Promise<void> {
    for (const map of new Set([this.map, this.picture, this.head, this.#onward])) await map?.dispose();
  }
}

/** The maps that are open, which go when opening the next one fails. */
class Ways {
  readonly #runtime: Runtime;
  readonly #survey: Survey;
  readonly #signal: AbortSignal;
  readonly #open: OnnxMap[] = [];

  constructor(runtime: Runtime, survey: Survey, signal: AbortSignal) {
    this.#runtime = runtime;
    this.#survey = survey;
    this.#signal = signal;
  }

  /** @param prior that of the first space. */
  async open(generator: Model, ends: Pick<SpacesChoice, "from" | "to">, prior?: Prior): Promise<OnnxMap> {
    this.#signal.throwIfAborted();
    const { model, inputs, whole } = this.#survey;
    const { from = whole.input, to = whole.output } = ends;
    const isWhole = generator === model && from === whole.input && to === whole.output;
    const prepared = isWhole ? whole : undefined;
    const options = { memoryBudget: MEMORY_BUDGET, inputs, from, to, prior, prepared };
    const map = await OnnxMap.create(generator, this.#runtime, options);
    this.#open.push(map);
    return map;
  }

  async dispose(): Promise<void> {
    for (const map of this.#open) await map.dispose();
  }
}

/** The model, or a copy that pulls its style toward the mean, where that is how it is truncated. */
async function truncatedGenerator(
  model: Model,
  { truncation, style, prior, set }: Survey,
  ways: Ways,
  means: Map<string, Float64Array>,
  signal: AbortSignal,
): Promise<Model> {
  if (truncation.psi === 1 || !style) return model;
  const mapping = await ways.open(model, { to: style.name }, prior);
  return truncate(model, style.name, style.shape, await meanOf(mapping, set, means, signal), truncation.psi);
}

interface Maps {
  readonly map: OnnxMap;
  readonly picture: OnnxMap;
  readonly head: OnnxMap | undefined;
  readonly onward: OnnxMap | undefined;
}

async function openMaps(generator: Model, survey: Survey, ways: Ways): Promise<Maps> {
  const { whole, from, to, truncation } = survey;
  const isInput = from === whole.input;
  const prior = isInput ? survey.prior : undefined;
  const middle = truncation.kind === "mean" ? truncation.space : from;
  const head = isInput ? undefined : await ways.open(generator, { to: middle }, survey.prior);
  const onward = middle === from ? undefined : await ways.open(generator, { from: middle, to: from });
  const map = await ways.open(generator, { from, to }, prior);
  const picture = to === whole.output ? map : await ways.open(generator, { from }, prior);
  return { map, picture, head, onward };
}

/** Points of `from` that the first samples become, `[MEASURED, from.dim]`. */
async function firstSamples({ map, head, onward }: Maps, signal: AbortSignal): Promise<Float32Array> {
  const codes = samplePoints(head?.from ?? map.from, 0, 0, MEASURED);
  const reached = head ? await head.evaluate(codes, MEASURED, { signal }) : codes;
  return onward ? onward.evaluate(reached, MEASURED, { signal }) : reached;
}

function describe(survey: Survey, { head, map }: Maps, samples: Float32Array): Spaces["description"] {
  const { chain, from, further, set, truncation } = survey;
  const at = chain.findIndex(({ name }) => name === from);
  return {
    froms: [head?.from ?? map.from, ...chain.slice(0, -1)].filter(({ dim }) => dim <= LARGEST_CODE),
    tos: chain.slice(at + 1),
    from: map.from,
    to: map.to,
    inputs: further,
    set,
    truncation,
    deviation: deviationOf(map.from, samples),
  };
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
  return points.map((x, i) => mean[i % mean.length] + psi * (x - mean[i % mean.length]));
}

/** Root mean square deviation of a coordinate: of the prior, or of samples where there is none. */
function deviationOf({ prior, dim }: Space, samples: Float32Array): number {
  if (prior?.kind === "uniform") return (prior.high - prior.low) / Math.sqrt(12);
  if (prior) return 1;
  const count = samples.length / dim;
  let squares = 0;
  for (let j = 0; j < dim; j++) {
    let mean = 0;
    for (let i = 0; i < count; i++) mean += samples[i * dim + j] / count;
    for (let i = 0; i < count; i++) squares += (samples[i * dim + j] - mean) ** 2;
  }
  return Math.sqrt(squares / (samples.length - dim)) || 1;
}
