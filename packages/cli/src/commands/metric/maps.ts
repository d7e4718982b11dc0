// The maps whose metric is taken: the generator's own to one layer or several, or chained with the features of a
// distance; and the same of the generator with shuffled weights.

import { type DifferentiableMap, type Space, VielbeinError } from "@vielbein/core";
import { type OnnxMap, redrawWeights } from "@vielbein/onnx";
import { formatLayout, parseLayout } from "@vielbein/viz";
import { type Distance, distanceOptions, openDistance, requireFeatures } from "../../inputs/distance.ts";
import { drawsOf, drawsOption, stackedOver } from "../../inputs/draws.ts";
import { LayerMaps, layerOptions, layerSpaces, ofOneLayer } from "../../inputs/layers.ts";
import { type LoadedModel, pointOptions } from "../../inputs/model.ts";
import { pictureOptions } from "../../inputs/pictures.ts";
import { openRegion, type RegionSource, regionOption } from "../../inputs/region.ts";
import type { OptionsOf } from "../../kit/options.ts";
import type { Task } from "../../kit/task.ts";

export const metricMapOptions = {
  ...layerOptions,
  draws: drawsOption,
  ...distanceOptions,
  ...pictureOptions,
  region: regionOption(),
  ...pointOptions,
};

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

  async rest(): Promise<void> {
    await this.#opened?.map.rest();
    await this.#generators.rest();
  }

  async dispose(): Promise<void> {
    await this.#opened?.dispose();
    await this.#generators.dispose();
  }
}

export class MetricMaps {
  /** Where the maps end before any distance: one layer, or several. */
  readonly layers: readonly Space[];
  /** One for each draw of the noise, the first by itself too. */
  readonly #trained: readonly Side[];
  readonly #first: Side;
  readonly #makeShuffled: () => Promise<Side[]>;
  /** The part of the picture that the metric is of; the same in the control with shuffled weights. */
  readonly region: RegionSource | undefined;
  #shuffled: readonly Side[] = [];

  private constructor(
    layers: readonly Space[],
    [first, ...others]: readonly [Side, ...Side[]],
    region: RegionSource | undefined,
    makeShuffled: () => Promise<Side[]>,
  ) {
    this.layers = layers;
    this.region = region;
    this.#trained = [first, ...others];
    this.#first = first;
    this.#makeShuffled = makeShuffled;
  }

  /**
   * @throws {VielbeinError} `INVALID_ARGUMENT` for features or a region of several layers, and for how pictures look
   *   where no features take them; what loading throws.
   */
  static async open(loaded: LoadedModel, task: Task<MetricMapOptions>): Promise<MetricMaps> {
    const { options, signal } = task;
    requireFeatures(options);
    requireFeaturesOfPictures(options);
    const layers = await layerSpaces(loaded, options);
    requireOneLayer(layers.length, options);
    const [draw, ...others] = drawsOf(loaded, options.draws);
    const side = (one: LoadedModel): Side => new Side(one, options, layers, signal);
    const first = side(draw);
    const generator = await first.generator(0);
    const region = await openRegion({ ...task, options: ofOneLayer(options), loaded, generator });
    return new MetricMaps(layers, [first, ...others.map(side)], region, async () => {
      // Of several layers nothing has looks, and the map of the first is gone when the next has its turn.
      const control = layers.length === 1 ? { ...options, ...(await looksOf(first, options)) } : options;
      const shuffle = { kind: "shuffled", seed: options.seed } as const;
      return [draw, ...others].map(
        (draw) => new Side({ ...draw, model: redrawWeights(draw.model, shuffle) }, control, layers, signal),
      );
    });
  }

  /** The generator up to a layer, without the distance. */
  generator(layer: number): Promise<OnnxMap> {
    return this.#first.generator(layer);
  }

  /** The map whose metric is taken, of one draw of the noise. */
  ofOneDraw(layer: number): Promise<OnnxMap> {
    return this.#first.at(layer);
  }

  /** The map whose metric is taken at a code: that of the mean metric over all draws of the noise. */
  at(layer: number, code: Float32Array): Promise<DifferentiableMap> {
    return this.#stacked(this.#trained, layer, code);
  }

  async shuffledAt(layer: number, code: Float32Array): Promise<DifferentiableMap> {
    if (this.#shuffled.length === 0) this.#shuffled = await this.#makeShuffled();
    return this.#stacked(this.#shuffled, layer, code);
  }

  #stacked(sides: readonly Side[], layer: number, code: Float32Array): Promise<DifferentiableMap> {
    const { region } = this;
    return stackedOver(sides, async (side) => {
      const map = await side.at(layer);
      return region ? region.mapAt(map, code) : map;
    });
  }

  /** Before the next point has its turn: see {@link OnnxMap.rest}. */
  async rest(): Promise<void> {
    for (const side of [...this.#trained, ...this.#shuffled]) await side.rest();
  }

  /** The distance, for one layer. */
  distance(): Promise<Distance> {
    return this.#first.distance();
  }

  async dispose(): Promise<void> {
    for (const side of [...this.#shuffled, ...this.#trained]) await side.dispose();
  }
}

/** How a side sees its images, so that another sees them in the same way. */
async function looksOf(
  side: Side,
  options: MetricMapOptions,
): Promise<Pick<MetricMapOptions, "layout" | "imageRange">> {
  const { pixels, layout: found } = await side.distance();
  return {
    layout: found ? parseLayout(formatLayout(found.layout)) : options.layout,
    imageRange: pixels?.range ?? options.imageRange,
  };
}

/** @throws {VielbeinError} `INVALID_ARGUMENT` */
function requireOneLayer(count: number, { distance, region }: MetricMapOptions): void {
  if (count === 1) return;
  if (distance !== "l2") {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `--distance: features take one tensor, got ${count}. Name one with --to, or compare layers by l2.`,
    );
  }
  if (region === undefined) return;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `--region: it is of one picture, got ${count} layers. Name one with --to, or leave the region out.`,
  );
}

/** Values are compared by l2 as they are: what says how they look changes nothing, but for what a region is of. */
function requireFeaturesOfPictures({ distance, layout, imageRange, region }: MetricMapOptions): void {
  const given = layout && region === undefined ? "--layout" : imageRange && "--image-range";
  if (!given || distance !== "l2") return;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `${given}: it says how features see the output, and none are named. Name a model of features with --distance, or leave it out.`,
  );
}
