// The MODEL argument and the options that choose a map in it.

import { createHash } from "node:crypto";
import { totalmem } from "node:os";
import { dirname } from "node:path";
import {
  bytesText,
  type Provenance,
  samplePoints,
  statedPrior,
  type Truncation,
  VielbeinError,
} from "@vielbein/core";
import type { Runtime, RuntimeTensor } from "@vielbein/core/runtime";
import {
  endpoints,
  type FixedBatch,
  type InputShapes,
  inputTensors,
  type Model,
  NOISE_SEEDS,
  OnnxMap,
  type OnnxMapOptions,
  prepare,
  requiredInputs,
  standardOpset,
} from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";
import { bytes, extents, integer, number, prior, providerList } from "../kit/arguments.ts";
import { input } from "../kit/command-files.ts";
import { defined } from "../kit/defined.ts";
import { flag, type OptionsOf, option } from "../kit/options.ts";
import type { Task } from "../kit/task.ts";
import { info, type Terminal } from "../kit/terminal.ts";
import { version } from "../kit/version.ts";
import { asOnePoint, type Ends, type Remark, remarkOnEnds, remarkOnEstimators } from "./assumptions.ts";
import { checkpointChoices, checkpointOptions, readModel } from "./model-file.ts";
import { type Points, readPoints } from "./points-file.ts";
import { readSettings, type Settings, setOption } from "./settings.ts";

/** What chooses a map in a model, and the engine. */
export const mapOptions = {
  from: option("--from <tensor>", "tensor to start from (default: the first input of floating point)"),
  to: option(
    "--to <tensor>",
    "tensor to end at (default: the first output that looks like an image, else the first)",
  ),
  set: setOption("fixed value of another input"),
  shape: option(
    "--shape <extents>",
    "extents that the file leaves open: of an input, INPUT=4,8,8 (with or without the batch), or of an axis, AXIS=8; repeatable",
    extents,
  ),
  noiseSeed: option(
    "--noise-seed <n>",
    "seed of a new draw of what the model draws at random, which is frozen at one draw",
    integer(0, NOISE_SEEDS - 1),
  ),
  provider: option(
    "--provider <list>",
    "what the engine runs on: cpu, cuda or webgpu; given several, the first that works (default: cpu)",
    providerList,
  ),
  threads: option("--threads <n>", "threads of the engine (default: one per core)", integer(1, 1024)),
  memory: option("--memory <size>", "memory budget, e.g. 512M or 4G (default: 2G)", bytes),
  trialSeconds: option(
    "--trial-seconds <n>",
    "seconds that the engine may take over the first run of a model (default: 600, and 20 for a model that loops)",
    integer(1, 10 ** 6),
  ),
  straightThrough: flag(
    "--straight-through",
    "treat rounding to quantised levels as the identity within their range, instead of refusing it, and x + (q − x) with q rounded or looked up as x",
  ),
  ...checkpointOptions,
};

export type MapOptions = OptionsOf<typeof mapOptions>;

/** What chooses the points to work at. */
export const pointOptions = {
  prior: option(
    "--prior <prior>",
    "normal, uniform (on [-1,1)) or uniform:LOW,HIGH (default: as the model says, else normal)",
    prior,
  ),
  seed: option("--seed <n>", "seed of the samples", integer(0), 0),
  truncation: option(
    "--truncation <psi>",
    "pull samples toward the mean of w, behind a mapping network; without one, scale the samples of the input",
    number(0, 2),
  ),
  points: input(
    "--points <file>",
    "points [n,d], [d] or [n,layers,dim] instead of samples: FILE.npy, FILE.npz or FILE.npz:NAME",
  ),
};

export type PointOptions = OptionsOf<typeof pointOptions>;

/** What a command on MODEL is given: a path, or the word for an embedded sample, `sample` or `sample-denoiser`. */
export interface ModelTask<Options> extends Task<Options> {
  readonly model: string;
}

/** A model that was read, and what identifies it. */
export interface LoadedModel {
  readonly model: Model;
  readonly runtime: Runtime;
  readonly file: string;
  /** Folder of the file. */
  readonly folder: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Name and version of the architecture, where the file is a checkpoint. */
  readonly architecture: string | undefined;
  /** What was assumed of a checkpoint. */
  readonly remarks: readonly string[];
  readonly inputs: Readonly<Record<string, RuntimeTensor>>;
  /** What --memory allows. */
  readonly memoryBudget: number | undefined;
  /** Whether the straight-through estimator stands in for the derivative of quantised levels. */
  readonly straightThrough: boolean | undefined;
  /** What --set gave them. */
  readonly set: Settings["description"];
  /** What --shape gave, and what became of a batch that the file fixes. */
  readonly shape: InputShapes | undefined;
  readonly batch: FixedBatch | undefined;
  /** --noise-seed. */
  readonly noiseSeed: number | undefined;
  /** What --truncation made of it. */
  readonly truncation?: Truncation | undefined;
  /** How --sigma made a denoiser of it: the tensor of x̂₀, where maps then end, and α. */
  readonly denoiser?: { readonly denoised: string; readonly alpha: number } | undefined;
  readonly remark: Remark;
}

/**
 * Reads MODEL: a path, or the word for an embedded sample. Given a terminal, says which providers were passed over.
 */
export async function loadModel(
  argument: string,
  options: Omit<MapOptions, "from" | "to"> & Ends,
  terminal?: Terminal,
): Promise<LoadedModel> {
  const said = new Set<string>();
  const remark = (text: string): void => {
    if (terminal && !said.has(text)) info(terminal, text);
    said.add(text);
  };
  remarkOnOptions(options, remark);
  const read = await readModel(argument, checkpointChoices(options));
  const { path, name, bytes, model: written, architecture, remarks } = read;
  for (const text of remarks) remark(text);
  const { settings, description } = await readSettings(options.set);
  const runtime = await openRuntime(options, terminal);
  const { model, batch } = await asOnePoint(written, runtime, options, remark);
  const inputs = inputTensors(model, settings, options.memory);
  remarkOnEnds(model, inputs, options, remark);
  return {
    model,
    runtime,
    file: name,
    folder: dirname(path),
    bytes: bytes.length,
    sha256: sha256(bytes),
    architecture,
    remarks,
    inputs,
    memoryBudget: options.memory,
    straightThrough: options.straightThrough,
    set: description,
    shape: options.shape,
    batch,
    noiseSeed: options.noiseSeed,
    remark,
  };
}

/** Says what the options assume. */
function remarkOnOptions({ memory, straightThrough }: Omit<MapOptions, "from" | "to">, remark: Remark): void {
  if (memory !== undefined && memory > totalmem()) {
    remark(
      `--memory: the machine has ${bytesText(totalmem())}, less than the budget of ${bytesText(memory)}: what does not fit will fail`,
    );
  }
  if (straightThrough) {
    remark(
      "--straight-through: where the model rounds to quantised levels, its derivative is taken to be that of the identity between the smallest and the largest, and 0 beyond; where it adds x to q − x, with q rounded or looked up, that of x",
    );
  }
}

async function openRuntime(
  { threads, provider, trialSeconds }: Pick<MapOptions, "threads" | "provider" | "trialSeconds">,
  terminal: Terminal | undefined,
): Promise<NodeRuntime> {
  const settings = defined({ threads, trialSeconds });
  if (!provider) return new NodeRuntime(settings);
  const runtime = await NodeRuntime.create({ ...settings, providers: provider });
  for (const { provider: name, reason } of runtime.report) {
    if (terminal && reason !== undefined) info(terminal, `${name} was passed over: ${reason}`);
  }
  return runtime;
}

/** In hexadecimal digits. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Whether a tensor is an input of the model, whose codes have the prior; those of a space further in have none. */
export function isInput({ model }: LoadedModel, name: string): boolean {
  return requiredInputs(model.graph).some((input) => input.name === name);
}

/** Whether a tensor is an output of the model, which its metadata describe. */
export function isOutput({ model }: LoadedModel, name: string): boolean {
  return model.graph.outputs.some((output) => output.name === name);
}

/**
 * The map that the options choose; if it starts at an input, with the prior that the options or the model's metadata
 * state.
 *
 * @throws {VielbeinError} `MEMORY_BUDGET` for a budget below what one vector takes; what the map throws.
 */
export async function openMap(
  loaded: LoadedModel,
  options: MapOptions & Pick<PointOptions, "prior"> & Pick<OnnxMapOptions, "valuesOnly">,
): Promise<OnnxMap> {
  const { from = endpoints(loaded.model, { inputs: loaded.inputs }).from } = options;
  const chosen = isInput(loaded, from) ? (options.prior ?? statedPrior(loaded.model.metadata)) : undefined;
  const { model, runtime, inputs, straightThrough } = loaded;
  const span = { from, to: options.to, inputs, memoryBudget: options.memory, straightThrough };
  const prepared = await prepare(model, runtime, span);
  if (!straightThrough) remarkOnEstimators(prepared, loaded.remark);
  const { valuesOnly } = options;
  const map = await OnnxMap.create(model, runtime, { ...span, prepared, prior: chosen, valuesOnly });
  if (options.memory === undefined || options.memory >= map.bytesPerTangent) return map;
  await map.dispose();
  throw new VielbeinError(
    "MEMORY_BUDGET",
    `The memory budget of ${bytesText(options.memory)} is too small: one vector on its way from "${map.from.name}" to "${map.to.name}" takes ${bytesText(map.bytesPerTangent)}. Raise --memory to that at least.`,
  );
}

/** Samples `first` … of the prior, or the rows of a file. */
export async function obtainPoints(
  map: Pick<OnnxMap, "from">,
  options: PointOptions,
  first: number,
  count: number,
): Promise<Points> {
  if (options.points !== undefined) return readPoints(map.from, options.points);
  return {
    values: samplePoints(map.from, options.seed, first, count),
    count,
    source: { seed: options.seed, prior: map.from.prior ?? { kind: "normal" }, first, count },
  };
}

export function provenanceOf(
  loaded: LoadedModel,
  map: Pick<OnnxMap, "from" | "to">,
  method: string,
  source: Provenance["points"],
  options: Readonly<Record<string, unknown>>,
): Provenance {
  return {
    tool: `vielbein ${version}`,
    method,
    model: {
      file: loaded.file,
      sha256: loaded.sha256,
      opset: standardOpset(loaded.model),
      ...defined({
        architecture: loaded.architecture,
        remarks: loaded.remarks.length > 0 ? loaded.remarks : undefined,
      }),
    },
    from: map.from,
    to: map.to,
    points: source,
    ...defined({ truncation: loaded.truncation }),
    options: defined({
      ...options,
      straightThrough: loaded.straightThrough || undefined,
      shape: loaded.shape && Object.fromEntries(loaded.shape),
      batch: loaded.batch,
      noiseSeed: loaded.noiseSeed,
      denoiser: loaded.denoiser,
      set: Object.keys(loaded.set).length > 0 ? loaded.set : undefined,
    }),
    runtime: loaded.runtime.name,
  };
}
