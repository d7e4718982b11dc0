// Matrix-matrix operations (BLAS level 3) beside the general product, all reduced to it: symmetric rank-k and rank-2k
// updates are products restricted to a triangle; symm makes its symmetric operand whole; triangular products and solves
// handle a diagonal block at a time and leave everything off the diagonal blocks to the product.

#include "blas.h"

// ---- Rank-k updates -----------------------------------------------------------------------------------------------------

static void scale_triangle(enum part part, int n, double beta, double *c, stride ldc) {
  if (beta == 1) return;
  for (int j = 0; j < n; j++, c += ldc)
    for (int i = part == LOWER ? j : 0; i < (part == LOWER ? n : j + 1); i++) c[i] = beta == 0 ? 0 : beta * c[i];
}

// C = alpha·op(A)·op(A)ᵀ + beta·C
int dsyrk_(const char *uplo, const char *trans, const integer *n_, const integer *k_, const double *alpha,
           const double *a, const integer *lda, const double *beta, double *c, const integer *ldc, int l1, int l2) {
  int n = *n_, k = *k_;
  enum part part = is_option(uplo, 'L') ? LOWER : UPPER;
  stride row = is_option(trans, 'N') ? 1 : *lda, col = is_option(trans, 'N') ? *lda : 1;
  scale_triangle(part, n, *beta, c, *ldc);
  if (n <= 0 || k <= 0 || *alpha == 0) return 0;
  if (part == LOWER && n <= GRAM_MAX && k >= n) gram_add(n, k, *alpha, a, row, col, c, *ldc);
  else gemm_add_part(part, n, n, k, *alpha, a, row, col, a, col, row, c, *ldc);
  return 0;
}

// C = alpha·(op(A)·op(B)ᵀ + op(B)·op(A)ᵀ) + beta·C
int dsyr2k_(const char *uplo, const char *trans, const integer *n_, const integer *k_, const double *alpha,
            const double *a, const integer *lda, const double *b, const integer *ldb, const double *beta, double *c,
            const integer *ldc, int l1, int l2) {
  int n = *n_, k = *k_, as_is = is_option(trans, 'N');
  enum part part = is_option(uplo, 'L') ? LOWER : UPPER;
  stride a_row = as_is ? 1 : *lda, a_col = as_is ? *lda : 1, b_row = as_is ? 1 : *ldb, b_col = as_is ? *ldb : 1;
  scale_triangle(part, n, *beta, c, *ldc);
  if (n <= 0 || k <= 0 || *alpha == 0) return 0;
  gemm_add_part(part, n, n, k, *alpha, a, a_row, a_col, b, b_col, b_row, c, *ldc);
  gemm_add_part(part, n, n, k, *alpha, b, b_row, b_col, a, a_col, a_row, c, *ldc);
  return 0;
}

// ---- Symmetric product ----------------------------------------------------------------------------------------------------

#define SYMM_BLOCK 64
static double whole[SYMM_BLOCK * SYMM_BLOCK];

// C = alpha·A·B + beta·C (left) or alpha·B·A + beta·C, A symmetric. Blocks of A off the diagonal are used twice, as
// they are and transposed; those on the diagonal are completed first.
int dsymm_(const char *side, const char *uplo, const integer *m_, const integer *n_, const double *alpha_,
           const double *a, const integer *lda_, const double *b, const integer *ldb_, const double *beta, double *c,
           const integer *ldc_, int l1, int l2) {
  int m = *m_, n = *n_, left = is_option(side, 'L'), lower = is_option(uplo, 'L'), order = left ? m : n;
  stride lda = *lda_, ldb = *ldb_, ldc = *ldc_;
  double alpha = *alpha_;
  if (m <= 0 || n <= 0) return 0;
  scale_matrix(m, n, *beta, c, ldc);
  if (alpha == 0) return 0;
  for (int j = 0; j < order; j += SYMM_BLOCK) {
    int size = MIN(SYMM_BLOCK, order - j), rest = order - j - size;
    const double *diagonal = a + j * lda + j;
    for (int q = 0; q < size; q++)
      for (int p = 0; p < size; p++) {
        int r = (lower ? p >= q : p <= q) ? p : q, s = p + q - r;
        whole[q * SYMM_BLOCK + p] = diagonal[s * lda + r];
      }
    // The block of A below the diagonal one, by strides whichever triangle is stored.
    const double *below = lower ? diagonal + size : diagonal + size * lda;
    stride row = lower ? 1 : lda, col = lower ? lda : 1;
    if (left) {
      gemm_add(size, n, size, alpha, whole, 1, SYMM_BLOCK, b + j, 1, ldb, c + j, ldc);
      if (rest == 0) continue;
      gemm_add(rest, n, size, alpha, below, row, col, b + j, 1, ldb, c + j + size, ldc);
      gemm_add(size, n, rest, alpha, below, col, row, b + j + size, 1, ldb, c + j, ldc);
    } else {
      gemm_add(m, size, size, alpha, b + j * ldb, 1, ldb, whole, 1, SYMM_BLOCK, c + j * ldc, ldc);
      if (rest == 0) continue;
      gemm_add(m, size, rest, alpha, b + (j + size) * ldb, 1, ldb, below, row, col, c + j * ldc, ldc);
      gemm_add(m, rest, size, alpha, b + j * ldb, 1, ldb, below, col, row, c + (j + size) * ldc, ldc);
    }
  }
  return 0;
}
