// The maps whose metric is taken: the generator's own to one layer or several, or chained with the features of a
// distance; and the same of the generator with shuffled weights.

import { type Space, VielbeinError } from "@vielbein/core";
import { type OnnxMap, redrawWeights } from "@vielbein/onnx";
import { formatLayout, parseLayout } from "@vielbein/viz";
import { type Distance, distanceOptions, openDistance } from "../../inputs/distance.ts";
import { LayerMaps, layerOptions, layerSpaces, ofOneLayer } from "../../inputs/layers.ts";
import { type LoadedModel, pointOptions } from "../../inputs/model.ts";
import { pictureOptions } from "../../inputs/pictures.ts";
import type { OptionsOf } from "../../kit/options.ts";

export const metricMapOptions = { ...layerOptions, ...distanceOptions, ...pictureOptions, ...pointOptions };

export type MetricMapOptions = OptionsOf<typeof metricMapOptions>;

/** What is open of one model: a map at a time. */
class Side {
  readonly #loaded: LoadedModel;
  readonly #options: MetricMapOptions;
  readonly #signal: AbortSignal;
  readonly #generators: LayerMaps;
  #opened: Distance | undefined;

  constructor(loaded: LoadedModel, options: MetricMapOptions, spaces: readonly Space[], signal: AbortSignal) {
    this.#loaded = loaded;
    this.#options = options;
    this.#signal = signal;
    this.#generators = new LayerMaps(loaded, options, spaces);
  }

  /** The generator up to a layer, without the distance. */
  generator(layer: number): Promise<OnnxMap> {
    return this.#generators.at(layer);
  }

  async distance(): Promise<Distance> {
    const options = ofOneLayer(this.#options);
    this.#opened ??= await openDistance(this.#loaded, await this.generator(0), options, this.#signal);
    return this.#opened;
  }

  async at(layer: number): Promise<OnnxMap> {
    return this.#options.distance === "l2" ? this.generator(layer) : (await this.distance()).map;
  }

  async dispose(): Promise<void> {
    await this.#opened?.dispose();
    await this.#generators.dispose();
  }
}

export class MetricMaps {
  /** Where the maps end before any distance: one layer, or several. */
  readonly layers: readonly Space[];
  readonly #trained: Side;
  readonly #makeShuffled: () => Promise<Side>;
  #shuffled: Side | undefined;

  private constructor(layers: readonly Space[], trained: Side, makeShuffled: () => Promise<Side>) {
    this.layers = layers;
    this.#trained = trained;
    this.#makeShuffled = makeShuffled;
  }

  /** @throws {VielbeinError} `INVALID_ARGUMENT` for features of several layers; what loading throws. */
  static async open(
    loaded: LoadedModel,
    options: MetricMapOptions,
    signal: AbortSignal,
  ): Promise<MetricMaps> {
    const layers = await layerSpaces(loaded, options);
    if (options.distance !== "l2" && layers.length > 1) {
      throw new VielbeinError(
        "INVALID_ARGUMENT",
        `--distance: features take one tensor, got ${layers.length}. Name one with --to, or compare layers by l2.`,
      );
    }
    const trained = new Side(loaded, options, layers, signal);
    return new MetricMaps(layers, trained, async () => {
      const model = redrawWeights(loaded.model, { kind: "shuffled", seed: options.seed });
      // Both see their images in the same way.
      const { pixels, layout: found } = await trained.distance();
      const layout = found ? parseLayout(formatLayout(found.layout)) : options.layout;
      const control = { ...options, layout, imageRange: pixels?.range ?? options.imageRange };
      return new Side({ ...loaded, model }, control, layers, signal);
    });
  }

  /** The generator up to a layer, without the distance. */
  generator(layer: number): Promise<OnnxMap> {
    return this.#trained.generator(layer);
  }

  /** The map whose metric is taken. */
  at(layer: number): Promise<OnnxMap> {
    return this.#trained.at(layer);
  }

  async shuffledAt(layer: number): Promise<OnnxMap> {
    this.#shuffled ??= await this.#makeShuffled();
    return this.#shuffled.at(layer);
  }

  /** The distance, for one layer. */
  distance(): Promise<Distance> {
    return this.#trained.distance();
  }

  async dispose(): Promise<void> {
    await this.#shuffled?.dispose();
    await this.#trained.dispose();
  }
}
