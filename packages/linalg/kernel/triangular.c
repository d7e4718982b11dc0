// Triangular products and solves with many columns (BLAS level 3: trmm, trsm).
//
// Both walk over diagonal blocks of 32 of op(A), in the order in which no part of B is used after it changed (product)
// or before it is final (solution). A diagonal block is first copied into a dense square, with zeros in the other
// triangle and ones on a unit diagonal; what lies beside it is one call of the general product.

#include "blas.h"

#define BLOCK 32
#define STRIP 8

static double square[BLOCK * BLOCK] __attribute__((aligned(64)));
static double panels[BLOCK * BLOCK] __attribute__((aligned(64)));

// square = the triangular block with element (i, j) at a[i·row + j·col], row-major.
static void copy_block(int size, int upper, int unit, const double *a, stride row, stride col) {
  for (int i = 0; i < size; i++)
    for (int j = 0; j < size; j++) {
      double stored = (upper ? i < j : i > j) ? a[i * row + j * col] : 0;
      square[i * BLOCK + j] = i != j ? stored : unit ? 1 : a[i * row + j * col];
    }
}

// ---- Product ------------------------------------------------------------------------------------------------------------

// B [size, many] = alpha·square·B in place; element (i, q) of B at b[i·along + q·across]. Four columns of B at a time are
// copied into a panel [size][4]; each 4 x 4 tile of the result sums over the part of `square` that is not zero and goes
// straight back. One of the strides is 1, and the tile is held the way that its rows or columns are stored.
static void multiply_block(int size, int upper, int many, double alpha, double *b, stride along, stride across) {
  double strip[4 * BLOCK] __attribute__((aligned(64)));
  pack_panels(size, size, square, BLOCK, 1, panels);
  for (int q = 0; q < many; q += 4) {
    int count = MIN(4, many - q);
    double *columns = b + q * across;
    pack_panels(count, size, columns, across, along, strip);
    for (int i = 0; i < size; i += 4) {
      int first = upper ? i : 0, depth = (upper ? size : MIN(size, i + 4)) - first, rows = MIN(4, size - i);
      const double *coefficients = panels + (stride)i * size + 4 * first, *data = strip + 4 * first;
      double tile[16] = {0}, *out = columns + i * along;
      if (along == 1) tile_add(depth, coefficients, 4, data, 4, alpha, tile, 4);
      else tile_add(depth, data, 4, coefficients, 4, alpha, tile, 4);
      int lines = along == 1 ? count : rows, length = along == 1 ? rows : count;
      stride step = along == 1 ? across : along;
      for (int p = 0; p < lines; p++, out += step) {
        if (length == 4) {
          store2(out, load2(tile + 4 * p));
          store2(out + 2, load2(tile + 4 * p + 2));
        } else {
          for (int r = 0; r < length; r++) out[r] = tile[4 * p + r];
        }
      }
    }
  }
}

int dtrmm_(const char *side, const char *uplo, const char *trans, const char *diag, const integer *m_,
           const integer *n_, const double *alpha_, const double *a, const integer *lda_, double *b,
           const integer *ldb_, int l1, int l2, int l3, int l4) {
  int m = *m_, n = *n_, left = is_option(side, 'L'), as_is = is_option(trans, 'N'), unit = is_option(diag, 'U');
  stride lda = *lda_, ldb = *ldb_;
  double alpha = *alpha_;
  if (m <= 0 || n <= 0) return 0;
  if (alpha == 0) {
    scale_matrix(m, n, 0, b, ldb);
    return 0;
  }
  // B·op(A) is op(A)ᵀ·Bᵀ: from here on op(A) is T, T(i, j) = a[i·row + j·col], and multiplies from the left.
  int transposed = left ? !as_is : as_is, upper = is_option(uplo, 'U') != transposed, order = left ? m : n;
  stride row = transposed ? lda : 1, col = transposed ? 1 : lda, along = left ? 1 : ldb, across = left ? ldb : 1;
  int many = left ? n : m, blocks = (order + BLOCK - 1) / BLOCK;
  for (int step = 0; step < blocks; step++) {
    int i = (upper ? step : blocks - 1 - step) * BLOCK, size = MIN(BLOCK, order - i);
    int other = upper ? i + size : 0, rest = upper ? order - other : i;
    copy_block(size, upper, unit, a + i * (row + col), row, col);
    multiply_block(size, upper, many, alpha, b + i * along, along, across);
    if (rest == 0) continue;
    const double *beside = a + i * row + other * col;
    if (left) gemm_add(size, n, rest, alpha, beside, row, col, b + other, 1, ldb, b + i, ldb);
    else gemm_add(m, size, rest, alpha, b + other * ldb, 1, ldb, beside, col, row, b + i * ldb, ldb);
  }
  return 0;
}

// ---- Solution -----------------------------------------------------------------------------------------------------------

// Solves square·X = B for up to 8 right-hand sides side by side: row i of the strip is a vector of the 8, so that the
// substitution is arithmetic on four registers with no reordering.
static void solve_strip(int size, int upper, int unit, int count, double *b, stride along, stride across) {
  double strip[BLOCK * STRIP] __attribute__((aligned(64)));
  for (int i = 0; i < size; i++)
    for (int q = 0; q < STRIP; q++) strip[i * STRIP + q] = q < count ? b[i * along + q * across] : 0;
  for (int step = 0; step < size; step++) {
    int i = upper ? size - 1 - step : step;
    const double *coefficients = square + i * BLOCK;
    double *x = strip + i * STRIP;
    vec2 x0 = load2(x), x2 = load2(x + 2), x4 = load2(x + 4), x6 = load2(x + 6);
    for (int j = upper ? i + 1 : 0; j < (upper ? size : i); j++) {
      vec2 t = splat2(-coefficients[j]);
      const double *known = strip + j * STRIP;
      x0 = madd2(t, load2(known), x0);
      x2 = madd2(t, load2(known + 2), x2);
      x4 = madd2(t, load2(known + 4), x4);
      x6 = madd2(t, load2(known + 6), x6);
    }
    if (!unit) {
      vec2 pivot = splat2(coefficients[i]);
      x0 /= pivot;
      x2 /= pivot;
      x4 /= pivot;
      x6 /= pivot;
    }
    store2(x, x0);
    store2(x + 2, x2);
    store2(x + 4, x4);
    store2(x + 6, x6);
  }
  for (int i = 0; i < size; i++)
    for (int q = 0; q < count; q++) b[i * along + q * across] = strip[i * STRIP + q];
}

int dtrsm_(const char *side, const char *uplo, const char *trans, const char *diag, const integer *m_,
           const integer *n_, const double *alpha, const double *a, const integer *lda_, double *b,
           const integer *ldb_, int l1, int l2, int l3, int l4) {
  int m = *m_, n = *n_, left = is_option(side, 'L'), as_is = is_option(trans, 'N'), unit = is_option(diag, 'U');
  stride lda = *lda_, ldb = *ldb_;
  if (m <= 0 || n <= 0) return 0;
  scale_matrix(m, n, *alpha, b, ldb);
  if (*alpha == 0) return 0;
  // As in dtrmm_: T·X = B with T from the left.
  int transposed = left ? !as_is : as_is, upper = is_option(uplo, 'U') != transposed, order = left ? m : n;
  stride row = transposed ? lda : 1, col = transposed ? 1 : lda, along = left ? 1 : ldb, across = left ? ldb : 1;
  int many = left ? n : m, blocks = (order + BLOCK - 1) / BLOCK;
  for (int step = 0; step < blocks; step++) {
    int i = (upper ? blocks - 1 - step : step) * BLOCK, size = MIN(BLOCK, order - i);
    int other = upper ? 0 : i + size, rest = upper ? i : order - other;
    copy_block(size, upper, unit, a + i * (row + col), row, col);
    for (int q = 0; q < many; q += STRIP)
      solve_strip(size, upper, unit, MIN(STRIP, many - q), b + i * along + q * across, along, across);
    if (rest == 0) continue;
    const double *beside = a + other * row + i * col;
    if (left) gemm_add(rest, n, size, -1, beside, row, col, b + i, 1, ldb, b + other, ldb);
    else gemm_add(m, rest, size, -1, b + i * ldb, 1, ldb, beside, col, row, b + other * ldb, ldb);
  }
  return 0;
}
