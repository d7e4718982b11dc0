// Plane rotations of two rows of a row-major array.

/**
 * Turns the rows x and y, of even `width`, that start at `xStart` and `yStart`, by the angle with sine s and half-angle
 * tangent h: x + s·(y − h·x) and y − s·(x + h·y). Unlike c·x + s·y this does not round the cosine, whose error would be
 * common to all entries of a row and would add up over the thousands of rotations that it goes through.
 */
export function turn(
  work: Float64Array,
  xStart: number,
  yStart: number,
  width: number,
  s: number,
  h: number,
): void {
  for (let p = xStart, q = yStart; p < xStart + width; p += 2, q += 2) {
    const x0 = work[p];
    const y0 = work[q];
    const x1 = work[p + 1];
    const y1 = work[q + 1];
    work[p] = x0 + s * (y0 - h * x0);
    work[q] = y0 - s * (x0 + h * y0);
    work[p + 1] = x1 + s * (y1 - h * x1);
    work[q + 1] = y1 - s * (x1 + h * y1);
  }
}
