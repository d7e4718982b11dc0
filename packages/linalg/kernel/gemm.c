// Matrix product: C = alpha·op(A)·op(B) + beta·C.
//
// The scheme is that of Goto & van de Geijn (2008). B is cut into blocks [KC, NC], A into blocks [MC, KC]; both are
// packed into panels of four rows (columns of B) so that the innermost loop reads memory strictly forwards:
//
//   for jc by NC, for pc by KC:  pack B(pc, jc)             256 x 1024 doubles, 2 MiB, read once per MC rows
//     for ic by MC:              pack A(ic, pc)             96 x 256 doubles, 192 KiB: the second-level cache
//       for j by 4, for i by 4:  C(i, j) += A(i, :)·B(:, j) one micro-panel of each, 8 KiB: the first-level cache
//
// The 4 x 4 tile keeps 8 accumulators of two doubles, 2 vectors of A and up to 4 splats of B: 14 of the 16 registers
// of an x86-64 without AVX-512, which is what WebAssembly engines use; a larger tile spills. Eight independent sums
// also hide the latency of two multiply-add ports. Strides are free (row, column), so that transposes cost nothing
// but a different packing loop.

#include "blas.h"

#define MC 96
#define KC 256
#define NC 1024

static double packed_a[MC * KC] __attribute__((aligned(64)));
static double packed_b[KC * NC] __attribute__((aligned(64)));

// ---- Micro-kernel ----------------------------------------------------------------------------------------------------

INLINE void tile_kernel(int depth, const double *restrict a, stride a_step, const double *restrict b, stride b_step,
                        double alpha, double *restrict c, stride ldc) {
  vec2 zero = splat2(0);
  vec2 c00 = zero, c20 = zero, c01 = zero, c21 = zero, c02 = zero, c22 = zero, c03 = zero, c23 = zero;
  for (int k = 0; k < depth; k++) {
    vec2 a0 = load2(a), a2 = load2(a + 2);
    vec2 b0 = splat2(b[0]), b1 = splat2(b[1]);
    c00 = madd2(a0, b0, c00);
    c20 = madd2(a2, b0, c20);
    c01 = madd2(a0, b1, c01);
    c21 = madd2(a2, b1, c21);
    vec2 b2 = splat2(b[2]), b3 = splat2(b[3]);
    c02 = madd2(a0, b2, c02);
    c22 = madd2(a2, b2, c22);
    c03 = madd2(a0, b3, c03);
    c23 = madd2(a2, b3, c23);
    a += a_step;
    b += b_step;
  }
  vec2 s = splat2(alpha);
  double *c1 = c + ldc, *c2 = c1 + ldc, *c3 = c2 + ldc;
  store2(c, load2(c) + s * c00);
  store2(c + 2, load2(c + 2) + s * c20);
  store2(c1, load2(c1) + s * c01);
  store2(c1 + 2, load2(c1 + 2) + s * c21);
  store2(c2, load2(c2) + s * c02);
  store2(c2 + 2, load2(c2 + 2) + s * c22);
  store2(c3, load2(c3) + s * c03);
  store2(c3 + 2, load2(c3 + 2) + s * c23);
}

void tile_add(int depth, const double *a, stride a_step, const double *b, stride b_step, double alpha, double *c,
              stride ldc) {
  tile_kernel(depth, a, a_step, b, b_step, alpha, c, ldc);
}

// A tile at the edge of C, or across its diagonal where only a triangle is wanted, goes through a full 4 x 4 buffer (the
// panels are padded with zeros). `below` is the row of C minus its column at the tile's corner.
static void partial_tile(enum part part, int below, int rows, int cols, int depth, const double *a, const double *b,
                         double alpha, double *c, stride ldc) {
  double tile[16] = {0};
  tile_kernel(depth, a, 4, b, 4, alpha, tile, 4);
  for (int j = 0; j < cols; j++)
    for (int i = 0; i < rows; i++)
      if (part == WHOLE || (part == LOWER ? below + i - j >= 0 : below + i - j <= 0)) c[j * ldc + i] += tile[4 * j + i];
}

// ---- Packing ----------------------------------------------------------------------------------------------------------

// Four rows, each contiguous: a 4 x 2 transposition in registers.
static void pack_contiguous_rows(int depth, const double *a, stride row, double *panel) {
  const double *a0 = a, *a1 = a0 + row, *a2 = a1 + row, *a3 = a2 + row;
  int k = 0;
  for (; k + 1 < depth; k += 2, panel += 8) {
    vec2 x0 = load2(a0 + k), x1 = load2(a1 + k), x2 = load2(a2 + k), x3 = load2(a3 + k);
    store2(panel, (vec2){x0[0], x1[0]});
    store2(panel + 2, (vec2){x2[0], x3[0]});
    store2(panel + 4, (vec2){x0[1], x1[1]});
    store2(panel + 6, (vec2){x2[1], x3[1]});
  }
  if (k < depth) {
    panel[0] = a0[k];
    panel[1] = a1[k];
    panel[2] = a2[k];
    panel[3] = a3[k];
  }
}

// Four rows, neighbours in memory.
static void pack_contiguous_columns(int depth, const double *a, stride col, double *panel) {
  for (int k = 0; k < depth; k++, a += col, panel += 4) {
    store2(panel, load2(a));
    store2(panel + 2, load2(a + 2));
  }
}

static void pack_general(int rows, int depth, const double *a, stride row, stride col, double *panel) {
  for (int k = 0; k < depth; k++, a += col)
    for (int i = 0; i < 4; i++) *panel++ = i < rows ? a[i * row] : 0;
}

void pack_panels(int rows, int depth, const double *a, stride row, stride col, double *panels) {
  for (int i = 0; i < rows; i += 4, panels += 4 * (stride)depth) {
    const double *first = a + i * row;
    if (rows - i < 4) pack_general(rows - i, depth, first, row, col, panels);
    else if (row == 1) pack_contiguous_columns(depth, first, col, panels);
    else if (col == 1) pack_contiguous_rows(depth, first, row, panels);
    else pack_general(4, depth, first, row, col, panels);
  }
}

// ---- Blocking ---------------------------------------------------------------------------------------------------------

static void multiply_block(enum part part, int below, int rows, int cols, int depth, double alpha, double *c,
                           stride ldc) {
  for (int j = 0; j < cols; j += 4) {
    const double *b = packed_b + (stride)j * depth;
    for (int i = 0; i < rows; i += 4) {
      int d = below + i - j;
      if ((part == LOWER && d <= -4) || (part == UPPER && d >= 4)) continue;
      int inside = part == WHOLE || (part == LOWER ? d >= 3 : d <= -3);
      const double *a = packed_a + (stride)i * depth;
      double *tile = c + j * ldc + i;
      if (inside && rows - i >= 4 && cols - j >= 4) tile_kernel(depth, a, 4, b, 4, alpha, tile, ldc);
      else partial_tile(part, d, MIN(4, rows - i), MIN(4, cols - j), depth, a, b, alpha, tile, ldc);
    }
  }
}

void gemm_add_part(enum part part, int m, int n, int k, double alpha, const double *a, stride a_row, stride a_col,
                   const double *b, stride b_row, stride b_col, double *c, stride ldc) {
  for (int jc = 0; jc < n; jc += NC) {
    int cols = MIN(NC, n - jc);
    for (int pc = 0; pc < k; pc += KC) {
      int depth = MIN(KC, k - pc);
      pack_panels(cols, depth, b + jc * b_col + pc * b_row, b_col, b_row, packed_b);
      for (int ic = 0; ic < m; ic += MC) {
        int rows = MIN(MC, m - ic);
        if ((part == LOWER && ic + rows <= jc) || (part == UPPER && ic >= jc + cols)) continue;
        pack_panels(rows, depth, a + ic * a_row + pc * a_col, a_row, a_col, packed_a);
        multiply_block(part, ic - jc, rows, cols, depth, alpha, c + jc * ldc + ic, ldc);
      }
    }
  }
}

void gemm_add(int m, int n, int k, double alpha, const double *a, stride a_row, stride a_col, const double *b,
              stride b_row, stride b_col, double *c, stride ldc) {
  gemm_add_part(WHOLE, m, n, k, alpha, a, a_row, a_col, b, b_row, b_col, c, ldc);
}

void scale_matrix(int m, int n, double beta, double *c, stride ldc) {
  if (beta == 1) return;
  for (int j = 0; j < n; j++, c += ldc) {
    if (beta == 0) memset(c, 0, sizeof(double) * (size_t)m);
    else
      for (int i = 0; i < m; i++) c[i] *= beta;
  }
}

// ---- Entry ------------------------------------------------------------------------------------------------------------

int dgemm_(const char *ta, const char *tb, const integer *m_, const integer *n_, const integer *k_,
           const double *alpha, const double *a, const integer *lda_, const double *b, const integer *ldb_,
           const double *beta, double *c, const integer *ldc_, int la, int lb) {
  int m = *m_, n = *n_, k = *k_;
  stride lda = *lda_, ldb = *ldb_;
  int a_as_is = is_option(ta, 'N'), b_as_is = is_option(tb, 'N');
  if (m <= 0 || n <= 0) return 0;
  if (n == 1 && k > 0) {
    integer inc_b = b_as_is ? 1 : *ldb_, one = 1;
    return dgemv_(ta, a_as_is ? m_ : k_, a_as_is ? k_ : m_, alpha, a, lda_, (double *)b, &inc_b, beta, c, &one, 1);
  }
  scale_matrix(m, n, *beta, c, *ldc_);
  if (k <= 0 || *alpha == 0) return 0;
  gemm_add(m, n, k, *alpha, a, a_as_is ? 1 : lda, a_as_is ? lda : 1, b, b_as_is ? 1 : ldb, b_as_is ? ldb : 1, c, *ldc_);
  return 0;
}
