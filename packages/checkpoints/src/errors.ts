// What is wrong with a file, in one form.

import { VielbeinError } from "@vielbein/core";

/** Of a file that is damaged, cut short, hostile, or of a kind that is not read. */
export function badCheckpoint(
  reason: string,
  remedy = "Download or copy it again",
  cause?: unknown,
): VielbeinError {
  return new VielbeinError("INVALID_MODEL", `Not a readable checkpoint: ${reason}. ${remedy}.`, { cause });
}

/**
 * Of a network that is not what an architecture takes it for. {@link fromCheckpoint} says with it which file that is, what
 * it holds and what to do.
 *
 * @param what a sentence without its stop.
 */
export function notBuilt(what: string): VielbeinError {
  return new VielbeinError("INVALID_MODEL", what);
}

const LONGEST_NAME = 120;

/** A name of a file's own, cut where it is longer than any that people give. */
export function brief(name: string): string {
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name;
}
