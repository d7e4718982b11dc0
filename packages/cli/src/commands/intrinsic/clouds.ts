// Where the points of `intrinsic` come from: a file, samples of a model at a tensor, or a ball about one code.

import {
  bytesText,
  DEFAULT_MEMORY_BUDGET,
  jacobianSpectrum,
  type Provenance,
  VielbeinError,
} from "@vielbein/core";
import { type LocalDimension, localDimension } from "@vielbein/core/dimension";
import { ballPoints, Cloud } from "@vielbein/core/intrinsic-dimension";
import { type Matrix, matrix, rowAt } from "@vielbein/linalg";
import type { OnnxMap } from "@vielbein/onnx";
import { type FoundArray, readArray } from "../../inputs/array-files.ts";
import { originOf } from "../../inputs/captions.ts";
import { provenanceOf } from "../../inputs/model.ts";
import { chooseCode, type Points, pointRange } from "../../inputs/points-file.ts";
import { type GeneratorTask, openGenerator } from "../../inputs/task.ts";
import { defined } from "../../kit/defined.ts";
import { shapeText, spacesText } from "../../kit/names.ts";
import { routesAmong } from "../../kit/routes.ts";
import { each, type Task } from "../../kit/task.ts";
import { version } from "../../kit/version.ts";
import { type IntrinsicOptions, requireOptionsOfFiles } from "./options.ts";

const METHOD = "intrinsic dimension";

export type IntrinsicTask = Task<IntrinsicOptions> & { readonly cloud: string };

/** Of a file of points: a provenance without a model. */
interface FileProvenance extends Pick<Provenance, "tool" | "method" | "points" | "options"> {
  readonly shape: readonly number[];
}

/** Points, and what is known of them. */
export interface OpenedCloud {
  readonly cloud: Cloud;
  /** For headings: `z [16] → image [3, 64, 64]`. */
  readonly name: string;
  /** Where the points come from: `seed 0, 2000 points`. */
  readonly origin: string;
  /** For titles of pictures. */
  readonly file: string;
  /** At some of the codes, by the Jacobian; none of a file. */
  readonly jacobians: readonly LocalDimension[];
  readonly provenance: Provenance | FileProvenance;
}

/** Opens the cloud that the argument names: a file of points by its ending, else a model. */
export async function openCloud(task: IntrinsicTask): Promise<OpenedCloud> {
  return /\.(npy|npz)(:.*)?$/i.test(task.cloud) ? cloudOfFile(task) : cloudOfModel(task);
}

/** The rows of an array `[n, …]`, each as one point. */
async function cloudOfFile({ cloud: argument, options }: IntrinsicTask): Promise<OpenedCloud> {
  requireOptionsOfFiles(options, argument);
  const array = await readArray(
    "CLOUD",
    argument,
    (shape) => shape.length >= 2 && shape.every((side) => side > 0),
    "an array of points is [n, d], or [n, …] of points of any shape",
  );
  const { file, sha256, shape } = array;
  const count = shape[0] ?? 0;
  const dim = array.data.length / count;
  requireMemory(count, dim, options.memory);
  requireExact(array);
  const points = matrix(count, dim, Float64Array.from(array.data as ArrayLike<number>, Number));
  return {
    cloud: Cloud.of(points),
    name: `${file} ${shapeText(shape)}`,
    origin: `${count} points`,
    file,
    jacobians: [],
    provenance: {
      tool: `vielbein ${version}`,
      method: METHOD,
      shape,
      points: { file, sha256, count },
      options: settingsOf(options),
    },
  };
}

/**
 * Integers beyond 2⁵³ would be rounded, and points that differ become equal.
 *
 * @throws {VielbeinError} `OUT_OF_RANGE`
 */
function requireExact({ label, data }: FoundArray): void {
  if (!(data instanceof BigInt64Array || data instanceof BigUint64Array)) return;
  const largest = BigInt(Number.MAX_SAFE_INTEGER);
  const at = (data as BigInt64Array).findIndex((x) => x > largest || x < -largest);
  if (at < 0) return;
  throw new VielbeinError(
    "OUT_OF_RANGE",
    `CLOUD: "${label}" has the integer ${data[at]}, and beyond ±(2^53 − 1) not every integer has a number of its own. Subtract what is common to all points, or save them as float64.`,
  );
}

/** What of the options decides on the estimates, for a provenance. */
function settingsOf({ estimators, neighbours, seed }: IntrinsicOptions): Record<string, unknown> {
  return defined({ estimators, neighbours, seed });
}

const DEFAULT_SAMPLES = 1000;
const DEFAULT_JACOBIANS = 3;

async function cloudOfModel(task: IntrinsicTask): Promise<OpenedCloud> {
  const { options } = task;
  if (options.sample !== undefined && options.radius === undefined) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      "--sample: a cloud of samples has all of them; only a ball about one code, --radius, has a centre. Leave it out.",
    );
  }
  const valuesOnly = options.jacobians === 0;
  const opened = await openGenerator({ ...task, options: { ...options, valuesOnly }, model: task.cloud });
  const { loaded, generator } = opened;
  const { codes, places, source, origin } = await codesOf(opened);
  requireMemory(codes.length / generator.from.dim, generator.to.dim, options.memory);
  const points = await valuesAt(opened, codes);
  const found = await dimensionsAt(opened, places);
  const provenance = provenanceOf(loaded, generator, METHOD, source, {
    ...settingsOf(options),
    radius: options.radius,
    jacobians: found.length,
    routes: routesAmong(found.map(({ route }) => route)),
  });
  return {
    cloud: Cloud.of(points),
    name: spacesText(generator.from, generator.to),
    origin: `${originOf(provenance)}, ${origin}`,
    file: loaded.file,
    jacobians: found.map(({ dimension }) => dimension),
    provenance,
  };
}

interface Codes {
  /** `[count, from.dim]`. */
  readonly codes: Float32Array;
  /** At which the Jacobian is looked at. */
  readonly places: readonly Float32Array[];
  readonly source: Points["source"];
  readonly origin: string;
}

/** The codes of the cloud: samples, or points of a ball. */
async function codesOf({
  generator: { from },
  source,
  options,
  signal,
}: GeneratorTask<IntrinsicOptions>): Promise<Codes> {
  const { samples = DEFAULT_SAMPLES, radius, sample = 0, points, seed } = options;
  if (radius === undefined) {
    const {
      values,
      count,
      source: origin,
    } = await source.takeFirst(options.samples, DEFAULT_SAMPLES, signal);
    const shown = Math.min(options.jacobians ?? DEFAULT_JACOBIANS, count);
    const places = Array.from({ length: shown }, (_, i) => rowAt(values, i, from.dim).slice());
    return { codes: values, places, source: origin, origin: `${count} points` };
  }
  const taken = await source.take(sample, 1, signal);
  const centre = chooseCode(taken, from.dim, { sample, points });
  return {
    codes: ballPoints(centre, radius, seed, 0, samples),
    places: options.jacobians === 0 ? [] : [centre],
    source: pointRange(taken.source, sample, 1),
    origin: `${samples} points within ${radius} of sample ${sample}`,
  };
}

/** Matrices of all points, of eight bytes a number, that are there at a time. */
const COPIES = 6;

/** @throws {VielbeinError} `MEMORY_BUDGET` */
function requireMemory(count: number, dim: number, memory: number = DEFAULT_MEMORY_BUDGET): void {
  const bytes = 8 * COPIES * count * dim;
  if (bytes <= memory) return;
  throw new VielbeinError(
    "MEMORY_BUDGET",
    `${count} points of ${dim} coordinates take ${bytesText(bytes)} while their dimension is estimated, more than the memory budget of ${bytesText(memory)}. Take fewer points or a smaller tensor, or raise --memory.`,
  );
}

/** Codes that go through the network together. */
const BATCH = 256;

/** What the map makes of the codes, `[count, to.dim]`. */
async function valuesAt(task: GeneratorTask<IntrinsicOptions>, codes: Float32Array): Promise<Matrix> {
  const { generator, signal } = task;
  const { from, to } = generator;
  const count = codes.length / from.dim;
  const values = matrix(count, to.dim);
  const firsts = Array.from({ length: Math.ceil(count / BATCH) }, (_, i) => i * BATCH);
  await each(task, "batches of points", firsts, async (first) => {
    const size = Math.min(BATCH, count - first);
    const batch = codes.slice(first * from.dim, (first + size) * from.dim);
    values.data.set(await generator.evaluate(batch, size, { signal }), first * to.dim);
  });
  return values;
}

/** The local dimension of the Jacobian at some codes, and how the Jacobian was computed. */
async function dimensionsAt(
  task: GeneratorTask<IntrinsicOptions>,
  places: readonly Float32Array[],
): Promise<{ dimension: LocalDimension; route: Awaited<ReturnType<typeof spectrumAt>>["route"] }[]> {
  const { from, to } = task.generator;
  return each(task, "Jacobians", places, async (code) => {
    const { singularValues, route, ...dead } = await spectrumAt(task.generator, code, task);
    const settings = { inputDim: from.dim, outputDim: to.dim, ...dead };
    return { dimension: localDimension(singularValues, settings), route };
  });
}

function spectrumAt(
  map: OnnxMap,
  code: Float32Array,
  { options, signal }: Pick<GeneratorTask<IntrinsicOptions>, "options" | "signal">,
) {
  return jacobianSpectrum(map, code, { signal, memoryBudget: options.memory });
}
