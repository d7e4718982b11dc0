// Images changed along directions of W by equal amounts, so that methods are compared for what they change, not how
// much.

import { row } from "./world.mjs";

const BATCH = 64;
/** A step is not corrected by more than this factor at once. */
const LARGEST_CORRECTION = 4;

/** Root mean square difference of images in pairs, `[count]`; where there is a mask, of what is inside. */
export function rootMeanSquares(images, others, count, mask) {
  const dim = images.length / count;
  const size = mask ? mask.reduce((sum, x) => sum + x, 0) : dim;
  return Float64Array.from({ length: count }, (_, i) => {
    let sum = 0;
    for (let at = i * dim; at < (i + 1) * dim; at++) {
      if (!mask || mask[at - i * dim]) sum += (images[at] - others[at]) ** 2;
    }
    return Math.sqrt(sum / size);
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
 * Changes the image of code i, or what is inside a mask of it, along ±`directionOf(i)`, of unit length, until its root
 * mean square change is `target`: from a step of `start(i)` by repeated proportion, to a `power` below 1 where changes
 * may grow faster than steps. `originals`: the images of the codes, where they are known. Yields codes in batches: row 2i
 * is the step forwards, 2i + 1 backwards.
 */
export async function* equalized(
  world,
  codes,
  count,
  directionOf,
  { target, start, mask, originals, sweeps = 3, power = 1 },
) {
  const dim = world.mapping.to.dim;
  for (let first = 0; first < count; first += BATCH / 2) {
    const n = Math.min(BATCH / 2, count - first);
    const repeated = new Float32Array(2 * n * dim);
    const directions = [];
    for (let i = 0; i < n; i++) {
      directions.push(directionOf(first + i));
      for (const side of [0, 1]) repeated.set(row(codes, first + i, dim), (2 * i + side) * dim);
    }
    const steps = Float64Array.from({ length: 2 * n }, (_, r) => start(first + (r >> 1)));
    const before = originals
      ? twice(originals, originals.length / count, first, n)
      : await world.images(repeated, 2 * n);
    for (let sweep = 1; ; sweep++) {
      const moved = repeated.map((x, at) => {
        const r = Math.floor(at / dim);
        return x + (r % 2 ? -1 : 1) * steps[r] * directions[r >> 1][at % dim];
      });
      const images = await world.images(moved, 2 * n);
      const changes = rootMeanSquares(images, before, 2 * n, mask);
      if (sweep === sweeps) {
        yield { first, count: n, images, before, changes, steps };
        break;
      }
      changes.forEach((change, r) => {
        steps[r] *= Math.min(LARGEST_CORRECTION, target / change) ** power;
      });
    }
  }
}

/** Rows first … first + n − 1, each twice. */
function twice(rows, dim, first, n) {
  const result = new Float32Array(2 * n * dim);
  for (let r = 0; r < 2 * n; r++) result.set(row(rows, first + (r >> 1), dim), r * dim);
  return result;
}

/** {@link equalized} for all codes, from one step: steps, changes, and what the regressor reads off the images. */
export async function perturb(world, codes, count, directionOf, { target, start }) {
  const [steps, changes] = [new Float64Array(2 * count), new Float64Array(2 * count)];
  const features = new Float64Array(2 * count * world.reading.to.dim);
  const raw = new Float64Array(2 * count * world.head.to.dim);
  const batches = equalized(world, codes, count, directionOf, { target, start: () => start });
  for await (const { first, count: n, images, ...batch } of batches) {
    steps.set(batch.steps, 2 * first);
    changes.set(batch.changes, 2 * first);
    const seen = await world.readImages(images, 2 * n);
    features.set(seen.features, 2 * first * world.reading.to.dim);
    raw.set(seen.raw, 2 * first * world.head.to.dim);
  }
  return { steps, changes, features, raw };
}
