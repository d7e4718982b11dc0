// What page and worker say to each other: calls of the engine's methods, each answered once, and cancellations.

import type { ErrorCode } from "@vielbein/core";
import type { ExplorerEngine } from "@vielbein/viz/explorer";

export type Method = Exclude<keyof ExplorerEngine, "dispose">;

export type Result<Name extends Method> = Awaited<ReturnType<ExplorerEngine[Name]>>;

export type Request =
  | { readonly id: number; readonly name: Method; readonly args: readonly unknown[] }
  /** Give up the call of that id. */
  | { readonly cancel: number };

export type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: Failure };

export interface Failure {
  /** `aborted` for a call that was cancelled. */
  readonly code: ErrorCode | "aborted" | "unexpected";
  readonly message: string;
}
