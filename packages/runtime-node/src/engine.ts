// ONNX Runtime behind three calls, on the calling thread or on another. Callers make one call at a time.

import type { RuntimeTensor } from "@vielbein/core";
import type * as ort from "onnxruntime-node";

export type EngineOptions = Omit<ort.InferenceSession.SessionOptions, "externalData">;

export interface EngineSession {
  readonly id: number;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly outputShapes: readonly (readonly (number | string)[])[];
}

export interface Engine {
  /** `files` are those that the model's external data lies in, by their relative names. */
  create(
    model: Uint8Array,
    files: readonly (readonly [string, Uint8Array])[],
    options: EngineOptions,
  ): Promise<EngineSession>;
  run(
    id: number,
    feeds: Readonly<Record<string, RuntimeTensor>>,
    fetches: readonly string[],
  ): Promise<Record<string, RuntimeTensor>>;
  release(id: number): Promise<void>;
}

/**
 * The engine on this thread. A worker thread is given the source text of this function, so it must not refer
 * to anything outside itself but its argument.
 */
export function makeEngine(library: typeof ort): Engine {
  const sessions = new Map<number, ort.InferenceSession>();
  let created = 0;
  return {
    async create(model, files, options) {
      // The library takes shared memory for external data only.
      const bytes = model.buffer instanceof SharedArrayBuffer ? new Uint8Array(model) : model;
      const session = await library.InferenceSession.create(bytes, {
        ...options,
        externalData: files.map(([path, data]) => ({ path, data })),
      });
      const id = created++;
      sessions.set(id, session);
      const { inputNames, outputNames, outputMetadata } = session;
      const outputShapes = outputMetadata.map((output) => (output.isTensor ? output.shape : []));
      return { id, inputNames, outputNames, outputShapes };
    },
    async run(id, feeds, fetches) {
      const inputs = Object.entries(feeds).map(([name, { type, data, dims }]) => {
        const values = data.buffer instanceof SharedArrayBuffer ? data.slice() : data;
        return [name, new library.Tensor(type as "float32", values as Float32Array, dims)] as const;
      });
      const results = await sessions.get(id)!.run(Object.fromEntries(inputs), fetches);
      const outputs = fetches.map((name): [string, RuntimeTensor] => {
        const { type, dims, data } = results[name] as ort.TypedTensor<"float32">;
        // Half precision travels as bits, also where the language has an array type for it.
        const isHalf = (type as string) === "float16";
        const bits = isHalf ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data;
        return [name, { type, dims, data: bits }];
      });
      return Object.fromEntries(outputs);
    },
    async release(id) {
      const session = sessions.get(id);
      sessions.delete(id);
      await session?.release();
    },
  };
}
