// Typed errors. Every message names the subject, the rule, the actual value and the remedy;
// `code` is stable and meant for programs.

/** What a {@link LinalgError} is about: stable names for programs. */
export type LinalgErrorCode =
  /** The number of elements does not fit the shape, or two shapes do not fit each other. */
  | "SHAPE_MISMATCH"
  /** A NaN or an infinity where finite numbers are required, or a result beyond the range of float64. */
  | "NOT_FINITE"
  /** An iteration reached its cap. Iterative methods throw a `ConvergenceError`, which has the partial result. */
  | "NO_CONVERGENCE"
  /** The problem has no solution of the kind asked for: a singular system, a matrix that is not positive definite. */
  | "NUMERICAL_FAILURE"
  /** An argument outside its documented range. */
  | "INVALID_ARGUMENT"
  /** Bytes that are not a file of the expected format, are cut short, or hold an element type that we do not read. */
  | "INVALID_FILE"
  /** The computation needs more memory than `initialize({ maxMemory })` or the address space allows. */
  | "MEMORY_BUDGET"
  /** The backend asked for does not run here: no WebAssembly, no relaxed SIMD, no worker threads. */
  | "BACKEND_UNAVAILABLE";

/** Everything that this package throws on purpose; `code` stays the same between versions. */
export class LinalgError extends Error {
  /** `LinalgError`, or the name of the class derived from it. */
  override readonly name: string = "LinalgError";
  /** What went wrong, for programs; the same between versions. */
  readonly code: LinalgErrorCode;

  constructor(code: LinalgErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A LAPACK routine ended with INFO ≠ 0. `code` says what that means. */
export class LapackError extends LinalgError {
  /** `LapackError`. */
  override readonly name: string = "LapackError";
  /** Name of the LAPACK driver, such as `"dgesdd"`. */
  readonly routine: string;
  /** Its INFO, as LAPACK documents it. */
  readonly info: number;

  constructor(code: LinalgErrorCode, message: string, routine: string, info: number) {
    super(code, message);
    this.routine = routine;
    this.info = info;
  }
}

/** An iterative method reached its cap. `code` is `NO_CONVERGENCE`. */
export class ConvergenceError<Partial> extends LinalgError {
  /** `ConvergenceError`. */
  override readonly name: string = "ConvergenceError";
  /** The best result so far, with its residuals: the vectors whose residuals are small enough can be used. */
  readonly partial: Partial;

  constructor(message: string, partial: Partial) {
    super("NO_CONVERGENCE", message);
    this.partial = partial;
  }
}
