// The levels of noise that a denoiser was trained for. Elsewhere a network says something all the same.

import { parseDecimal, VielbeinError } from "@vielbein/core";
import { info, type Terminal } from "../kit/terminal.ts";
import type { LoadedModel } from "./model.ts";

const KEY = "vielbein.noise-range";

/**
 * Remarks on levels of noise that the model does not state to be trained for, and on a model that does not state any.
 *
 * @throws {VielbeinError} `INVALID_MODEL` where its metadata state no range.
 */
export function remarkUntrainedNoise(
  loaded: LoadedModel,
  sigmas: readonly number[],
  terminal: Terminal,
): void {
  const range = noiseRange(loaded);
  if (range === undefined) {
    info(
      terminal,
      `the model does not say which noise it was trained for (${KEY} in its metadata): outside of that, what it returns is extrapolated`,
    );
    return;
  }
  const [least, most] = range;
  const beyond = sigmas.filter((sigma) => sigma < least || sigma > most);
  if (beyond.length === 0) return;
  info(
    terminal,
    `--sigma ${beyond.join(", ")}: the model states that it was trained for σ from ${least} to ${most} (${KEY}). What it returns elsewhere is extrapolated`,
  );
}

function noiseRange({ model }: LoadedModel): readonly [number, number] | undefined {
  const text = model.metadata.get(KEY);
  if (text === undefined) return undefined;
  const [least, most, ...further] = text.split(",").map(parseDecimal);
  if (least! > 0 && most! >= least! && further.length === 0) return [least!, most!];
  throw new VielbeinError(
    "INVALID_MODEL",
    `${KEY}: expected the least and the most σ, such as 0.1,1, in the metadata, got "${text}". Correct it.`,
  );
}
