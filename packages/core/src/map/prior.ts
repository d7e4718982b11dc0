// Priors as text: in options, and in a model's metadata under `vielbein.prior`.

import { parseDecimal } from "../decimal.ts";
import { VielbeinError } from "../errors.ts";
import { requireKind } from "../requirements.ts";
import type { Prior } from "./space.ts";

/** `normal`, `uniform` (on [-1, 1)) or `uniform:LOW,HIGH` with LOW < HIGH; undefined for anything else. */
export function parsePrior(text: string): Prior | undefined {
  if (text === "normal") return { kind: "normal" };
  const match = /^uniform(?::([^,]+),([^,]+))?$/.exec(text);
  const [low, high] = [parseDecimal(match?.[1] ?? "-1"), parseDecimal(match?.[2] ?? "1")];
  return match && low < high && Number.isFinite(high - low) ? { kind: "uniform", low, high } : undefined;
}

/**
 * The prior that a model's metadata state, if any.
 *
 * @throws {VielbeinError} `INVALID_MODEL` for a text that is not a prior.
 */
export function statedPrior(metadata: ReadonlyMap<string, string>): Prior | undefined {
  requireKind("statedPrior: metadata", "texts", metadata);
  const text = metadata.get("vielbein.prior");
  if (text === undefined) return undefined;
  const prior = parsePrior(text);
  if (prior) return prior;
  throw new VielbeinError(
    "INVALID_MODEL",
    `vielbein.prior: expected normal, uniform or uniform:LOW,HIGH with LOW < HIGH in the metadata, got "${text}". Correct it.`,
  );
}
