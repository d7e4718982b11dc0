// The maps of one choice of spaces: from the model's input to the space that is edited, from there to the space whose
// change is measured, and to the image.

import {
  type Prior,
  type Runtime,
  type RuntimeTensor,
  type Space,
  samplePoints,
  statedPrior,
} from "@vielbein/core";
import {
  DataType,
  furtherInputs,
  inputTensors,
  layers,
  type Model,
  OnnxMap,
  type PreparedGraph,
  prepare,
  requiredInputs,
  sharedCode,
} from "@vielbein/onnx";
import type { ExplorerModel, SpacesChoice } from "@vielbein/viz/explorer";

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
  /** Input → `from`; absent where `from` is the input. */
  readonly head: OnnxMap | undefined;
  /** Images of the first samples, `[MEASURED, picture.to.dim]`. */
  readonly images: Float32Array;

  private constructor(parts: Pick<Spaces, "graph" | "description" | "map" | "picture" | "head" | "images">) {
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
   * @throws {VielbeinError} what preparing the maps throws.
   */
  static async open(
    model: Model,
    runtime: Runtime,
    choice: SpacesChoice,
    signal: AbortSignal,
  ): Promise<Spaces> {
    const { set = {} } = choice;
    const code = requiredInputs(model.graph).find(
      ({ name, dataType }) => dataType === DataType.FLOAT && !Object.hasOwn(set, name),
    )?.name;
    const further = code === undefined ? [] : furtherInputs(model, code);
    const inputs: Readonly<Record<string, RuntimeTensor>> = {
      ...inputTensors(model, Object.fromEntries(further.map(({ name, shape }) => [name, zeros(shape)]))),
      ...inputTensors(model, set),
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
    const ways: OnnxMap[] = [];
    const open = async (options: Omit<SpacesChoice, "set">, points?: Prior): Promise<OnnxMap> => {
      signal.throwIfAborted();
      const map = await OnnxMap.create(model, runtime, {
        ...settings,
        ...options,
        ...(points ? { prior: points } : {}),
      });
      ways.push(map);
      return map;
    };
    try {
      const isInput = from === whole.input;
      const head = isInput ? undefined : await open({ to: from }, prior);
      const map = await open({ from, to }, isInput ? prior : undefined);
      const picture = to === whole.output ? map : await open({ from }, isInput ? prior : undefined);
      const samples = await drawn(head, map, 0, 0, MEASURED, 1, signal);
      const input: Space = head?.from ?? map.from;
      return new Spaces({
        graph: isInput && to === whole.output ? whole : await prepare(model, runtime, { from, to, inputs }),
        description: {
          froms: [input, ...chain.slice(0, -1)].filter(({ dim }) => dim <= LARGEST_CODE),
          tos: chain.slice(at + 1),
          from: map.from,
          to: map.to,
          inputs: further,
          set,
          deviation: deviationOf(map.from, samples),
        },
        map,
        picture,
        head,
        images: await picture.evaluate(samples, MEASURED, { signal }),
      });
    } catch (error) {
      for (const map of ways) await map.dispose();
      throw error;
    }
  }

  /** Points of `from`, `[count, from.dim]`: samples of the prior, multiplied by `truncation`, brought forward. */
  sample(
    seed: number,
    first: number,
    count: number,
    truncation: number,
    signal: AbortSignal,
  ): Promise<Float32Array> {
    return drawn(this.head, this.map, seed, first, count, truncation, signal);
  }

  async dispose(): Promise<void> {
    for (const map of new Set([this.map, this.picture, this.head])) await map?.dispose();
  }
}

async function drawn(
  head: OnnxMap | undefined,
  map: OnnxMap,
  seed: number,
  first: number,
  count: number,
  truncation: number,
  signal: AbortSignal,
): Promise<Float32Array> {
  const codes = samplePoints(head?.from ?? map.from, seed, first, count).map((x) => truncation * x);
  return head ? head.evaluate(codes, count, { signal }) : codes;
}

function zeros(shape: readonly number[]): number[] {
  return Array<number>(shape.reduce((product, extent) => product * extent, 1)).fill(0);
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
