// Starts the engines beside the reference: onnxruntime-web in Node, and in a real Chromium.

import type { Runtime } from "@vielbein/core/runtime";
import { WebRuntime } from "@vielbein/runtime-web";
import { missing, RemoteBrowser } from "../../runtime-web/test/chromium.ts";
import { accuracy, type Backend } from "./backends.ts";
import { runtime as reference } from "./helpers.ts";

export interface Engine {
  /** Why it cannot be tested here; undefined where it can. */
  readonly missing: string | undefined;
  /** About how many cases of an operator to run, spread over all; VIELBEIN_EVERY_CASE=1 runs every one. */
  readonly casesPerOperator: number;
  /** The same of operators that are written out as many nodes, whose own rules have cases. */
  readonly casesPerUnrolled: number;
  /** Which of the miniatures of families to run; VIELBEIN_EVERY_CASE=1 runs every one. */
  runsMiniature(file: string): boolean;
  open(): Promise<Backend & { close(): Promise<void> }>;
}

/**
 * The runtime, but for trials, which run on WebAssembly there: that engine has all cases of its own, and the reference
 * tries a model in a tenth of the time.
 */
function withQuickTrials(own: Runtime): Runtime {
  return {
    name: own.name,
    portable: true,
    createSession: (model, options) => (options?.trial ? reference : own).createSession(model, options),
  };
}

const every = process.env.VIELBEIN_EVERY_CASE === "1";

/** One of images, of waveforms, of a flow and of a transformer. */
const onAccelerator = ["taesd_torchscript", "hifigan_dynamo", "glow_torchscript", "dit_dynamo"];

export const engines: Readonly<Record<"wasm" | "webgpu", Engine>> = {
  wasm: {
    missing: undefined,
    casesPerOperator: Number.POSITIVE_INFINITY,
    casesPerUnrolled: Number.POSITIVE_INFINITY,
    // Every family is written by this exporter.
    runsMiniature: (file) => every || file.endsWith("_torchscript"),
    open: async () => {
      const runtime = await WebRuntime.create({ provider: "wasm" });
      return { runtime, ...accuracy.wasm, close: () => runtime.dispose() };
    },
  },
  webgpu: {
    missing,
    // Every one compiles shaders, on a processor.
    casesPerOperator: every ? Number.POSITIVE_INFINITY : 8,
    casesPerUnrolled: every ? Number.POSITIVE_INFINITY : 2,
    runsMiniature: (file) => every || onAccelerator.includes(file),
    open: async () => {
      const browser = await RemoteBrowser.open();
      // What WebGPU cannot do is to be seen, not to be done elsewhere.
      const runtime = await browser.runtime({ provider: "webgpu", fallback: false });
      return { runtime: withQuickTrials(runtime), ...accuracy.webgpu, close: () => browser.close() };
    },
  },
};
