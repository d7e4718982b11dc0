// A model as a denoiser: what its network predicts, how much noise there is, and how the network is told.

import { parseDecimal, VielbeinError } from "@vielbein/core";
import {
  composeDenoiser,
  type DenoiserOptions,
  endpoints,
  inputTensors,
  type NoiseProcess,
  PREDICTIONS,
  PROCESSES,
  type Prediction,
  signalLevel,
} from "@vielbein/onnx";
import { InvalidArgumentError } from "commander";
import { positive } from "../kit/arguments.ts";
import { choice, type OptionsOf, option } from "../kit/options.ts";
import { info, type Terminal } from "../kit/terminal.ts";
import type { LoadedModel, MapOptions } from "./model.ts";
import { remarkUntrainedNoise } from "./noise-range.ts";
import { prepareMap } from "./prepared.ts";

/** The input that is told the noise, and numbers for it; without these it is given σ itself. */
interface NoiseInput {
  readonly name: string;
  readonly values?: readonly number[] | undefined;
}

/** What a denoiser predicts, and how it is told how much noise there is. */
export const denoiserOptions = {
  prediction: choice(
    "--prediction <what>",
    "what a denoiser predicts of x_t = α·x₀ + σ·ε (default: as the model says)",
    PREDICTIONS,
  ),
  process: choice(
    "--process <name>",
    "α = 1 (exploding), √(1 − σ²) (preserving) or 1 − σ (flow) (default: as the model says, else exploding)",
    PROCESSES,
  ),
  noiseInput: option(
    "--noise-input <name=values>",
    "input that is told the noise: NAME, to give it σ, or NAME=VALUE,… with a number such as a time for each σ (default: as the model says)",
    noiseInput,
  ),
};

/** --sigma of commands that work at one level of noise, and what belongs to it. */
export const denoisedOptions = {
  sigma: option(
    "--sigma <sigma>",
    "take the model for a denoiser at this noise: the map is then x_t → x̂₀",
    positive,
  ),
  ...denoiserOptions,
};

type Choice = OptionsOf<typeof denoiserOptions>;
type Ends = Pick<MapOptions, "from"> & { readonly to?: string | readonly string[] | undefined };

function noiseInput(text: string): NoiseInput {
  const split = text.indexOf("=");
  if (split < 0) return { name: text };
  const values = text
    .slice(split + 1)
    .split(",")
    .map(parseDecimal);
  if (split > 0 && values.every(Number.isFinite)) return { name: text.slice(0, split), values };
  throw new InvalidArgumentError("Expected NAME, or NAME=VALUE,VALUE,… with a number for each σ.");
}

/** How a model was taken for a denoiser, for the provenance. */
export interface DenoiserDescription extends Omit<DenoiserOptions, "input"> {
  readonly process: NoiseProcess;
  /** What the network was told. */
  readonly told?: Readonly<Record<string, number>> | undefined;
}

/** A model with x̂₀ and n as tensors. */
export interface DenoiserModel extends LoadedModel {
  readonly denoiser: DenoiserDescription & Pick<ReturnType<typeof composeDenoiser>, "denoised" | "noise">;
}

/** The model as it is or, with --sigma, as a denoiser at that level of noise. */
export async function asDenoiser(
  loaded: LoadedModel,
  options: Choice & Ends & { readonly sigma?: number | undefined },
  terminal: Terminal,
): Promise<LoadedModel> {
  const { sigma, ...rest } = options;
  if (sigma !== undefined) {
    const [at = loaded] = await denoisersAt(loaded, rest, [sigma], terminal);
    return at;
  }
  const given = (["prediction", "process", "noiseInput"] as const).find((name) => rest[name] !== undefined);
  if (given === undefined) return loaded;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `--${given === "noiseInput" ? "noise-input" : given} says how a denoiser is read, and no noise is given. Give it with --sigma.`,
  );
}

/**
 * The model as a denoiser at each level of noise.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` where it is not known what the network predicts, where it is told another
 *   number of values than there are levels, or where --to names several tensors; `SHAPE_MISMATCH` where what is predicted
 *   has another shape than the data; `OUT_OF_RANGE`; `INVALID_SPACE`.
 */
export async function denoisersAt(
  loaded: LoadedModel,
  options: Choice & Ends,
  sigmas: readonly number[],
  terminal: Terminal,
): Promise<DenoiserModel[]> {
  const prediction = options.prediction ?? stated(loaded, "vielbein.prediction", PREDICTIONS);
  if (prediction === undefined) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `--sigma: the model does not say what it predicts. Name it with --prediction: ${PREDICTIONS.join(", ")}.`,
    );
  }
  const process = options.process ?? stated(loaded, "vielbein.process", PROCESSES) ?? "exploding";
  const alphas = sigmas.map((sigma) => signalLevel(process, sigma));
  remarkUntrainedNoise(loaded, sigmas, terminal);
  const told = toldAt(loaded, options, sigmas);
  const output = requireOneEnd(options);
  const first = withNoise(loaded, told?.[0]);
  const ends = endpoints(loaded.model, { inputs: first.inputs, from: options.from, to: output });
  const channels = await predictedChannels(first, ends, terminal);
  return sigmas.map((sigma, i) =>
    denoiserAt(loaded, ends, { prediction, process, sigma, alpha: alphas[i]!, channels }, told?.[i]),
  );
}

/** The one tensor that --to names, if any. @throws {VielbeinError} `INVALID_ARGUMENT` */
function requireOneEnd({ to }: Ends): string | undefined {
  const [end, ...further] = [to ?? []].flat();
  if (further.length === 0) return end;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `--to: of a denoiser it names the one tensor that is predicted, got ${further.length + 1}. Name one.`,
  );
}

/**
 * How many channels of the output are the prediction, where it has twice those of the data, with a remark; undefined where
 * it has the shape of the data. Sums of tensors of other shapes would be taken all the same, each number repeated.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH`
 */
async function predictedChannels(
  loaded: LoadedModel,
  ends: { readonly from: string; readonly to: string },
  terminal: Terminal,
): Promise<number | undefined> {
  const { from, to } = await prepareMap(loaded, ends);
  if (String(from.shape) === String(to.shape)) return undefined;
  const [channels = 0, ...sides] = from.shape;
  if (sides.length > 0 && String([2 * channels, ...sides]) === String(to.shape)) {
    info(
      terminal,
      `"${to.name}" [${to.shape.join(", ")}] has twice the channels of "${from.name}" [${from.shape.join(", ")}]: the first ${channels} are taken for the prediction, the others for learnt variances, which are left out`,
    );
    return channels;
  }
  throw new VielbeinError(
    "SHAPE_MISMATCH",
    `--sigma: what a denoiser predicts has the shape of its data, "${from.name}" [${from.shape.join(", ")}], or twice its channels, and "${to.name}" is [${to.shape.join(", ")}]. Name the tensor that is predicted with --to.`,
  );
}

/** The model told how much noise there is. */
function withNoise(loaded: LoadedModel, told: Readonly<Record<string, number>> | undefined): LoadedModel {
  const settings = Object.entries(told ?? {}).map(([name, value]) => [name, { all: value }] as const);
  const noise = inputTensors(loaded.model, Object.fromEntries(settings), loaded.memoryBudget);
  return { ...loaded, inputs: { ...loaded.inputs, ...noise } };
}

interface Kind {
  readonly prediction: Prediction;
  readonly process: NoiseProcess;
  readonly sigma: number;
  readonly alpha: number;
  readonly channels: number | undefined;
}

function denoiserAt(
  loaded: LoadedModel,
  ends: { readonly from: string; readonly to: string },
  { process, ...kind }: Kind,
  told: Readonly<Record<string, number>> | undefined,
): DenoiserModel {
  const composed = { output: ends.to, ...kind };
  const { model, ...tensors } = composeDenoiser(loaded.model, { input: ends.from, ...composed });
  return { ...withNoise(loaded, told), model, denoiser: { ...composed, process, told, ...tensors } };
}

/** @throws {VielbeinError} `INVALID_MODEL` */
function stated<T extends string>({ model }: LoadedModel, key: string, choices: readonly T[]): T | undefined {
  const text = model.metadata.get(key);
  const known = choices.find((one) => one === text);
  if (text === undefined || known !== undefined) return known;
  throw new VielbeinError(
    "INVALID_MODEL",
    `${key}: expected ${choices.join(", ")} in the metadata, got "${text}". Correct it.`,
  );
}

/** What the network is told at each level; undefined where it is told nothing. */
function toldAt(
  { model, set }: LoadedModel,
  options: Choice,
  sigmas: readonly number[],
): Readonly<Record<string, number>>[] | undefined {
  const name = options.noiseInput?.name ?? model.metadata.get("vielbein.noise-input");
  if (name === undefined) return undefined;
  const { values = sigmas } = options.noiseInput ?? {};
  if (values.length !== sigmas.length) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `--noise-input: "${name}" needs a number for each of the ${sigmas.length} values of --sigma, got ${values.length}. Give as many.`,
    );
  }
  if (!Object.hasOwn(set, name)) return values.map((value) => ({ [name]: value }));
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `--set: "${name}" is the input that is told the noise. Give its value with --noise-input ${name}=VALUE.`,
  );
}
