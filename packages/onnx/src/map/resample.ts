// Resampling of pictures as matrices that multiply rows and columns, which every engine can run and differentiate.

/**
 * Weights of `from` pixels in each of `to` pixels along one axis, `[to, from]`, rows of sum 1. If `to` is smaller, a
 * pixel is the mean of those that it covers, each by the share that is covered (area). If it is larger, values are
 * interpolated between the centres of pixels and are constant beyond the outermost (bilinear, corners not aligned).
 */
export function resamplingWeights(from: number, to: number): Float32Array {
  const weights = new Float32Array(to * from);
  const step = from / to;
  for (let i = 0; i < to; i++) {
    const row = weights.subarray(i * from, (i + 1) * from);
    if (to < from) cover(row, i * step, (i + 1) * step);
    else interpolate(row, (i + 0.5) * step - 0.5);
  }
  return weights;
}

/** Shares of the pixels [j, j + 1) in [start, end). */
function cover(row: Float32Array, start: number, end: number): void {
  for (let j = Math.floor(start); j < Math.min(row.length, end); j++) {
    row[j] = Math.max(0, Math.min(end, j + 1) - Math.max(start, j)) / (end - start);
  }
}

/** Shares of the two pixels around a place, where pixel j is at place j. */
function interpolate(row: Float32Array, place: number): void {
  const last = row.length - 1;
  const at = Math.min(last, Math.max(0, place));
  const low = Math.min(last, Math.floor(at));
  row[low] += 1 - (at - low);
  if (low < last) row[low + 1] += at - low;
}
