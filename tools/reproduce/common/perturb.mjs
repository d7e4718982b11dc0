// Images changed along directions of W by equal amounts, so that methods are compared for what they change, not how
// much.

import { row } from "./world.mjs";

const BATCH = 64;
const SWEEPS = 3;
/** A step is not corrected by more than this factor at once. */
const LARGEST_CORRECTION = 4;

/** Root mean square difference of images in pairs, `[count]`. */
function rootMeanSquares(images, others, count) {
  const dim = images.length / count;
  return Float64Array.from({ length: count }, (_, i) => {
    let sum = 0;
    for (let at = i * dim; at < (i + 1) * dim; at++) sum += (images[at] - others[at]) ** 2;
    return Math.sqrt(sum / dim);
  });
}

/** Mean root mean square difference of the images of independent codes, taken in pairs. */
export async function meanDifference(world, codes, count) {
  const half = Math.floor(count / 2);
  const dim = world.mapping.to.dim;
  let sum = 0;
  for (let i = 0; i < half; i++) {
    const images = await world.images(codes.slice(2 * i * dim, (2 * i + 2) * dim), 2);
    const size = images.length / 2;
    sum += rootMeanSquares(images.subarray(0, size), images.subarray(size), 1)[0] / half;
  }
  return sum;
}

/**
 * Changes the image of code i along ±`directionOf(i)`, of unit length, until its root mean square change is `target`:
 * from a step of `start` by repeated proportion. Row 2i is the step forwards, 2i + 1 backwards.
 */
export async function perturb(world, codes, count, directionOf, { target, start }) {
  const dim = world.mapping.to.dim;
  const [steps, changes] = [new Float64Array(2 * count).fill(start), new Float64Array(2 * count)];
  const features = new Float64Array(2 * count * world.reading.to.dim);
  const raw = new Float64Array(2 * count * world.head.to.dim);
  for (let first = 0; first < count; first += BATCH / 2) {
    const n = Math.min(BATCH / 2, count - first);
    const repeated = new Float32Array(2 * n * dim);
    const directions = [];
    for (let i = 0; i < n; i++) {
      directions.push(directionOf(first + i));
      for (const side of [0, 1]) repeated.set(row(codes, first + i, dim), (2 * i + side) * dim);
    }
    const before = await world.images(repeated, 2 * n);
    for (let sweep = 0; sweep < SWEEPS; sweep++) {
      const moved = repeated.map((x, at) => {
        const r = Math.floor(at / dim);
        return x + (r % 2 ? -1 : 1) * steps[2 * first + r] * directions[r >> 1][at % dim];
      });
      const images = await world.images(moved, 2 * n);
      const found = rootMeanSquares(images, before, 2 * n);
      changes.set(found, 2 * first);
      if (sweep < SWEEPS - 1) {
        found.forEach((change, r) => {
          steps[2 * first + r] *= Math.min(LARGEST_CORRECTION, target / change);
        });
        continue;
      }
      const seen = await world.readImages(images, 2 * n);
      features.set(seen.features, 2 * first * world.reading.to.dim);
      raw.set(seen.raw, 2 * first * world.head.to.dim);
    }
  }
  return { steps, changes, features, raw };
}
