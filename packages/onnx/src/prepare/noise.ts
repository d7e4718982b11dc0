// Operators that draw at random, which a map freezes at one draw.

import { VielbeinError } from "@vielbein/core";
import { requireKind } from "../arguments.ts";
import { float } from "../model/attributes.ts";
import { drawsAtRandom } from "../model/graph.ts";
import { floatAttribute, type Model } from "../model/model.ts";
import { inlineFunctions } from "./functions.ts";

/** The number of integers that the attribute `seed`, a float32, tells apart. */
export const NOISE_SEEDS: number = 2 ** 24;
/** An odd number far from any small multiple of a power of two: consecutive seeds lie far apart. */
const STRIDE = 10_368_889;

/**
 * Names of the tensors that are drawn at random, including those inside the model's own functions.
 *
 * @throws {VielbeinError} `INVALID_MODEL` for functions that cannot be inlined.
 */
export function noiseTensors(model: Model): string[] {
  requireKind("noiseTensors: model", "model", model);
  const { nodes } = inlineFunctions(model).model.graph;
  return nodes.filter(drawsAtRandom).flatMap(({ outputs }) => outputs);
}

/**
 * The model with another draw of its noise: each tensor drawn at random is seeded by `seed` and its position, whatever
 * seed the file states. Engines of the same kind draw the same from the same seed.
 *
 * @throws {VielbeinError} `OUT_OF_RANGE` for a seed that is no integer from 0 to 2²⁴ − 1.
 */
export function withNoiseSeed(original: Model, seed: number): Model {
  requireKind("withNoiseSeed: original", "model", original);
  if (!(Number.isInteger(seed) && seed >= 0 && seed < NOISE_SEEDS)) {
    throw new VielbeinError(
      "OUT_OF_RANGE",
      `The seed of noise must be an integer from 0 to ${NOISE_SEEDS - 1}, got ${seed}.`,
    );
  }
  const { model } = inlineFunctions(original);
  const nodes = model.graph.nodes.map((node, position) => {
    if (!drawsAtRandom(node)) return node;
    const drawn = Number((BigInt(seed) * BigInt(STRIDE) + BigInt(position)) % BigInt(NOISE_SEEDS));
    return { ...node, attributes: new Map(node.attributes).set("seed", float(1 + drawn)) };
  });
  return { ...model, graph: { ...model.graph, nodes } };
}

/** A deviation of 0 brings engines down. */
const SMALLEST = 1e-30;

/** The model with the mean of its normal noise, and the least of its uniform noise, in place of every draw. */
export function withoutNoise(original: Model): Model {
  const { model } = inlineFunctions(original);
  const nodes = model.graph.nodes.map((node) => {
    if (!drawsAtRandom(node) || !node.opType.startsWith("Random")) return node;
    const attributes = node.opType.startsWith("RandomNormal")
      ? new Map(node.attributes).set("scale", float(SMALLEST))
      : new Map(node.attributes).set("high", float(floatAttribute(node, "low", 0)));
    return { ...node, attributes };
  });
  return { ...model, graph: { ...model.graph, nodes } };
}

/** Tensors that a remark names. */
const NAMED = 3;

/** What became of tensors that are drawn at random, in words. */
export function noiseRemark(tensors: readonly string[]): string {
  requireKind("noiseRemark: tensors", "list", tensors);
  const rest = tensors.length > NAMED ? ", …" : "";
  return `drawn at random by the model, and frozen: ${tensors.slice(0, NAMED).join(", ")}${rest}`;
}
