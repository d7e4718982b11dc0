// Random vectors by index: sample j of a seed is the same whatever the batch, the shard or the machine.
// The counter of Philox is (block, index): every index has a stream of 2^32 blocks of two float64 each.

import { cosineAndSine, logarithm } from "../elementary.ts";
import { LinalgError } from "../errors.ts";
import { requireSize } from "../matrix.ts";
import { philox4x32 } from "./philox.ts";

/** Ends of the interval that {@link uniform} draws from. */
export interface UniformOptions {
  /** Lower end, included. Default 0. */
  readonly low?: number | undefined;
  /** Upper end, excluded up to rounding. Finite and greater than `low`. Default 1. */
  readonly high?: number | undefined;
}

/**
 * Sample `index` of the uniform distribution on `[low, high)`: `length` independent coordinates of 53
 * random bits each. A longer sample begins with the shorter one. Bit for bit the same on every machine.
 *
 * `uniform` and `normal` read the same stream: draw under two seeds if both are needed for one index.
 *
 * @param seed non-negative safe integer, or bigint below 2^64.
 * @param index non-negative safe integer.
 * @param length number of coordinates, below 2^33.
 * @throws {LinalgError} `INVALID_ARGUMENT`.
 */
export function uniform(
  seed: number | bigint,
  index: number,
  length: number,
  options: UniformOptions = {},
): Float64Array {
  const low = options.low ?? 0;
  const high = options.high ?? 1;
  if (!(low < high && Number.isFinite(high - low))) {
    throw new LinalgError(
      "INVALID_ARGUMENT",
      `uniform: low must be less than high and both finite, got low ${low} and high ${high}.`,
    );
  }
  return pairs("uniform", seed, index, length, (first, second) => [
    low + (high - low) * first,
    low + (high - low) * second,
  ]);
}

/**
 * Sample `index` of the standard normal distribution: `length` independent coordinates, by the transform of
 * Box & Muller (1958) from 53-bit uniforms; none exceeds 8.6 in magnitude. A longer sample begins with the
 * shorter one. Bit for bit the same on every machine.
 *
 * `uniform` and `normal` read the same stream: draw under two seeds if both are needed for one index.
 *
 * @param seed non-negative safe integer, or bigint below 2^64.
 * @param index non-negative safe integer.
 * @param length number of coordinates, below 2^33.
 * @throws {LinalgError} `INVALID_ARGUMENT`.
 *
 * @example
 * ```js
 * import { normal } from "@vielbein/linalg";
 *
 * console.log(normal(7, 3, 2)[0] === normal(7, 3, 2)[0], normal(7, 4, 2).length); // → true 2
 * ```
 */
export function normal(seed: number | bigint, index: number, length: number): Float64Array {
  return pairs("normal", seed, index, length, (first, second) => {
    // 1 − first lies in (0, 1], where the logarithm is finite.
    const radius = Math.sqrt(-2 * logarithm(1 - first));
    const [cosine, sine] = cosineAndSine(second);
    return [radius * cosine, radius * sine];
  });
}

/** Fills a vector with the images of successive pairs of uniforms on [0, 1), one pair for each block. */
function pairs(
  what: string,
  seed: number | bigint,
  index: number,
  length: number,
  transform: (first: number, second: number) => readonly [number, number],
): Float64Array {
  const key = keyOf(what, seed);
  requireSize(`${what}: index`, index);
  requireSize(`${what}: length`, length);
  const result = new Float64Array(length);
  const counter = Uint32Array.of(0, 0, index % 2 ** 32, Math.floor(index / 2 ** 32));
  const words = new Uint32Array(4);
  for (let i = 0; i < length; i += 2) {
    counter[0] = i / 2;
    philox4x32(words, counter, key);
    const [first, second] = transform(fraction(words[0], words[1]), fraction(words[2], words[3]));
    result[i] = first;
    // Beyond the end of an odd length the store is ignored.
    result[i + 1] = second;
  }
  return result;
}

/** The top 27 and 26 bits of two words as a multiple of 2^-53 on [0, 1). */
function fraction(high: number, low: number): number {
  return ((high >>> 5) * 2 ** 26 + (low >>> 6)) * 2 ** -53;
}

function keyOf(what: string, seed: number | bigint): Uint32Array {
  const valid =
    typeof seed === "bigint" ? seed >= 0n && seed < 2n ** 64n : Number.isSafeInteger(seed) && seed >= 0;
  if (!valid) {
    throw new LinalgError(
      "INVALID_ARGUMENT",
      `${what}: seed must be a non-negative safe integer or a bigint below 2^64, got ${seed}.`,
    );
  }
  const bits = BigInt(seed);
  return Uint32Array.of(Number(bits & 0xffffffffn), Number(bits >> 32n));
}
