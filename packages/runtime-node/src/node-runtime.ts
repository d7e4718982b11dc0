// The Runtime port on onnxruntime-node.

import { createRequire } from "node:module";
import { VielbeinError } from "@vielbein/core";
import {
  type ModelSource,
  type Runtime,
  type Session,
  type SessionOptions,
  type TrialLimits,
  Turns,
} from "@vielbein/core/runtime";
import { type EngineOptions, type KeepingNodeEngine, makeEngine, makeShelf } from "./engine.ts";
import { EngineThread } from "./engine-thread.ts";
import { type InTurn, NodeSession, oneLine, type Seat } from "./node-session.ts";
import { type Provider, type ProviderReport, requireProviders, tryOut } from "./providers.ts";
import { type Tenant, TrialProcess } from "./trial-process.ts";

/** Provider, threads and memory of onnxruntime-node. */
export interface NodeRuntimeOptions {
  /** Threads inside one operator, at least 1. Default: ONNX Runtime's choice, one per physical core. */
  readonly threads?: number | undefined;
  /**
   * Keeps the memory of a run for the next, in an arena that never shrinks. `false` returns it to the system after
   * each run: less memory, more time. Default `true`.
   */
  readonly arena?: boolean | undefined;
  /**
   * Lays out the memory of a run in one piece, after the first run with these shapes. `true` takes more memory and
   * saves no time where tangents are large (tools/bench/memory). Default `false`.
   */
  readonly memoryPattern?: boolean | undefined;
  /**
   * How far ONNX Runtime rewrites graphs. Default `extended`; `all` also re-lays out convolutions, which may be
   * faster and takes about twice the memory.
   */
  readonly optimization?: "disabled" | "basic" | "extended" | "all" | undefined;
  /**
   * Runs on a worker thread, so that the event loop goes on meanwhile. `false` runs on the calling thread, which saves
   * a copy of every tensor and a few hundredths of a millisecond per run. Default `true`.
   */
  readonly worker?: boolean | undefined;
  /**
   * Runs a graph for the first time in a process of its own, with a limit on its memory: a model that crashes the
   * engine, or wants too much of it, fails with an error. `false` runs it here, which saves the start of that process.
   * Default `true`.
   */
  readonly isolate?: boolean | undefined;
  /** How long the engine may take over the trial of a graph, in seconds. Default 600, and 20 for a graph that loops. */
  readonly trialSeconds?: number | undefined;
}

/** Ends the threads of runtimes that nobody can reach any more, which therefore are idle. */
const forgotten: FinalizationRegistry<EngineThread> = new FinalizationRegistry(
  (thread) => void thread.terminate(),
);

/** Far more than one point through any generator takes. */
const TRIAL_SECONDS = 600;

/** Bytes of weights by which the limits of trial processes differ, so that graphs of one model share a process. */
const WEIGHT_STEP = 2 ** 24;

const levels: readonly string[] = ["disabled", "basic", "extended", "all"];

/**
 * ONNX Runtime in Node, on the CPU or, if made by {@link NodeRuntime.create}, on the first of several providers that
 * works. Sessions of one runtime take turns; an idle runtime does not keep the process alive.
 */
export class NodeRuntime implements Runtime {
  readonly name: string;
  readonly portable: boolean;
  readonly #provider: Provider;
  readonly #options: NodeRuntimeOptions;
  readonly #library: string;
  readonly #turns: Turns = new Turns();
  readonly #trialTurns: Turns = new Turns();
  /** Those with sessions of this runtime, by the bytes that they may take. */
  readonly #trials: Map<number, TrialProcess> = new Map();
  readonly #tenant: Tenant;
  readonly #inTurn: InTurn<KeepingNodeEngine> = (task) =>
    this.#turns.take(async () => {
      this.#engine ??= this.#start();
      return task(await this.#engine);
    });
  #engine: Promise<KeepingNodeEngine> | undefined;
  #tried: readonly ProviderReport[];

  /**
   * @throws {VielbeinError} `INVALID_ARGUMENT` when an option is out of range; `BACKEND_UNAVAILABLE` when
   *   onnxruntime-node is not installed.
   */
  constructor(options: NodeRuntimeOptions & { readonly provider?: Provider } = {}) {
    const { threads, optimization, trialSeconds, provider = "cpu" } = options;
    if (threads !== undefined && (!Number.isInteger(threads) || threads < 1)) {
      throw new VielbeinError("INVALID_ARGUMENT", `threads must be a positive integer, got ${threads}.`);
    }
    if (trialSeconds !== undefined && !(trialSeconds > 0)) {
      throw new VielbeinError("INVALID_ARGUMENT", `trialSeconds must be positive, got ${trialSeconds}.`);
    }
    if (optimization !== undefined && !levels.includes(optimization)) {
      throw new VielbeinError(
        "INVALID_ARGUMENT",
        `optimization must be one of ${levels.join(", ")}, got "${optimization}".`,
      );
    }
    requireProviders([provider]);
    const { path, version } = locateLibrary();
    this.#library = path;
    this.name = `onnxruntime-node ${version} (${provider})`;
    this.portable = provider === "webgpu";
    this.#provider = provider;
    this.#options = options;
    this.#tried = [{ provider }];
    const trials = this.#trials;
    this.#tenant = { whenLeft: ({ limit }) => trials.delete(limit) };
  }

  /**
   * A runtime on the first of `providers` that can run a graph; {@link NodeRuntime.report} says what became of those
   * before it.
   *
   * @throws {VielbeinError} `BACKEND_UNAVAILABLE`, with the reasons, when none can; what the constructor throws.
   */
  static async create(
    options: NodeRuntimeOptions & { readonly providers: readonly Provider[] },
  ): Promise<NodeRuntime> {
    const { providers, ...rest } = options;
    requireProviders(providers);
    const tried: ProviderReport[] = [];
    for (const provider of providers) {
      const runtime = new NodeRuntime({ ...rest, provider });
      try {
        await tryOut(runtime);
        runtime.#tried = [...tried, { provider }];
        return runtime;
      } catch (error) {
        tried.push({ provider, reason: reasonOf(error) });
        await runtime.dispose();
      }
    }
    throw new VielbeinError(
      "BACKEND_UNAVAILABLE",
      `No execution provider can be used: ${tried.map(({ provider, reason }) => `${provider}: ${reason}`).join("; ")}. WebGPU needs a GPU driver, CUDA needs its libraries in addition to ONNX Runtime (README of @vielbein/runtime-node); cpu works everywhere.`,
    );
  }

  /** The providers that were tried, in order; the last one is in use. */
  get report(): readonly ProviderReport[] {
    return this.#tried;
  }

  /** Loads a graph, ready to run. */
  createSession(model: ModelSource, options: SessionOptions = {}): Promise<Session> {
    const settings = this.#engineOptions(options);
    if (!options.trial || this.#options.isolate === false) {
      return NodeSession.open({ inTurn: this.#inTurn, keeping: this.#inTurn }, model, settings);
    }
    const trial = this.#trialProcess(trialLimit(options.trial, model));
    trial.admit();
    const seconds = this.#options.trialSeconds ?? options.trial.seconds ?? TRIAL_SECONDS;
    const inTurn: InTurn = (task) => this.#trialTurns.take(() => task(trial.allowing(seconds)));
    const seat: Seat = { inTurn, limit: trial.limit };
    return NodeSession.open(seat, model, settings);
  }

  /**
   * Ends the worker thread once the work under way is done, and trials at once. Sessions of this runtime must not be
   * used afterwards. Without it, the thread ends when the runtime and its sessions are garbage-collected.
   */
  async dispose(): Promise<void> {
    for (const trial of this.#trials.values()) trial.terminate();
    await this.#turns.take(async () => {
      const engine = await this.#engine;
      if (engine instanceof EngineThread) await engine.terminate();
    });
  }

  #trialProcess(limit: number): TrialProcess {
    const running = this.#trials.get(limit);
    if (running) return running;
    silenceTelemetry();
    const trial = TrialProcess.take(this.#library, limit, this.#tenant);
    this.#trials.set(limit, trial);
    return trial;
  }

  async #start(): Promise<KeepingNodeEngine> {
    silenceTelemetry();
    if (this.#options.worker === false) return makeEngine(await import("onnxruntime-node"), makeShelf());
    const thread = new EngineThread(this.#library);
    forgotten.register(this, thread);
    return thread;
  }

  #engineOptions({
    optimize = true,
    trial,
    arena = this.#options.arena ?? true,
  }: SessionOptions): EngineOptions {
    const { threads, memoryPattern = false, optimization = "extended" } = this.#options;
    return {
      executionProviders: [trial ? "cpu" : this.#provider],
      graphOptimizationLevel: optimize ? optimization : "disabled",
      enableCpuMemArena: arena,
      enableMemPattern: memoryPattern,
      extra: {
        // Packed copies of the weights pay off from the second run on; a probe runs once.
        session: {
          disable_prepacking: optimize ? "0" : "1",
          // Threads that wait for the next run by spinning pay off later still.
          intra_op: { allow_spinning: trial ? "0" : "1" },
        },
        // Pad_Fusion merges a zero padding into a following MaxPool, which pads by −∞: wrong values.
        optimization: { disable_specified_optimizers: "Pad_Fusion" },
      },
      // Only what is fatal: failures are thrown, and need not be printed as well.
      logSeverityLevel: 4,
      ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    };
  }
}

/** Bytes that the trial of a model may take. */
function trialLimit({ memory }: TrialLimits, { bytes, files }: ModelSource): number {
  const weights = [bytes, ...(files?.values() ?? [])].reduce((sum, { byteLength }) => sum + byteLength, 0);
  // Each is there as a file, on its way to the engine and in the engine.
  return memory + 3 * WEIGHT_STEP * Math.floor(weights / WEIGHT_STEP);
}

/** Where onnxruntime-node is, without loading its native part. */
function locateLibrary(): { path: string; version: string } {
  const require = createRequire(import.meta.url);
  try {
    const { version } = require("onnxruntime-node/package.json") as { version: string };
    return { path: require.resolve("onnxruntime-node"), version };
  } catch (cause) {
    throw new VielbeinError(
      "BACKEND_UNAVAILABLE",
      "onnxruntime-node is not installed. It is a peer dependency of @vielbein/runtime-node: npm install --ignore-scripts onnxruntime-node",
      { cause },
    );
  }
}

/**
 * From 1.29 on, ONNX Runtime for Linux and macOS keeps a device identifier in the home folder and tells its maker of
 * every model, unless told otherwise before its first session. What the user has set stands.
 */
function silenceTelemetry(): void {
  process.env.ORT_DISABLE_TELEMETRY ??= "1";
}

/** The engine's own words, without the place in its source that they come from. */
function reasonOf(error: unknown): string {
  const cause = error instanceof VielbeinError && error.cause !== undefined ? error.cause : error;
  return oneLine(cause).replace(/^(.*was false\. |OrtSessionOptions\w+: )/, "");
}
