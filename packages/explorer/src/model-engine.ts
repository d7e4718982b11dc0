// The explorer's engine over any runtime: what the worker runs, and what tests run in Node.

import {
  type CallOptions,
  type DifferentiableMap,
  type DirectionSet,
  type Provenance,
  requireSpaceOf,
  VielbeinError,
} from "@vielbein/core";
import type { Runtime } from "@vielbein/core/runtime";
import { encodeAnimatedPng, pingPong, type RgbaImage, shrinkTo, upscale } from "@vielbein/viz";
import type {
  ExplorerDirections,
  ExplorerEngine,
  ExplorerFile,
  ExplorerModel,
  ExplorerRegion,
  LocalBasisReply,
  Playback,
  ProgressOptions,
  SpacesChoice,
} from "@vielbein/viz/explorer";
import { findBasis, type LocalFound } from "./finding/basis.ts";
import type { Derivative } from "./finding/derivative.ts";
import { Derivatives } from "./finding/derivatives.ts";
import { findComponents, findMetricAxes, findSefa } from "./finding/everywhere.ts";
import { constant, FEW, type Found, searchOf } from "./finding/found.ts";
import { findRegion, type RegionFound } from "./finding/region.ts";
import { fit } from "./opening/fitting.ts";
import { requireRoom } from "./opening/forecast.ts";
import { Pictures } from "./opening/pictures.ts";
import { readFile } from "./opening/reading.ts";
import { Spaces } from "./opening/spaces.ts";
import { describeMask, pointOrigin, type SignedModel, signed } from "./signing.ts";

/** Milliseconds of a frame of an animation, and the least length of its longer side in pixels. */
const FRAME = 80;
const MIN_SIDE = 256;
const never = new AbortController().signal;

/** Loaded when a file is opened or saved: most visits never need the schemas that check it. */
const files = () => import("@vielbein/core/directions-file");

/** A model, the maps of a choice of its spaces, and how outputs are drawn. */
interface Opened {
  readonly model: SignedModel;
  readonly spaces: Spaces;
  readonly pictures: Pictures;
}

export class ModelEngine implements ExplorerEngine {
  readonly #runtime: Runtime;
  #current: Opened | undefined;
  /** Directions that hold everywhere, by their kind; they cost seconds and stay valid while the spaces do. */
  readonly #found: Map<string, Found> = new Map();
  readonly #derivatives: Derivatives = new Derivatives();
  /** Pictures that are under way. */
  #drawing: Promise<unknown> = Promise.resolve();
  /** Means of the model's spaces, which cost 10,000 samples each. */
  #means: Map<string, Float64Array> = new Map();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  async load(
    source: ExplorerFile,
    choice: SpacesChoice,
    { signal = never }: CallOptions = {},
  ): Promise<ExplorerModel> {
    const read = await readFile(source, choice.checkpoint);
    requireRoom("pictures", read.file, read.name, this.#runtime.portable);
    const fitted = await fit(read.file, this.#runtime, choice.extents ?? {});
    return this.#enter({ ...read, ...fitted }, choice, signal);
  }

  async choose(choice: SpacesChoice, { signal = never }: CallOptions = {}): Promise<ExplorerModel> {
    const { model, spaces, pictures } = this.#opened;
    const { set, truncation } = spaces.description;
    const extents = { ...model.extents, ...choice.extents };
    const isSame = Object.entries(model.extents).every(([name, extent]) => extents[name] === extent);
    return this.#enter(
      isSame ? model : { ...model, ...(await fit(model.file, this.#runtime, extents)) },
      {
        ...choice,
        set: choice.set ?? set,
        layout: choice.layout ?? (isSame ? pictures.chosen : undefined),
        truncation: choice.truncation ?? truncation.psi,
      },
      signal,
    );
  }

  async arrange(layout: string, { signal = never }: CallOptions = {}): Promise<ExplorerModel> {
    const { model, spaces } = this.#opened;
    const pictures = await Pictures.open(spaces, model.graph.metadata, layout, signal);
    if (spaces === this.#current?.spaces) this.#current = { model, spaces, pictures };
    return this.#description;
  }

  async #enter(model: SignedModel, choice: SpacesChoice, signal: AbortSignal): Promise<ExplorerModel> {
    const means = model === this.#current?.model ? this.#means : new Map<string, Float64Array>();
    const spaces = await Spaces.open(model.graph, this.#runtime, choice, means, signal);
    let pictures: Pictures;
    try {
      pictures = await Pictures.open(spaces, model.graph.metadata, choice.layout, signal);
    } catch (error) {
      await spaces.dispose();
      throw error;
    }
    const before = this.#current;
    this.#current = { model, spaces, pictures };
    this.#means = means;
    this.#found.clear();
    this.#derivatives.clear();
    await before?.spaces.dispose();
    return this.#description;
  }

  get #description(): ExplorerModel {
    const { model, spaces, pictures } = this.#opened;
    const { name, sha256, extents, checkpoint } = model;
    const remarks = [...model.remarks, ...pictures.remarks, ...(this.#runtime.remarks ?? [])];
    const runtime = this.#runtime.name;
    const layout = pictures.description;
    return { ...spaces.description, layout, name, sha256, extents, checkpoint, remarks, runtime };
  }

  sample(seed: number, truncation: number, { signal = never }: CallOptions = {}): Promise<Float32Array> {
    return this.#opened.spaces.sample(seed, 0, 1, truncation, signal);
  }

  async render(
    points: Float32Array,
    count: number,
    { signal = never }: CallOptions = {},
  ): Promise<RgbaImage[]> {
    const { spaces, pictures } = this.#opened;
    const values = spaces.picture.evaluate(points, count, { signal });
    this.#drawing = values.catch(() => undefined);
    return pictures.draw(await values, count);
  }

  async thumbnails(
    points: Float32Array,
    count: number,
    side: number,
    options?: CallOptions,
  ): Promise<RgbaImage[]> {
    const { shrinking } = this.#opened.pictures;
    const images = await this.render(points, count, options);
    return images.map((image) => shrinkTo(image, side, shrinking));
  }

  async difference(
    point: Float32Array,
    reference: Float32Array,
    { signal = never }: CallOptions = {},
  ): Promise<RgbaImage> {
    const { spaces, pictures } = this.#opened;
    const values = await spaces.picture.evaluate(point, 1, { signal });
    return pictures.difference(values, await spaces.picture.evaluate(reference, 1, { signal }));
  }

  async heat(
    point: Float32Array,
    direction: Float32Array,
    { signal = never }: CallOptions = {},
  ): Promise<RgbaImage> {
    const { spaces, pictures } = this.#opened;
    return pictures.heat(await spaces.picture.jvp(point, direction, 1, { signal }));
  }

  async animate(
    points: Float32Array,
    count: number,
    playback: Playback,
    options?: CallOptions,
  ): Promise<Uint8Array> {
    const images = (await this.render(points, count, options)).map((image) =>
      upscale(image, Math.ceil(MIN_SIDE / Math.max(image.width, image.height))),
    );
    return encodeAnimatedPng(playback === "once" ? images : pingPong(images), { delay: FRAME });
  }

  async basis(
    point: Float32Array,
    { signal = never, progress }: ProgressOptions<LocalBasisReply> = {},
  ): Promise<LocalBasisReply> {
    const { spaces } = this.#opened;
    const derivative = this.#derivativeAt(spaces.map, point);
    const release = derivative.reserve();
    // While a derivative is derived, this thread hears nothing: the picture would wait for it.
    await this.#drawing;
    const points = await pointOrigin(point);
    const reply = ({ set, deviations, options, spectrum, route }: LocalFound): LocalBasisReply => ({
      set: this.#signed(set, options, points),
      deviations,
      spectrum,
      speeds: set.values.values,
      route,
    });
    const search = searchOf<LocalFound, LocalBasisReply>(signal, progress, (found) => {
      // The next ones, too, come before whatever waits for the derivative.
      if (found.set.names.length >= FEW) release();
      return reply(found);
    });
    return reply(await findBasis(spaces, point, derivative, search).finally(release));
  }

  async directions(
    kind: "sefa" | "pca" | "metric",
    point: Float32Array,
    { signal = never, progress }: ProgressOptions<ExplorerDirections> = {},
  ): Promise<ExplorerDirections> {
    const { spaces } = this.#opened;
    const reply = (found: Found, speeds: Float64Array = new Float64Array()): ExplorerDirections => {
      const { set, deviations, options, samples, route, certainty } = found;
      const points = { seed: 0, prior: spaces.prior, first: 0, count: samples };
      return { set: this.#signed(set, options, points), deviations, speeds, route, certainty };
    };
    const find = { sefa: findSefa, pca: findComponents, metric: findMetricAxes }[kind];
    const search = searchOf(signal, progress, reply);
    const found = this.#found.get(kind) ?? (await find(spaces, search));
    if (spaces === this.#current?.spaces) this.#found.set(kind, found);
    // They can be moved along before it is known how fast.
    progress?.({ share: 1, found: reply(found) });
    return reply(found, await this.#speeds(found.set, point, signal));
  }

  async region(
    point: Float32Array,
    region: ExplorerRegion,
    { signal = never, progress }: ProgressOptions<ExplorerDirections> = {},
  ): Promise<ExplorerDirections> {
    const { spaces, pictures } = this.#opened;
    const points = await pointOrigin(point);
    const entry = { region: describeMask(region.mask), layout: pictures.description.layout };
    const reply = (found: RegionFound): ExplorerDirections => {
      const { set, deviations, options, route, inside, outside } = found;
      const signed = this.#signed(set, { ...entry, ...options }, points);
      return { set: signed, deviations, speeds: inside, route, inside, outside };
    };
    const weights = pictures.weights(region.mask);
    const derivative = this.#derivativeAt(spaces.picture, point);
    const search = searchOf(signal, progress, reply);
    return reply(await findRegion(spaces, point, derivative, weights, region, search));
  }

  async open(
    file: Uint8Array,
    point: Float32Array,
    { signal = never, progress }: ProgressOptions<ExplorerDirections> = {},
  ): Promise<ExplorerDirections> {
    const { decodeDirections } = await files();
    const set = decodeDirections(file);
    const { spaces } = this.#opened;
    requireSpaceOf(set, spaces.map.from);
    const { values, method } = set;
    const isSpread = values?.kind === "standard deviation" && method === "principal components";
    const deviations = isSpread ? values.values : constant(spaces, set);
    progress?.({ share: 1, found: { set, deviations, speeds: new Float64Array() } });
    return { set, deviations, speeds: await this.#speeds(set, point, signal) };
  }

  async save(set: DirectionSet): Promise<Uint8Array> {
    const { encodeDirections } = await files();
    return encodeDirections(set);
  }

  dispose(): void {
    void this.#current?.spaces.dispose();
    this.#current = undefined;
  }

  /** @throws {VielbeinError} `MEMORY_BUDGET` where derivatives of the model do not fit the page. */
  #derivativeAt(map: DifferentiableMap, point: Float32Array): Derivative {
    const { name, graph } = this.#opened.model;
    requireRoom("directions", graph, name, this.#runtime.portable);
    return this.#derivatives.at(map, point);
  }

  /** ‖J·v‖ at a point along each direction of a set. */
  #speeds(set: DirectionSet, point: Float32Array, signal: AbortSignal): Promise<Float64Array> {
    const derivative = this.#derivativeAt(this.#opened.spaces.map, point);
    return derivative.speeds(set, { signal, progress: () => undefined });
  }

  get #opened(): Opened {
    if (this.#current) return this.#current;
    throw new VielbeinError("INVALID_ARGUMENT", "No model is loaded. Load one first.");
  }

  #signed(set: DirectionSet, options: Found["options"], points: Provenance["points"]): DirectionSet {
    const { model, spaces } = this.#opened;
    const { from, to } = spaces.map;
    return signed(set, model, { from, to, options, points, runtime: this.#runtime.name });
  }
}
