// The Runtime port on onnxruntime-node. A run blocks the event loop until it is done (ONNX Runtime's
// binding computes on the main thread), so long work is cut into chunks by its callers.

import {
  type ModelSource,
  type Runtime,
  type RuntimeTensor,
  type Session,
  type SessionOptions,
  type TensorType,
  VielbeinError,
} from "@vielbein/core";
import * as ort from "onnxruntime-node";

export interface NodeRuntimeOptions {
  /** Threads inside one operator, at least 1. Default: ONNX Runtime's choice, one per physical core. */
  readonly threads?: number;
}

export class NodeRuntime implements Runtime {
  readonly name: string = `onnxruntime-node ${ort.env.versions.node ?? ort.env.versions.common} (cpu)`;
  private readonly threads: number | undefined;

  /** @throws {VielbeinError} `INVALID_ARGUMENT` when `threads` is not a positive integer. */
  constructor(options: NodeRuntimeOptions = {}) {
    const { threads } = options;
    if (threads !== undefined && (!Number.isInteger(threads) || threads < 1)) {
      throw new VielbeinError("INVALID_ARGUMENT", `threads must be a positive integer, got ${threads}.`);
    }
    this.threads = threads;
  }

  async createSession(model: ModelSource, options: SessionOptions = {}): Promise<Session> {
    const files = [...(model.files ?? [])];
    const optimize = options.optimize ?? true;
    try {
      const session = await ort.InferenceSession.create(model.bytes, {
        executionProviders: ["cpu"],
        // "all" would re-lay-out convolutions at twice the memory for the weights and the tangents.
        graphOptimizationLevel: optimize ? "extended" : "disabled",
        extra: {
          // Packed copies of the weights pay off from the second run on; a probe runs once.
          session: { disable_prepacking: optimize ? "0" : "1" },
          // Pad_Fusion merges a zero padding into a following MaxPool, which pads by −∞: wrong values.
          optimization: { disable_specified_optimizers: "Pad_Fusion" },
        },
        logSeverityLevel: 3,
        ...(this.threads === undefined ? {} : { intraOpNumThreads: this.threads }),
        externalData: files.map(([path, data]) => ({ path, data })),
      });
      return new NodeSession(session);
    } catch (error) {
      throw failure("BACKEND_FAILED", "ONNX Runtime does not accept the graph", error);
    }
  }
}

class NodeSession implements Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  private session: ort.InferenceSession | undefined;

  constructor(session: ort.InferenceSession) {
    this.session = session;
    this.inputNames = session.inputNames;
    this.outputNames = session.outputNames;
  }

  async run(
    feeds: Readonly<Record<string, RuntimeTensor>>,
    fetches: readonly string[] = this.outputNames,
  ): Promise<Record<string, RuntimeTensor>> {
    if (!this.session)
      throw new VielbeinError("BACKEND_FAILED", "The session was disposed; create a new map.");
    const inputs: Record<string, ort.Tensor> = {};
    for (const [name, { type, data, dims }] of Object.entries(feeds)) {
      inputs[name] = new ort.Tensor(type as "float32", data as Float32Array, dims);
    }
    try {
      const outputs = await this.session.run(inputs, fetches);
      return Object.fromEntries(fetches.map((name) => [name, fromOrt(outputs[name]!)]));
    } catch (error) {
      throw failure("BACKEND_FAILED", "ONNX Runtime failed while running the graph", error);
    }
  }

  async dispose(): Promise<void> {
    const session = this.session;
    this.session = undefined;
    await session?.release();
  }
}

function fromOrt(tensor: ort.Tensor): RuntimeTensor {
  return { type: tensor.type as TensorType, dims: tensor.dims, data: tensor.data as Float32Array };
}

function failure(code: "BACKEND_FAILED", what: string, cause: unknown): VielbeinError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new VielbeinError(code, `${what}: ${detail.replace(/\s+/g, " ").trim()}`, { cause });
}
