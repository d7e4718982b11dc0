// The explorer's engine over any runtime: what the worker runs, and what tests run in Node.

import { checkpointFormat } from "@vielbein/checkpoints/format";
import {
  type CallOptions,
  type DirectionSet,
  type Provenance,
  requireSpaceOf,
  VielbeinError,
} from "@vielbein/core";
import type { Runtime } from "@vielbein/core/runtime";
import { decodeModel, type Model, standardOpset } from "@vielbein/onnx";
import { encodeAnimatedPng, pingPong, type RgbaImage, upscale } from "@vielbein/viz";
import type {
  BasisOptions,
  ExplorerDirections,
  ExplorerEngine,
  ExplorerFile,
  ExplorerModel,
  LocalBasisReply,
  SpacesChoice,
} from "@vielbein/viz/explorer";
import {
  constant,
  type Found,
  findBasis,
  findComponents,
  findMetricAxes,
  findSefa,
  type LocalFound,
  speedsAt,
} from "./directions.ts";
import { type Fitted, fit } from "./opening/fitting.ts";
import { Pictures } from "./opening/pictures.ts";
import { Spaces } from "./opening/spaces.ts";
import { version } from "./version.ts";

/** Milliseconds of a frame of an animation, and the least length of its longer side in pixels. */
const FRAME = 80;
const MIN_SIDE = 256;

const never = new AbortController().signal;

/**
 * Loaded when a file is opened or saved: the schemas that check it are a part of the page that most visits never need.
 */
const files = () => import("@vielbein/core/directions-file");

/** The model of a checkpoint; what reads it is loaded when there is one. */
async function converted(name: string, bytes: Uint8Array): Promise<Model> {
  const { fromCheckpoint } = await import("@vielbein/checkpoints");
  return (await fromCheckpoint({ name, bytes })).model;
}

interface LoadedModel extends Fitted {
  readonly name: string;
  /** As the file has it. */
  readonly file: Model;
  readonly sha256: string;
}

/** A model, the maps of a choice of its spaces, and how outputs are drawn. */
interface Opened {
  readonly model: LoadedModel;
  readonly spaces: Spaces;
  readonly pictures: Pictures;
}

export class ModelEngine implements ExplorerEngine {
  readonly #runtime: Runtime;
  #current: Opened | undefined;
  /** Directions that hold everywhere, by their kind; they cost seconds and stay valid while the spaces do. */
  readonly #found: Map<string, Found> = new Map();

  /** Means of the model's spaces, which cost 10,000 samples each. */
  #means: Map<string, Float64Array> = new Map();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  async load(
    { name, bytes, sha256: known }: ExplorerFile,
    choice: SpacesChoice,
    { signal = never }: CallOptions = {},
  ): Promise<ExplorerModel> {
    const isCheckpoint = checkpointFormat(bytes) !== undefined;
    const file = isCheckpoint ? await converted(name, bytes) : decodeModel(bytes, name);
    const beside = file.graph.initializers.find((tensor) => tensor.external && tensor.raw.length === 0);
    if (beside?.external) {
      throw new VielbeinError(
        "INVALID_MODEL",
        `"${name}": its weights lie in another file, "${beside.external.location}". Start it with \`vielbein explore\`, or save the model with its weights inside.`,
      );
    }
    const fitted = await fit(file, this.#runtime, choice.extents ?? {});
    return this.#enter({ name, file, sha256: known ?? (await sha256(bytes)), ...fitted }, choice, signal);
  }

  async choose(choice: SpacesChoice, { signal = never }: CallOptions = {}): Promise<ExplorerModel> {
    const { model, spaces, pictures } = this.#opened;
    const { set, truncation } = spaces.description;
    const { extents } = choice;
    const isSame = Object.entries(model.extents).every(
      ([name, extent]) => (extents?.[name] ?? extent) === extent,
    );
    return this.#enter(
      isSame
        ? model
        : { ...model, ...(await fit(model.file, this.#runtime, { ...model.extents, ...extents })) },
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

  async #enter(model: LoadedModel, choice: SpacesChoice, signal: AbortSignal): Promise<ExplorerModel> {
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
    await before?.spaces.dispose();
    return this.#description;
  }

  get #description(): ExplorerModel {
    const { model, spaces, pictures } = this.#opened;
    const { name, extents } = model;
    const remarks = [...model.remarks, ...pictures.remarks, ...(this.#runtime.remarks ?? [])];
    const runtime = this.#runtime.name;
    return { ...spaces.description, layout: pictures.description, name, extents, remarks, runtime };
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
    return pictures.draw(await spaces.picture.evaluate(points, count, { signal }), count);
  }

  async animate(points: Float32Array, count: number, options: CallOptions = {}): Promise<Uint8Array> {
    const images = await this.render(points, count, options);
    return encodeAnimatedPng(pingPong(images.map((image) => enlarged(image))), { delay: FRAME });
  }

  async basis(
    point: Float32Array,
    { signal = never, progress }: BasisOptions = {},
  ): Promise<LocalBasisReply> {
    const origin = { file: "the tensor `point`", sha256: await sha256(bytesOf(point)), count: 1 };
    const reply = ({ set, deviations, options, spectrum, route }: LocalFound): LocalBasisReply => ({
      set: this.#signed(set, options, origin),
      deviations,
      spectrum,
      speeds: set.values.values,
      route,
    });
    const first = (found: LocalFound): void => progress?.(reply(found));
    return reply(await findBasis(this.#opened.spaces, point, { signal, progress: first }));
  }

  async directions(
    kind: "sefa" | "pca" | "metric",
    point: Float32Array,
    { signal = never }: CallOptions = {},
  ): Promise<ExplorerDirections> {
    const { spaces } = this.#opened;
    const find = { sefa: findSefa, pca: findComponents, metric: findMetricAxes }[kind];
    const found = this.#found.get(kind) ?? (await find(spaces, signal));
    if (spaces === this.#current?.spaces) this.#found.set(kind, found);
    const { set, deviations, options, samples, route } = found;
    return {
      set: this.#signed(set, options, { seed: 0, prior: spaces.prior, first: 0, count: samples }),
      deviations,
      speeds: await speedsAt(spaces, set, point, signal),
      route,
    };
  }

  async open(
    file: Uint8Array,
    point: Float32Array,
    { signal = never }: CallOptions = {},
  ): Promise<ExplorerDirections> {
    const { decodeDirections } = await files();
    const set = decodeDirections(file);
    const { spaces } = this.#opened;
    requireSpaceOf(set, spaces.map.from);
    const { values, method } = set;
    const isSpread = values?.kind === "standard deviation" && method === "principal components";
    return {
      set,
      deviations: isSpread ? values.values : constant(spaces, set),
      speeds: await speedsAt(spaces, set, point, signal),
    };
  }

  async save(set: DirectionSet): Promise<Uint8Array> {
    const { encodeDirections } = await files();
    return encodeDirections(set);
  }

  dispose(): void {
    void this.#current?.spaces.dispose();
    this.#current = undefined;
  }

  get #opened(): Opened {
    if (this.#current) return this.#current;
    throw new VielbeinError("INVALID_ARGUMENT", "No model is loaded. Load one first.");
  }

  /** The set with where it comes from; without a hash, which browsers give in secure contexts only, it has none. */
  #signed(set: DirectionSet, options: Found["options"], points: Provenance["points"]): DirectionSet {
    const { model, spaces } = this.#opened;
    const { name, sha256, graph, extents, batch } = model;
    if (sha256 === "") return set;
    const shape = Object.fromEntries(Object.entries(extents).map(([axis, extent]) => [axis, [extent]]));
    const assumed = { shape: Object.keys(shape).length > 0 ? shape : undefined, batch };
    const { from, to } = spaces.map;
    const provenance: Provenance = {
      tool: `vielbein explorer ${version}`,
      method: set.method,
      model: { file: name, sha256, opset: standardOpset(graph) },
      from,
      to,
      points,
      options: { ...options, ...assumed },
      runtime: this.#runtime.name,
    };
    return { ...set, provenance };
  }
}

function enlarged(image: RgbaImage): RgbaImage {
  return upscale(image, Math.ceil(MIN_SIDE / Math.max(image.width, image.height)));
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

async function sha256(bytes: Uint8Array): Promise<string> {
  if (!globalThis.crypto?.subtle) return "";
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
