// Typed errors. Every message names the subject, the rule, the actual value and the remedy;
// `code` is stable and meant for programs.

export type LinalgErrorCode =
  /** The number of elements does not fit the shape, or two shapes do not fit each other. */
  | "SHAPE_MISMATCH"
  /** A NaN or an infinity where finite numbers are required, or a result beyond the range of float64. */
  | "NOT_FINITE"
  /** An iteration reached its cap. */
  | "NO_CONVERGENCE"
  /** An argument outside its documented range. */
  | "INVALID_ARGUMENT"
  /** Bytes that are not a NumPy file, are cut short, or hold an element type that is not read here. */
  | "INVALID_FILE";

export class LinalgError extends Error {
  override readonly name: string = "LinalgError";
  readonly code: LinalgErrorCode;

  constructor(code: LinalgErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
