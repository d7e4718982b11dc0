// Codes to start edits from. In the space of a model's input they are samples of its prior. A space further in, such as w
// behind a mapping network, has no prior of its own: its codes are what samples of the model's input become there.

import type { Provenance } from "@vielbein/core";
import { type OnnxMap, requiredInputs } from "@vielbein/onnx";
import { type LoadedModel, type MapOptions, obtainPoints, openMap, type PointOptions } from "./model.ts";

export interface Codes {
  /** `[count, from.dim]`. */
  readonly values: Float32Array;
  readonly count: number;
  readonly source: Provenance["points"];
  /** The space that samples were drawn in, where it is another. */
  readonly drawnIn?: string;
}

export type CodeOptions = MapOptions & PointOptions;

/** Where codes come from, for a caption. */
export function originOf({ drawnIn }: Codes, { points, seed }: CodeOptions): string {
  return points ?? `seed ${seed}${drawnIn === undefined ? "" : `, drawn in ${drawnIn}`}`;
}

/** Whether the map starts at an input of the model, whose codes have the prior; those of a space further in have none. */
export function startsAtInput({ model }: LoadedModel, { from }: Pick<OnnxMap, "from">): boolean {
  return requiredInputs(model.graph).some(({ name }) => name === from.name);
}

/** Draws codes of `map.from` by index, or reads those of --points. */
export class CodeSource {
  private readonly map: OnnxMap;
  private readonly options: CodeOptions;
  /** From the model's input to `map.from`; undefined where that is an input itself. */
  private readonly mapping: OnnxMap | undefined;

  private constructor(map: OnnxMap, options: CodeOptions, mapping: OnnxMap | undefined) {
    this.map = map;
    this.options = options;
    this.mapping = mapping;
  }

  static async open(loaded: LoadedModel, map: OnnxMap, options: CodeOptions): Promise<CodeSource> {
    if (startsAtInput(loaded, map) || options.points !== undefined) {
      return new CodeSource(map, options, undefined);
    }
    const { from: _from, ...rest } = options;
    return new CodeSource(map, options, await openMap(loaded, { ...rest, to: map.from.name }));
  }

  /** Codes `first` … `first + count − 1`, or all rows of --points. */
  async take(first: number, count: number, signal: AbortSignal): Promise<Codes> {
    if (!this.mapping) return obtainPoints(this.map, this.options, first, count);
    const samples = await obtainPoints(this.mapping, this.options, first, count);
    const values = await this.mapping.evaluate(samples.values, samples.count, { signal });
    return { ...samples, values, drawnIn: this.mapping.from.name };
  }

  async dispose(): Promise<void> {
    await this.mapping?.dispose();
  }
}
