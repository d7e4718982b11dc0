// The engines that the operators are tested on, and how exact each of them is.

import type { Runtime } from "@vielbein/core/runtime";
import { runtime } from "./helpers.ts";

export interface Tolerances {
  /** Relative error against the reference. */
  readonly exact: number;
  /** Relative difference between several vectors at once and one alone. */
  readonly repeated: number;
}

interface Accuracy {
  /** Whether derivatives keep to operators that every engine has. */
  readonly portable: boolean;
  readonly single: Tolerances;
  /** Undefined: the engine is not meant to compute in double precision. */
  readonly double?: Tolerances;
  /** Operators that the engine is allowed to compute less exactly. */
  readonly inexact?: Readonly<Record<string, number>>;
}

// What is left in double precision is the rounding of the results to float32.
const ieee: Accuracy = {
  portable: false,
  single: { exact: 2e-5, repeated: 2e-6 },
  double: { exact: 5e-7, repeated: 2e-6 },
};

export const accuracy = {
  cpu: ieee,
  wasm: ieee,
  webgpu: {
    portable: true,
    single: { exact: 1e-4, repeated: 1e-5 },
    // WGSL grants sine and cosine an absolute error of 2⁻¹¹; SwiftShader's are off by 10⁻⁴.
    inexact: { Sin: 1e-3, Cos: 1e-3, Tan: 1e-3 },
  },
} satisfies Record<string, Accuracy>;

export interface Backend extends Accuracy {
  readonly runtime: Runtime;
}

/** onnxruntime-node's CPU provider, on which the reference values rest too. */
export const cpu: Backend = { runtime, ...accuracy.cpu };

/** The engine with its tolerances for one operator. */
export function forOperator(backend: Backend, op: string): Backend {
  const exact = backend.inexact?.[op];
  return exact === undefined ? backend : { ...backend, single: { exact, repeated: exact } };
}
