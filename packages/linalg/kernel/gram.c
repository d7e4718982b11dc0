// Gram matrices of few columns, C += alpha·A·Aᵀ with A [n, k], n ≤ 64 and k as large as you like.
//
// The general product packs A twice and then spends only n/4 tile products on every packed panel, so that at n = 64 it is
// bound by packing. Here a slice [n, 64] of A, at most 32 KiB, stays in the first-level cache, and each of the tiles of
// the lower triangle reads it once from there with the 4 x 4 micro-kernel. Where the columns of A are contiguous (the
// Gram matrix of row-major data) and n is a multiple of 4, the slice is A itself: nothing is packed at all.

#include "blas.h"

#define SLICE 64

static double slice[GRAM_MAX * SLICE] __attribute__((aligned(64)));
static double sums[GRAM_MAX * GRAM_MAX] __attribute__((aligned(64)));

// slice [depth][padded] from A with any strides, rows padded with zeros.
static void pack_slice(int n, int padded, int depth, const double *a, stride row, stride col) {
  for (int i = 0; i < padded; i++)
    for (int k = 0; k < depth; k++) slice[k * padded + i] = i < n ? a[i * row + k * col] : 0;
}

void gram_add(int n, int k, double alpha, const double *a, stride row, stride col, double *c, stride ldc) {
  int padded = (n + 3) & ~3, in_place = row == 1 && padded == n;
  memset(sums, 0, sizeof sums);
  for (int first = 0; first < k; first += SLICE) {
    int depth = MIN(SLICE, k - first);
    const double *columns = a + first * col;
    stride step = col;
    if (!in_place) {
      pack_slice(n, padded, depth, columns, row, col);
      columns = slice;
      step = padded;
    }
    for (int j = 0; j < padded; j += 4)
      for (int i = j; i < padded; i += 4)
        tile_add(depth, columns + i, step, columns + j, step, 1, sums + j * GRAM_MAX + i, GRAM_MAX);
  }
  for (int j = 0; j < n; j++)
    for (int i = j; i < n; i++) c[j * ldc + i] += alpha * sums[j * GRAM_MAX + i];
}
