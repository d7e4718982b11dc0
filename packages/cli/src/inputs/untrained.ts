// The untrained null: networks of the same architecture with redrawn weights.

import { VielbeinError } from "@vielbein/core";
import { redrawWeights } from "@vielbein/onnx";
import { info, type Terminal } from "../kit/terminal.ts";
import type { LoadedModel } from "./model.ts";

/** The model with weights redrawn under seed + `net`. */
export function untrainedModel(loaded: LoadedModel, seed: number, net: number): LoadedModel {
  return { ...loaded, model: redrawWeights(loaded.model, { kind: "redrawn", seed: seed + net }) };
}

/**
 * As many untrained networks as are wanted; none, with a remark, where no weights can be redrawn.
 *
 * @param openFirst opens the first of them.
 */
export async function availableUntrained(
  wanted: number,
  openFirst: () => Promise<unknown>,
  terminal: Terminal,
): Promise<number> {
  try {
    if (wanted > 0) await openFirst();
    return wanted;
  } catch (error) {
    if (!(error instanceof VielbeinError && error.code === "INVALID_MODEL")) throw error;
    info(terminal, `without the untrained null: ${error.message}`);
    return 0;
  }
}
