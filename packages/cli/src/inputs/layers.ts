// Commands that measure several layers of a model: which layers, and one map at a time.

import { type Space, VielbeinError } from "@vielbein/core";
import { layers, type Model, type OnnxMap, tensorNames } from "@vielbein/onnx";
import { flag, listOption, type OptionsOf } from "../kit/options.ts";
import type { Terminal } from "../kit/terminal.ts";
import { type LoadedModel, mapOptions, openMap, type PointOptions } from "./model.ts";
import { prepareMap } from "./prepared.ts";
import { availableUntrained, untrainedModel } from "./untrained.ts";

/** What chooses maps to several layers, and the engine. */
export const layerOptions = {
  ...mapOptions,
  to: listOption(
    "--to <tensors...>",
    "tensors to end at (default: the first output that looks like an image, else the first)",
  ),
  everyLayer: flag("--every-layer", "to every layer on the way to the output").conflicts("to"),
};

export type LayerOptions = OptionsOf<typeof layerOptions>;

/** The options without those that name layers: for a map to one of them, where its end does not matter. */
export function ofOneLayer<O extends Pick<LayerOptions, "to" | "everyLayer">>({
  to: _to,
  everyLayer: _everyLayer,
  ...options
}: O): Omit<O, "to" | "everyLayer"> {
  return options;
}

/** The spaces that --to names, or those of every layer, in their order. */
export async function layerSpaces(loaded: LoadedModel, options: LayerOptions): Promise<Space[]> {
  const { from } = options;
  const last = loaded.denoiser?.denoised;
  const to = last === undefined ? options.to : [last];
  const repeated = to?.find((name, i) => to.indexOf(name) !== i);
  if (repeated !== undefined) {
    throw new VielbeinError("INVALID_ARGUMENT", `--to: "${repeated}" is named twice. Name it once.`);
  }
  const mapTo = (name: string | undefined) => prepareMap(loaded, { from, to: name });
  if (!options.everyLayer) return inTurn(to ?? [undefined], async (name) => (await mapTo(name)).to);
  // Not those of operators that were written out as simpler ones.
  const named = tensorNames(loaded.model.graph);
  return layers((await mapTo(last)).graph)
    .filter(({ name }) => named.has(name))
    .map(({ name, dim, shape }) => ({ name, dim, shape }));
}

async function inTurn<A, B>(items: readonly A[], f: (item: A) => Promise<B>): Promise<B[]> {
  const results: B[] = [];
  for (const item of items) results.push(await f(item));
  return results;
}

/** Names for a figure: long ones, as exporters make from paths, by number and operator. */
export function layerLabels(spaces: readonly Pick<Space, "name">[]): string[] {
  return spaces.map(({ name }, i) =>
    name.length <= 18 ? name : `${i + 1} ${name.replace(/^.*\//, "").replace(/_output_0$/, "")}`,
  );
}

type LayerMapOptions = Omit<LayerOptions, "everyLayer"> &
  Pick<PointOptions, "prior"> & { readonly seed: number };

/** Maps to the layers, made when they are asked for; only those to one layer are open at a time. */
export class LayerMaps {
  readonly #loaded: LoadedModel;
  readonly #options: LayerMapOptions;
  readonly #names: readonly string[];
  readonly #untrained: Map<number, Model> = new Map();
  readonly #open: Map<number | "trained", OnnxMap> = new Map();
  #layer = -1;
  #latest: OnnxMap | undefined;

  constructor(loaded: LoadedModel, options: LayerMapOptions, layers: readonly Pick<Space, "name">[]) {
    this.#loaded = loaded;
    this.#options = options;
    this.#names = layers.map(({ name }) => name);
  }

  /** The map to a layer. */
  at(layer: number): Promise<OnnxMap> {
    return this.#obtain(layer, "trained", () => this.#loaded.model);
  }

  /** The same with weights redrawn under seed + `net`. */
  untrainedAt(layer: number, net: number): Promise<OnnxMap> {
    return this.#obtain(layer, net, () => this.#redraw(net));
  }

  #redraw(net: number): Model {
    const known = this.#untrained.get(net);
    if (known) return known;
    const { model } = untrainedModel(this.#loaded, this.#options.seed, net);
    this.#untrained.set(net, model);
    return model;
  }

  /** See {@link availableUntrained}. */
  availableUntrained(wanted: number, terminal: Terminal): Promise<number> {
    return availableUntrained(wanted, () => this.untrainedAt(0, 0), terminal);
  }

  /** Before other maps or the next point have their turn: see {@link OnnxMap.rest}. */
  async rest(): Promise<void> {
    await this.#latest?.rest();
  }

  async dispose(): Promise<void> {
    for (const map of this.#open.values()) await map.dispose();
    this.#open.clear();
    this.#latest = undefined;
  }

  async #obtain(layer: number, key: number | "trained", model: () => Model): Promise<OnnxMap> {
    if (layer !== this.#layer) await this.dispose();
    this.#layer = layer;
    const known = this.#open.get(key);
    if (known !== this.#latest) await this.rest();
    this.#latest = known ?? (await this.#openTo(layer, model()));
    this.#open.set(key, this.#latest);
    return this.#latest;
  }

  #openTo(layer: number, model: Model): Promise<OnnxMap> {
    const { to: _, ...options } = this.#options;
    return openMap({ ...this.#loaded, model }, { ...options, to: this.#names[layer]! });
  }
}
