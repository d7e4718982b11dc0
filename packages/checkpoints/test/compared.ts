// A converted checkpoint beside the values of the code that wrote it (tools/reference/checkpoints).

import { readFile } from "node:fs/promises";
import { VielbeinError } from "@vielbein/core";
import type { RuntimeTensor } from "@vielbein/core/runtime";
import { type ReadNpyArray, readNpz } from "@vielbein/linalg/npy";
import { type Model, modelSource, OnnxMap, type OnnxMapOptions } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";
import { type CheckpointOptions, type ConvertedCheckpoint, fromCheckpoint } from "../src/index.ts";

export const runtime: NodeRuntime = new NodeRuntime({ threads: 1, worker: false, isolate: false });

const folder = new URL("fixtures/", import.meta.url);

export const fixture = async (name: string): Promise<Uint8Array> =>
  new Uint8Array(await readFile(new URL(name, folder)));

export async function convert(name: string, options: CheckpointOptions = {}): Promise<ConvertedCheckpoint> {
  const readBeside = async (location: string): Promise<Uint8Array> => {
    const beside = new URL(location, new URL(name, folder));
    try {
      return new Uint8Array(await readFile(beside));
    } catch (cause) {
      throw new VielbeinError("MISSING_FILE", `${location} is not there.`, { cause });
    }
  };
  return fromCheckpoint({ name, bytes: await fixture(name), readBeside }, options);
}

/** The output at codes [n, …]. */
export async function evaluate(
  model: Model,
  feeds: Readonly<Record<string, RuntimeTensor>>,
): Promise<Float32Array> {
  const session = await runtime.createSession(modelSource(model));
  try {
    const [output] = session.outputNames;
    return (await session.run({ ...feeds }))[output!]!.data as Float32Array;
  } finally {
    await session.dispose();
  }
}

const floats = ({ shape, data }: ReadNpyArray): RuntimeTensor => ({
  type: "float32",
  dims: shape,
  data: Float32Array.from(data as Float32Array),
});

/** Every so many values of each row. */
function thinned(values: Float32Array, rows: number, every: number): Float32Array {
  const row = values.length / rows;
  return values.filter((_, i) => (i % row) % every === 0);
}

/** Largest difference over the largest value. */
export function largestError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let [difference, largest] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    difference = Math.max(difference, Math.abs(a[i]! - b[i]!));
    largest = Math.max(largest, Math.abs(b[i]!));
  }
  return difference / largest;
}

export interface Errors {
  readonly batch: number;
  readonly single: number;
  /** In the Frobenius norm; undefined where the golden has none. */
  readonly jacobian: number | undefined;
}

/** Errors of the image, of several codes at once and of the last alone, and of the Jacobian at the first code. */
export async function errorsOf(
  model: Model,
  golden: string,
  inputs: Readonly<Record<string, RuntimeTensor>> = {},
): Promise<Errors> {
  const { z, image, every, tangents, pushed } = readNpz(await fixture(golden)) as Record<
    string,
    ReadNpyArray
  >;
  const step = Number(every!.data[0]);
  const codes = floats(z!);
  const [count = 1] = codes.dims;
  const dim = codes.data.length / count;
  const repeated = (times: number) =>
    Object.fromEntries(
      Object.entries(inputs).map(([name, { type, dims, data }]) => {
        const all = Array.from({ length: times }, () => [...(data as Iterable<never>)]).flat();
        return [
          name,
          {
            type,
            dims: [times, ...dims.slice(1)],
            data: (data.constructor as typeof Float32Array).from(all),
          },
        ];
      }),
    ) as Record<string, RuntimeTensor>;
  const values = image!.data as Float32Array;
  const last = {
    ...codes,
    dims: [1, ...codes.dims.slice(1)],
    data: (codes.data as Float32Array).slice(-dim),
  };
  return {
    batch: largestError(
      thinned(await evaluate(model, { z: codes, ...repeated(count) }), count, step),
      values,
    ),
    single: largestError(
      thinned(await evaluate(model, { z: last, ...repeated(1) }), 1, step),
      values.slice(-values.length / count),
    ),
    jacobian:
      tangents &&
      pushed &&
      (await jacobianError(model, codes.data as Float32Array, tangents, pushed, { inputs }, step)),
  };
}

/** The same of the part of a model that begins at one of its spaces. */
export async function errorsBehind(
  model: Model,
  from: string,
  golden: string,
): Promise<Pick<Errors, "batch" | "jacobian">> {
  const { z, image, tangents, pushed } = readNpz(await fixture(golden)) as Record<string, ReadNpyArray>;
  const codes = Float32Array.from(z!.data as Float32Array);
  const map = await OnnxMap.create(model, runtime, { from, to: "image" });
  const images = await map.evaluate(codes, z!.shape[0]!);
  await map.dispose();
  return {
    batch: largestError(images, image!.data as Float32Array),
    jacobian: await jacobianError(model, codes, tangents!, pushed!, { from }, 1),
  };
}

/** In the Frobenius norm, of the Jacobian at the first code times the tangents. */
async function jacobianError(
  model: Model,
  codes: Float32Array,
  tangents: ReadNpyArray,
  pushed: ReadNpyArray,
  options: OnnxMapOptions,
  every: number,
): Promise<number> {
  const map = await OnnxMap.create(model, runtime, { from: "z", to: "image", ...options });
  const [count = 1, n = 1] = tangents.shape;
  const columns = await map.jvp(codes.slice(0, n), Float32Array.from(tangents.data as Float32Array), count);
  const found = thinned(columns, count, every);
  await map.dispose();
  let [difference, norm] = [0, 0];
  for (const [i, truth] of (pushed.data as Float32Array).entries()) {
    difference += (found[i]! - truth) ** 2;
    norm += truth ** 2;
  }
  return Math.sqrt(difference / norm);
}
