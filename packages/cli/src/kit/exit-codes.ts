// The exit status of an error.

import { type ErrorCode, VielbeinError } from "@vielbein/core";
import { LinalgError, type LinalgErrorCode } from "@vielbein/linalg";
import { CommanderError } from "commander";
import { EXIT } from "./exit.ts";

const byCode: Readonly<Record<ErrorCode | LinalgErrorCode, number>> = {
  INVALID_ARGUMENT: EXIT.usage,
  OUT_OF_RANGE: EXIT.badInput,
  SHAPE_MISMATCH: EXIT.badInput,
  NOT_FINITE: EXIT.badInput,
  INVALID_MODEL: EXIT.badInput,
  INVALID_SPACE: EXIT.badInput,
  INVALID_FILE: EXIT.badInput,
  UNSUPPORTED_OPERATOR: EXIT.badInput,
  MISSING_FILE: EXIT.missingFile,
  BACKEND_UNAVAILABLE: EXIT.backendUnavailable,
  BACKEND_FAILED: EXIT.badInput,
  BACKEND_CRASHED: EXIT.badInput,
  NUMERICAL_FAILURE: EXIT.numericalFailure,
  NO_CONVERGENCE: EXIT.numericalFailure,
  MEMORY_BUDGET: EXIT.tryAgain,
  TIME_LIMIT: EXIT.tryAgain,
};

/** A file that cannot be written. */
export class CannotWriteError extends Error {}

/** An interrupt that says what became of the work. */
export class InterruptedError extends Error {
  override readonly name: string = "AbortError";
}

/** Work that was stopped in good order, and that the same command goes on with. */
export class TryAgainError extends Error {}

/** The failure of another process, with the exit status that it ended with. */
export class StatusError extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** Whether the operating system, or JavaScript, refused memory for an array; not for one of a negative length. */
export function isOutOfMemory(error: unknown): boolean {
  return (
    error instanceof RangeError &&
    /allocation failed|invalid (typed )?array( buffer)? length(?!: -)/i.test(error.message)
  );
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof VielbeinError || error instanceof LinalgError) return byCode[error.code];
  // Commander's own exits: 0 for help and version, anything else is a usage error.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (isOutOfMemory(error)) return EXIT.tryAgain;
  if (error instanceof StatusError) return error.status;
  if (error instanceof TryAgainError) return EXIT.tryAgain;
  if (error instanceof CannotWriteError) return EXIT.cannotWrite;
  if (error instanceof Error && error.name === "AbortError") return EXIT.interrupted;
  return EXIT.unexpected;
}
