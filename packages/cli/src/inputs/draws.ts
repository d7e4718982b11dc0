// The option --draws, for commands whose numbers can be those of the mean metric over the noise of a model.

import { type DifferentiableMap, stackMaps, VielbeinError } from "@vielbein/core";
import { NOISE_SEEDS, noiseTensors, withNoiseSeed } from "@vielbein/onnx";
import { integer } from "../kit/arguments.ts";
import { option } from "../kit/options.ts";
import type { LoadedModel } from "./model.ts";

export const drawsOption = option(
  "--draws <n>",
  "take the mean metric over so many draws of what the model draws at random, the first that of --noise-seed",
  integer(1, 1000),
  1,
);

/** What captions say about several draws. */
export function drawsText(draws: unknown): string[] {
  return draws === undefined ? [] : [`mean over ${draws} draws of the noise`];
}

/**
 * The model with each of the given number of draws of its noise, the first as it is.
 *
 * @throws {VielbeinError} `INVALID_MODEL` for several draws from a model that draws nothing.
 */
export function drawsOf(loaded: LoadedModel, draws: number): [LoadedModel, ...LoadedModel[]] {
  const { model, noiseSeed = 0 } = loaded;
  if (draws > 1 && noiseTensors(model).length === 0) {
    throw new VielbeinError(
      "INVALID_MODEL",
      `--draws ${draws}: the model draws nothing at random. Leave the option out.`,
    );
  }
  const others = Array.from({ length: draws - 1 }, (_, i) => (noiseSeed + i + 1) % NOISE_SEEDS);
  return [loaded, ...others.map((seed) => ({ ...loaded, model: withNoiseSeed(model, seed) }))];
}

/** The map whose metric is the mean over all draws. */
export async function stackedOver<T>(
  draws: readonly T[],
  mapOf: (draw: T) => Promise<DifferentiableMap>,
): Promise<DifferentiableMap> {
  const maps: DifferentiableMap[] = [];
  for (const draw of draws) maps.push(await mapOf(draw));
  return stackMaps(maps);
}
