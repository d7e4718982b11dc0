// ONNX Runtime behind three calls, on the calling thread or on another. Callers make one call at a time.

import type {
  EngineSession,
  KeepingEngine,
  Kept,
  RunningEngine,
  RuntimeTensor,
} from "@vielbein/core/runtime";
import type * as ort from "onnxruntime-node";

export type EngineOptions = Omit<ort.InferenceSession.SessionOptions, "externalData">;

export interface Engine extends RunningEngine {
  /** `files` are those that the model's external data lies in, by their relative names. */
  create(
    model: Uint8Array,
    files: readonly (readonly [string, Uint8Array])[],
    options: EngineOptions,
  ): Promise<EngineSession>;
}

/** One that also keeps results. */
export type KeepingNodeEngine = Engine & KeepingEngine;

/** Where an engine puts what it keeps. */
export interface Shelf {
  put(tensor: RuntimeTensor): Kept;
  get(kept: number): RuntimeTensor;
  drop(kept: number): void;
  /** Gives the memory of an array back at once; the array is empty afterwards. */
  free(array: RuntimeTensor["data"]): void;
}

/** Self-contained, like `makeEngine`. */
export function makeShelf(): Shelf {
  const tensors = new Map<number, RuntimeTensor>();
  let count = 0;
  const shelf: Shelf = {
    put(tensor) {
      tensors.set(count, tensor);
      return { type: tensor.type, dims: tensor.dims, kept: count++ };
    },
    get(kept) {
      const tensor = tensors.get(kept);
      if (!tensor) throw new Error(`the engine keeps no tensor ${kept}`);
      return tensor;
    },
    drop(kept) {
      shelf.free(shelf.get(kept).data);
      tensors.delete(kept);
    },
    free(array) {
      // The collector of garbage would leave a large array for long; a port that closes takes it along at once.
      const { port1, port2 } = new MessageChannel();
      port1.postMessage(undefined, [array.buffer as ArrayBuffer]);
      port1.close();
      port2.close();
    },
  };
  return shelf;
}

/**
 * The engine on this thread. A worker thread is given the source text of this function, so it must not refer
 * to anything outside itself but its arguments.
 */
export function makeEngine(library: typeof ort, shelf: Shelf): KeepingNodeEngine {
  const sessions = new Map<number, ort.InferenceSession>();
  let created = 0;
  const run: Engine["run"] = async (id, feeds, fetches) => {
    const session = sessions.get(id);
    if (!session) throw new Error(`the engine has no session ${id}`);
    const inputs = Object.entries(feeds).map(([name, feed]) => {
      const { type, data, dims } = "kept" in feed ? shelf.get(feed.kept) : feed;
      const values = data.buffer instanceof SharedArrayBuffer ? data.slice() : data;
      return [name, new library.Tensor(type as "float32", values as Float32Array, dims)] as const;
    });
    const results = await session.run(Object.fromEntries(inputs), fetches);
    const outputs = fetches.map((name): [string, RuntimeTensor] => {
      const { type, dims, data } = results[name] as ort.TypedTensor<"float32">;
      // Half precision travels as bits, also where the language has an array type for it.
      const isHalf = (type as string) === "float16";
      return [
        name,
        { type, dims, data: isHalf ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data },
      ];
    });
    return Object.fromEntries(outputs);
  };
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
    run,
    async keep(id, feeds, fetches) {
      const outputs = Object.entries(await run(id, feeds, fetches));
      return Object.fromEntries(outputs.map(([name, tensor]) => [name, shelf.put(tensor)]));
    },
    async read(kept) {
      const tensor = shelf.get(kept);
      return { ...tensor, data: tensor.data.slice() };
    },
    async drop(kept) {
      shelf.drop(kept);
    },
    async release(id) {
      const session = sessions.get(id);
      sessions.delete(id);
      await session?.release();
    },
  };
}
