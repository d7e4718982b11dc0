// Matrix products in packed blocks: both operands are copied, block by block, into the order in which a
// small register kernel reads them (Goto & van de Geijn, "Anatomy of high-performance matrix
// multiplication", 2008). Packing is where a transpose costs nothing.

import type { Matrix } from "../matrix.ts";

/** op(A)·op(B), plain TypeScript; shapes must fit. */
export function multiplied(a: Matrix, b: Matrix, transposeA = false, transposeB = false): Matrix {
  const m = transposeA ? a.cols : a.rows;
  const n = transposeB ? b.rows : b.cols;
  const c: Matrix = { rows: m, cols: n, data: new Float64Array(m * n) };
  multiplyInto(c, a, b, transposeA, transposeB, false);
  return c;
}

/** AᵀA, exactly symmetric. */
export function gramOf(a: Matrix): Matrix {
  const n = a.cols;
  const result: Matrix = { rows: n, cols: n, data: new Float64Array(n * n) };
  multiplyInto(result, a, a, true, false, true);
  const { data } = result;
  for (let i = 1; i < n; i++) {
    for (let j = 0; j < i; j++) data[i * n + j] = data[j * n + i];
  }
  return result;
}

// The kernel holds a 2×4 block of the product in registers (more would spill on x64). The blocks below
// are sized for a 32 KiB first-level and a 256 KiB second-level cache.
const STRIP_ROWS = 2;
const STRIP_COLS = 4;
const BLOCK_ROWS = 64;
const BLOCK_DEPTH = 256;

/** Adds op(A)·op(B) to C; with `upperOnly` the 2×4 blocks that lie below the diagonal are left alone. */
export function multiplyInto(
  out: Matrix,
  a: Matrix,
  b: Matrix,
  transposeA: boolean,
  transposeB: boolean,
  upperOnly: boolean,
): void {
  const { rows: m, cols: n, data: c } = out;
  const depth = transposeA ? a.rows : a.cols;
  const packedA = new Float64Array(BLOCK_ROWS * Math.min(BLOCK_DEPTH, depth));
  const packedB = new Float64Array(Math.ceil(n / STRIP_COLS) * STRIP_COLS * Math.min(BLOCK_DEPTH, depth));
  for (let k0 = 0; k0 < depth; k0 += BLOCK_DEPTH) {
    const k1 = Math.min(k0 + BLOCK_DEPTH, depth);
    pack(b, !transposeB, 0, n, k0, k1, STRIP_COLS, packedB);
    for (let i0 = 0; i0 < m; i0 += BLOCK_ROWS) {
      const i1 = Math.min(i0 + BLOCK_ROWS, m);
      pack(a, transposeA, i0, i1, k0, k1, STRIP_ROWS, packedA);
      for (let j = 0; j < n; j += STRIP_COLS) {
        const last = upperOnly ? Math.min(i1, j + STRIP_COLS) : i1;
        for (let i = i0; i < last; i += STRIP_ROWS) {
          kernel(packedA, (i - i0) * (k1 - k0), packedB, j * (k1 - k0), k1 - k0, c, n, i, j, i1);
        }
      }
    }
  }
}

/**
 * Copies lines `first..end` (columns of `a` if `byColumn`, else rows), positions `k0..k1` of each, into
 * strips of `width` lines, interleaved by position. A short last strip is filled with zeros.
 */
function pack(
  a: Matrix,
  byColumn: boolean,
  first: number,
  end: number,
  k0: number,
  k1: number,
  width: number,
  out: Float64Array,
): void {
  const lineStride = byColumn ? 1 : a.cols;
  const positionStride = byColumn ? a.cols : 1;
  const { data } = a;
  let to = 0;
  for (let strip = first; strip < end; strip += width) {
    for (let k = k0; k < k1; k++) {
      const from = k * positionStride;
      for (let line = strip; line < strip + width; line++) {
        out[to++] = line < end ? data[from + line * lineStride] : 0;
      }
    }
  }
}

/** Adds the product of one strip of A (2 lines) and one of B (4 lines) to C at (i, j). */
function kernel(
  a: Float64Array,
  aStart: number,
  b: Float64Array,
  bStart: number,
  depth: number,
  c: Float64Array,
  n: number,
  i: number,
  j: number,
  rowEnd: number,
): void {
  let c00 = 0;
  let c01 = 0;
  let c02 = 0;
  let c03 = 0;
  let c10 = 0;
  let c11 = 0;
  let c12 = 0;
  let c13 = 0;
  for (let k = 0, p = aStart, q = bStart; k < depth; k++, p += 2, q += 4) {
    const a0 = a[p];
    const a1 = a[p + 1];
    const b0 = b[q];
    const b1 = b[q + 1];
    const b2 = b[q + 2];
    const b3 = b[q + 3];
    c00 += a0 * b0;
    c01 += a0 * b1;
    c02 += a0 * b2;
    c03 += a0 * b3;
    c10 += a1 * b0;
    c11 += a1 * b1;
    c12 += a1 * b2;
    c13 += a1 * b3;
  }
  const width = n - j;
  let at = i * n + j;
  c[at] += c00;
  if (width > 1) c[at + 1] += c01;
  if (width > 2) c[at + 2] += c02;
  if (width > 3) c[at + 3] += c03;
  if (i + 1 < rowEnd) {
    at += n;
    c[at] += c10;
    if (width > 1) c[at + 1] += c11;
    if (width > 2) c[at + 2] += c12;
    if (width > 3) c[at + 3] += c13;
  }
}
