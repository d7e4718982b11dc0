// What the runtime and its worker say to each other. Arrays are handed over, not copied again.

import type { ErrorCode, ModelSource, RuntimeTensor, SessionOptions } from "@vielbein/core";
import type { EngineOptions, EngineSession, Tensors } from "../engine.ts";

/** The worker's procedures: arguments and results. */
export interface Procedures {
  open(options: EngineOptions): { readonly version: string };
  create(model: ModelSource, options: SessionOptions): EngineSession;
  run(id: number, feeds: Tensors, fetches: readonly string[]): Record<string, RuntimeTensor>;
  release(id: number): void;
}

export interface Request<Name extends keyof Procedures = keyof Procedures> {
  readonly id: number;
  readonly name: Name;
  readonly args: Parameters<Procedures[Name]>;
}

export type Reply =
  | { readonly id: number; readonly result: unknown }
  | {
      readonly id: number;
      readonly error: { readonly code: ErrorCode; readonly message: string; readonly fatal: boolean };
    };

/** The memory of tensors, to hand it over. */
export function buffersOf(tensors: Tensors): ArrayBuffer[] {
  return [...new Set(Object.values(tensors).map(({ data }) => data.buffer as ArrayBuffer))];
}
