// What the pool and its workers say to each other.

import type { InitializeOptions } from "../backend/backend.ts";
import type { Matrix } from "../matrix.ts";

/** First message to a worker. */
export interface PoolStart {
  readonly initialize: InitializeOptions;
}

export interface PoolRequest {
  readonly id: number;
  readonly task: "svd" | "eigh" | "qr";
  readonly matrix: Matrix;
  readonly options: object | undefined;
}

export type PoolReply =
  | { readonly id: number; readonly result: unknown }
  | {
      readonly id: number;
      readonly error: {
        readonly message: string;
        readonly code?: string | undefined;
        readonly routine?: string | undefined;
        readonly info?: number | undefined;
      };
    };
