// What a page and its worker say to each other: calls of the worker's procedures, each answered once, how far they are,
// and cancellations.
//
// Messages are typed and not checked again: a dedicated worker hears the page that started it and nobody else, both are
// built together, and a structured clone leaves nothing to parse. What comes from outside, such as models, directions
// and addresses, is checked where it is read. A worker of another build shows in a procedure that it does not have,
// which is refused by name.

import { type ErrorCode, VielbeinError } from "@vielbein/core";
import { EngineFailure } from "../failure.ts";

/**
 * What a procedure of a worker takes, returns, and reports while it is under way: anything that a structured clone
 * carries.
 */
export interface Procedure<Args = readonly unknown[], Result = unknown, Progress = unknown> {
  /** Types of the arguments. */
  readonly args: Args;
  /** Type of the result. */
  readonly result: Result;
  /** Type of what is reported before the result. */
  readonly progress: Progress;
}

/** The procedures of a worker by name. */
export type Procedures<P> = { readonly [Name in keyof P]: Procedure };

export interface CallRequest {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

/** `cancel`: the call with that id is no longer wanted. */
export type Request = CallRequest | { readonly cancel: number };

export type Reply =
  | { readonly id: number; readonly progress: unknown }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: Failure };

/** An error on its way, whose class and code a structured clone would lose. */
export interface Failure {
  readonly message: string;
  /** Of a {@link VielbeinError}. */
  readonly code?: ErrorCode | undefined;
  /** Of an {@link EngineFailure}. */
  readonly fatal?: boolean | undefined;
}

export function failureOf(error: unknown): Failure {
  if (!(error instanceof VielbeinError)) {
    return { message: error instanceof Error ? error.message : String(error) };
  }
  const { message, code } = error;
  return { message, code, fatal: error instanceof EngineFailure ? error.fatal : undefined };
}

export function errorOf({ message, code, fatal }: Failure): Error {
  if (code === undefined) return new Error(message);
  return fatal === undefined ? new VielbeinError(code, message) : new EngineFailure(code, message, fatal);
}
