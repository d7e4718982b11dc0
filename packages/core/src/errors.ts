// Typed errors. Every message names the subject, the rule, the actual value and the remedy;
// `code` is stable and meant for programs (the command line derives its exit status from it).

/** What a {@link VielbeinError} is about: stable names for programs, the message is for people. */
export type ErrorCode =
  /** The caller passed an argument outside its documented range. */
  | "INVALID_ARGUMENT"
  /** A number that the model, or a file given with it, has no place for: a class, layer or row that does not exist. */
  | "OUT_OF_RANGE"
  /** A latent point, tangent or other array has the wrong size or shape. */
  | "SHAPE_MISMATCH"
  /** A NaN or an infinity where finite numbers are required. */
  | "NOT_FINITE"
  /** Bytes that are not the format they should be, or are cut short. */
  | "INVALID_MODEL"
  /** The same for a file that is not a model. */
  | "INVALID_FILE"
  /** A file that is referred to is missing or may not be read. */
  | "MISSING_FILE"
  /** A tensor or space name that the model does not have, or that cannot serve. */
  | "INVALID_SPACE"
  /** An operator on the path from input to output has no derivative rule. */
  | "UNSUPPORTED_OPERATOR"
  /** No engine could run the graph. */
  | "BACKEND_UNAVAILABLE"
  /** The engine failed while it ran a graph. */
  | "BACKEND_FAILED"
  /** A graph brought the engine down in its trial. */
  | "BACKEND_CRASHED"
  /** The trial of a graph takes longer than it may. */
  | "TIME_LIMIT"
  /** The work does not fit the memory budget. */
  | "MEMORY_BUDGET"
  /** An algorithm did not converge or met a degenerate case. */
  | "NUMERICAL_FAILURE";

/**
 * Everything that this project throws on purpose. The message names the subject, the rule, the value and the
 * remedy; `code` stays the same between versions.
 */
export class VielbeinError extends Error {
  /** `VielbeinError`, or the name of the class derived from it. */
  override readonly name: string = "VielbeinError";
  /** What went wrong, for programs; the same between versions. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(abridged(message), options);
    this.code = code;
  }
}

/** Files may name things as they like: what a message quotes is cut, and so is the message. */
const [LONGEST_QUOTE, LONGEST_MESSAGE] = [200, 2000];

function abridged(message: string): string {
  const brief = message.replace(/"([^"]*)"/g, (quote, text: string) =>
    text.length <= LONGEST_QUOTE ? quote : `"${text.slice(0, LONGEST_QUOTE)}…"`,
  );
  return brief.length <= LONGEST_MESSAGE ? brief : `${brief.slice(0, LONGEST_MESSAGE)}…`;
}
