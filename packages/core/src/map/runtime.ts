// The port that engines implement. `core` and `onnx` know engines only through these interfaces.

import type { NpyData } from "@vielbein/linalg/npy";

/** The typed arrays that hold tensors, which are those of `.npy` files. */
export type TensorData = NpyData;

/** Element types by ONNX Runtime's names. `float16` travels as raw bits in a Uint16Array, `bool` as Uint8Array. */
export type TensorType =
  | "float32"
  | "float64"
  | "float16"
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "bool";

/** A tensor as engines take and return it, row-major. */
export interface RuntimeTensor {
  /** Type of the elements. */
  readonly type: TensorType;
  /** Lengths of the axes; `[]` for a single number. */
  readonly dims: readonly number[];
  /** Elements, row-major. */
  readonly data: TensorData;
}

/** A serialised ONNX model, and the files that its external data refers to, by their relative names. */
export interface ModelSource {
  /** The encoded model. */
  readonly bytes: Uint8Array;
  /** Its external data: bytes by the name that the model uses. */
  readonly files?: ReadonlyMap<string, Uint8Array> | undefined;
}

/** How an engine loads a graph. */
export interface SessionOptions {
  /** `false` runs the graph node by node as written (needed to probe every tensor). Default `true`. */
  readonly optimize?: boolean | undefined;
  /**
   * Marks the first runs of a graph that nobody vouches for: it may crash the engine, want any amount of memory, or
   * never end. A runtime that can keeps them apart from the program that asks. Absent: the graph, or what it was
   * derived from, has passed a trial.
   */
  readonly trial?: TrialLimits | undefined;
  /**
   * `false` gives the memory of a run back after it: for graphs with large tensors, whose runs cost far more than fresh
   * memory does. Default: what the runtime was told.
   */
  readonly arena?: boolean | undefined;
  /**
   * Whether {@link Session.keep} is what it is for: then results stay on the accelerator, if there is one. Default
   * `false`.
   */
  readonly keeps?: boolean | undefined;
}

/** What the first runs of a graph that nobody vouches for may take. */
export interface TrialLimits {
  /** Bytes that a run may take in addition to the weights. */
  readonly memory: number;
  /** How long one call may take, where the runtime was not told. */
  readonly seconds?: number | undefined;
}

/** The same engine without its accelerator. */
export interface Reference {
  /** Opens a session of the same graph without the accelerator. */
  createSession(model: ModelSource, options?: SessionOptions): Promise<Session>;
  /** Opens sessions without the accelerator from now on, for a reason that becomes a remark. */
  leave(reason: string): void;
  /** Adds to the remarks of the runtime that nothing was compared, and why. */
  pass(reason: string): void;
}

/**
 * The port of engines: whatever can run an ONNX graph. `@vielbein/runtime-node` and `@vielbein/runtime-web`
 * are two.
 */
export interface Runtime {
  /** Engine and provider, recorded in provenance, e.g. `onnxruntime-node 1.30.0 (cpu)`. */
  readonly name: string;
  /** Whether derivatives should keep to operators that every engine runs on its accelerator. Default `false`. */
  readonly portable?: boolean | undefined;
  /** Where sessions run on an accelerator, which may err without saying so: what to compare it with. */
  readonly reference?: Reference | undefined;
  /** What users of the results should know. */
  readonly remarks?: readonly string[] | undefined;
  /** Loads a graph, ready to run. */
  createSession(model: ModelSource, options?: SessionOptions): Promise<Session>;
}

/**
 * A result that stays with the engine, to be fed to sessions of the same runtime: large results that are read many
 * times need not be copied back and forth.
 */
export interface KeptTensor {
  /** Type of the elements. */
  readonly type: TensorType;
  /** Lengths of the axes; `[]` for a single number. */
  readonly dims: readonly number[];
  /** A copy. */
  read(): Promise<RuntimeTensor>;
  /** Gives its memory free. Safe to call twice. */
  release(): Promise<void>;
}

/** What a session is fed, by the names of its inputs. */
export type Feeds = Readonly<Record<string, RuntimeTensor | KeptTensor>>;

/** A loaded graph, ready to run. */
export interface Session {
  /** Names of the tensors to feed. */
  readonly inputNames: readonly string[];
  /** Names of the tensors that can be fetched. */
  readonly outputNames: readonly string[];
  /**
   * Shapes of the outputs, as far as the engine tells them without a run: an unknown extent is a name, and
   * `[]` is a scalar or an unknown shape. Absent where the engine does not report shapes.
   */
  readonly outputShapes?: readonly (readonly (number | string)[])[] | undefined;
  /** One run of the graph; `fetches` are the outputs to compute, all by default. Results by their names. */
  run(feeds: Feeds, fetches?: readonly string[]): Promise<Record<string, RuntimeTensor>>;
  /** A run whose results stay with the engine. Absent where the runtime has no such thing. */
  readonly keep?:
    | ((feeds: Feeds, fetches: readonly string[]) => Promise<Record<string, KeptTensor>>)
    | undefined;
  /** Releases the engine's memory. Safe to call twice. */
  dispose(): Promise<void>;
}

// What passes between a runtime and an engine in another thread ------------------------------------------

/** A session inside an engine, by its number there. */
export interface EngineSession {
  /** Number of the session, unique in its engine. */
  readonly id: number;
  /** Names of the tensors to feed. */
  readonly inputNames: readonly string[];
  /** Names of the tensors that can be fetched. */
  readonly outputNames: readonly string[];
  /** As in {@link Session}; empty where the engine does not report shapes. */
  readonly outputShapes: readonly (readonly (number | string)[])[];
}

/** A tensor that was left with an engine, by its number there. */
export interface Kept extends Omit<RuntimeTensor, "data"> {
  /** The number by which the engine knows the tensor. */
  readonly kept: number;
}

/** Inputs of a run by name; some of them may have stayed with the engine since an earlier run. */
export type EngineFeeds = Readonly<Record<string, RuntimeTensor | Kept>>;

/** Runs of an engine's sessions. */
export interface RunningEngine {
  /** One run of the session of that number; results by their names. */
  run(id: number, feeds: EngineFeeds, fetches: readonly string[]): Promise<Record<string, RuntimeTensor>>;
  /** Releases the session of that number. */
  release(id: number): Promise<void>;
}

/** An engine that also keeps results. */
export interface KeepingEngine extends RunningEngine {
  /** A run whose results stay, until they are dropped. */
  keep(id: number, feeds: EngineFeeds, fetches: readonly string[]): Promise<Record<string, Kept>>;
  /** A copy of a tensor that was left. */
  read(kept: number): Promise<RuntimeTensor>;
  /** Gives the memory of a tensor that was left free. */
  drop(kept: number): Promise<void>;
}
