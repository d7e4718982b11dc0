// What functions require of the numbers that they are given.

import { VielbeinError } from "./errors.ts";

/**
 * Requires an integer from `low` to `high`.
 *
 * @param what begins the message, and may say more of the number: `mig: bins`.
 * @param most what `high` is, in words.
 * @throws {VielbeinError} `INVALID_ARGUMENT`.
 */
export function requireInteger(
  what: string,
  value: number,
  low: number,
  high: number = Number.POSITIVE_INFINITY,
  most = "",
): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  const above = low === 1 ? "a positive integer" : `an integer of at least ${low}`;
  const range =
    high === Number.POSITIVE_INFINITY ? above : `an integer from ${low} to ${high}${most && `, ${most}`}`;
  throw new VielbeinError("INVALID_ARGUMENT", `${what} must be ${range}, got ${value}.`);
}

/**
 * Requires a number above 0, and finite.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT`.
 */
export function requirePositive(what: string, value: number): void {
  if (value > 0 && value < Number.POSITIVE_INFINITY) return;
  throw new VielbeinError("INVALID_ARGUMENT", `${what} must be positive and finite, got ${value}.`);
}

/**
 * Requires a number above 0 and below 1.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT`.
 */
export function requireShare(what: string, value: number): void {
  if (value > 0 && value < 1) return;
  throw new VielbeinError("INVALID_ARGUMENT", `${what} must lie between 0 and 1, got ${value}.`);
}
