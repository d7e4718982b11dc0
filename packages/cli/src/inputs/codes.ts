// The codes that commands start from, from one source for all of them: code j of a seed is the same point in every
// command. In the space of a model's input, codes are samples of its prior. A space further in, such as w behind a
// mapping network, has no prior of its own: its codes are what samples of the model's input become there.

import { contractSamples, DEFAULT_MEMORY_BUDGET, type Truncation, VielbeinError } from "@vielbein/core";
import { rowAt } from "@vielbein/linalg";
import { determinedValue, type FurtherInput, furtherInputs, type OnnxMap } from "@vielbein/onnx";
import { integer } from "../kit/arguments.ts";
import { option, type TypedOption } from "../kit/options.ts";
import {
  isInput,
  type LoadedModel,
  type MapOptions,
  obtainPoints,
  openMap,
  type PointOptions,
  sha256,
} from "./model.ts";
import { firstRows, type Points, pointRange } from "./points-file.ts";

export type CodeOptions = MapOptions & PointOptions;

/**
 * --samples: without a number `preset` of them, or all rows of --points; see {@link CodeSource.takeFirst}.
 *
 * @param what they are.
 * @param least how many there must be.
 */
export function samplesOption(what: string, preset: number, least = 1): TypedOption<number | undefined> {
  return option("--samples <n>", `${what} (default: ${preset}, or all rows of --points)`, integer(least));
}

/** The first `count` codes of a map; or all rows of --points. */
export async function firstCodes(
  loaded: LoadedModel,
  map: Pick<OnnxMap, "from">,
  options: CodeOptions,
  count: number,
  signal: AbortSignal,
): Promise<Points> {
  const source = await CodeSource.open(loaded, map, options);
  return source.take(0, count, signal).finally(() => source.dispose());
}

/** Codes one by one: work on many of them holds few at a time. */
export interface Codes {
  readonly count: number;
  readonly source: Points["source"];
  readonly at: (index: number) => Promise<Float32Array>;
}

/** So many codes are brought to a space further in together. */
const BLOCK = 1024;

/**
 * The first codes of a map, as {@link CodeSource.takeFirst} takes them, at once or block by block.
 *
 * @param preset how many samples there are without --samples.
 */
export async function codesOf(
  loaded: LoadedModel,
  map: Pick<OnnxMap, "from">,
  options: CodeOptions & { readonly samples?: number | undefined },
  preset: number,
  signal: AbortSignal,
): Promise<Codes> {
  const { points: file, samples } = options;
  const count = samples ?? preset;
  const take = async (first: number, most: number): Promise<Points> => {
    const source = await CodeSource.open(loaded, map, options);
    source.requireMemory(count);
    return source.take(first, most, signal).finally(() => source.dispose());
  };
  const first = await take(0, Math.min(count, BLOCK));
  let held = firstRows(first, map.from.dim, { file, option: "--samples", count: samples });
  const isWhole = !("seed" in held.source);
  let start = 0;
  const at = async (index: number): Promise<Float32Array> => {
    if (index < start || index >= start + held.count) {
      start = index - (index % BLOCK);
      held = await take(start, Math.min(BLOCK, count - start));
    }
    return rowAt(held.values, index - start, map.from.dim).slice();
  };
  return isWhole
    ? { count: held.count, source: held.source, at }
    : { count, source: pointRange(held.source, 0, count), at };
}

/** Draws codes of `map.from` by index, or reads those of --points. */
export class CodeSource {
  readonly #map: Pick<OnnxMap, "from">;
  readonly #options: CodeOptions;
  /** From the model's input to `map.from`; undefined where that is an input itself. */
  readonly #mapping: OnnxMap | undefined;
  /** The only code there is, where it depends on the inputs that are set alone. */
  readonly #only: Points | undefined;
  readonly #truncation: Truncation | undefined;
  #remark: LoadedModel["remark"] | undefined;

  private constructor(
    { truncation, remark }: LoadedModel,
    map: Pick<OnnxMap, "from">,
    options: CodeOptions,
    { mapping, only }: { readonly mapping?: OnnxMap; readonly only?: Points } = {},
  ) {
    this.#map = map;
    this.#options = options;
    this.#mapping = mapping;
    this.#only = only;
    this.#truncation = truncation;
    this.#remark = remark;
  }

  /** @throws {VielbeinError} `INVALID_SPACE` where no input leads to `map.from` and no --points are given. */
  static async open(
    loaded: LoadedModel,
    map: Pick<OnnxMap, "from">,
    options: CodeOptions,
  ): Promise<CodeSource> {
    const { name } = map.from;
    if (isInput(loaded, name) || options.points !== undefined) {
      return new CodeSource(loaded, map, options);
    }
    const only = await determinedPoint(loaded, name);
    if (only) return new CodeSource(loaded, map, options, { only });
    return new CodeSource(loaded, map, options, { mapping: await openMapping(loaded, name, options) });
  }

  /** Whether there is one code only, which set inputs decide on. */
  get isSingle(): boolean {
    return this.#only !== undefined;
  }

  /** Codes `first` … `first + count − 1`, `[count, from.dim]`; or all rows of --points, or the only one there is. */
  async take(first: number, count: number, signal: AbortSignal): Promise<Points> {
    if (this.#only) return this.#only;
    this.requireMemory(count);
    if (this.#mapping) return this.#takeMapped(this.#mapping, first, count, signal);
    const points = await obtainPoints(this.#map, this.#options, first, count);
    if (points.remark !== undefined) this.#remark?.(points.remark);
    // Once is enough.
    this.#remark = undefined;
    const truncation = this.#truncation;
    if (truncation?.toward !== "mean of the prior") return points;
    return { ...points, values: contractSamples(points.values, this.#map.from.prior, truncation.psi) };
  }

  /**
   * The first codes: as many as an option asks for, else `preset` samples or all rows of --points.
   *
   * @throws {VielbeinError} `OUT_OF_RANGE` where --points has fewer rows than are asked for.
   */
  async takeFirst(
    count: number | undefined,
    preset: number,
    signal: AbortSignal,
    option = "--samples",
  ): Promise<Points> {
    const points = await this.take(0, count ?? preset, signal);
    return firstRows(points, this.#map.from.dim, { file: this.#options.points, option, count });
  }

  async #takeMapped(mapping: OnnxMap, first: number, count: number, signal: AbortSignal): Promise<Points> {
    const { from, to } = mapping;
    const samples = await obtainPoints(mapping, this.#options, first, count);
    const values = new Float32Array(count * to.dim);
    // One by one: in a batch, engines round in another order, and code j would depend on how many were asked for.
    for (let i = 0; i < count; i++) {
      const sample = rowAt(samples.values, i, from.dim);
      values.set(await mapping.evaluate(sample, 1, { signal }), i * to.dim);
    }
    return { ...samples, values, source: { ...samples.source, drawnIn: from.name } };
  }

  /**
   * Refuses more samples than fit into the memory budget.
   *
   * @throws {VielbeinError} `MEMORY_BUDGET`
   */
  requireMemory(count: number): void {
    const { memory = DEFAULT_MEMORY_BUDGET, points } = this.#options;
    if (this.#only || points !== undefined) return;
    const bytes = 4 * count * Math.max(this.#map.from.dim, this.#mapping?.from.dim ?? 0);
    if (bytes <= memory) return;
    throw new VielbeinError(
      "MEMORY_BUDGET",
      `${count} points of "${this.#map.from.name}" take ${bytes} bytes, more than the memory budget of ${memory}. Ask for fewer, or raise --memory.`,
    );
  }

  async dispose(): Promise<void> {
    await this.#mapping?.dispose();
  }
}

/** From the model's input to a space further in. */
async function openMapping(
  loaded: LoadedModel,
  space: string,
  { from: _from, ...options }: CodeOptions,
): Promise<OnnxMap> {
  const unset = furtherInputs(loaded.model, space).filter(({ name }) => !Object.hasOwn(loaded.inputs, name));
  if (unset.length > 0 && unset.every(({ isInteger }) => isInteger)) throw integersWanted(space, unset);
  return openMap(loaded, { ...options, to: space, valuesOnly: true }).catch((error: unknown) => {
    const isRefusal = error instanceof VielbeinError && /^INVALID_(SPACE|MODEL)$/.test(error.code);
    if (!isRefusal) throw error;
    throw new VielbeinError(
      "INVALID_SPACE",
      `"${space}" has no prior, and samples of an input cannot be brought there: ${error.message} Give its codes with --points.`,
      { cause: error },
    );
  });
}

function integersWanted(space: string, unset: readonly FurtherInput[]): VielbeinError {
  const settings = unset.map(({ name }) => `--set ${name}=…`).join(" ");
  return new VielbeinError(
    "INVALID_SPACE",
    `"${space}" has no prior: it is what integers become. Set them with ${settings}, or give its codes with --points.`,
  );
}

/** The value of a space that depends on --set alone, such as the embedding of words. */
async function determinedPoint(
  { model, runtime, inputs, memoryBudget, remark }: LoadedModel,
  space: string,
): Promise<Points | undefined> {
  const tensor = await determinedValue(model, runtime, space, { inputs, memoryBudget });
  if (!tensor) return undefined;
  const values = Float32Array.from(tensor.data as Float32Array);
  remark(`"${space}" is determined by the inputs that are set, so there is one point`);
  return {
    values,
    count: 1,
    source: { file: "inputs that are set", sha256: sha256(new Uint8Array(values.buffer)), count: 1 },
  };
}
