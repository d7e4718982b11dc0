// What the files of our BLAS share: LAPACK's calling convention (f2c: every argument a pointer, lengths of characters
// last, subroutines return 0) and the few kernels that are called across files.

#ifndef LA_BLAS_H
#define LA_BLAS_H

#include "simd.h"

typedef int32_t integer;    // Fortran INTEGER
typedef ptrdiff_t stride;   // distance between elements; 64 bits on a native machine

INLINE int is_option(const char *given, char upper) { return (*given & ~0x20) == upper; }

// The first element in logical order of a vector with a possibly negative increment.
INLINE double *vector_start(double *x, int n, int inc) { return inc < 0 ? x - (stride)(n - 1) * inc : x; }

// C += alpha·A·B; A [m, k] and B [k, n] with any strides, C [m, n] with unit row stride. (gemm.c)
void gemm_add(int m, int n, int k, double alpha, const double *a, stride a_row, stride a_col, const double *b,
              stride b_row, stride b_col, double *c, stride ldc);
// The same for one triangle of a square C, diagonal included; the other one is not touched. (gemm.c)
enum part { WHOLE, LOWER, UPPER };
void gemm_add_part(enum part part, int m, int n, int k, double alpha, const double *a, stride a_row, stride a_col,
                   const double *b, stride b_row, stride b_col, double *c, stride ldc);
// C *= beta, where 0 writes zeros whatever C held. (gemm.c)
void scale_matrix(int m, int n, double beta, double *c, stride ldc);
// panels [⌈rows/4⌉][depth][4] = A [rows, depth], rows padded with zeros to a multiple of 4. (gemm.c)
void pack_panels(int rows, int depth, const double *a, stride row, stride col, double *panels);
// C [4, 4] += alpha·Σ_k a(:, k)·b(:, k)ᵀ with steps between the k. (gemm.c)
void tile_add(int depth, const double *a, stride a_step, const double *b, stride b_step, double alpha, double *c,
              stride ldc);

// C [n, n], lower triangle, += alpha·Σ_k a(:, k)·a(:, k)ᵀ for n ≤ GRAM_MAX; any strides. (gram.c)
#define GRAM_MAX 64
void gram_add(int n, int k, double alpha, const double *a, stride row, stride col, double *c, stride ldc);

// Unit-stride vectors. (level1.c)
void vector_axpy(int n, double alpha, const double *restrict x, double *restrict y);
double vector_dot(int n, const double *x, const double *y);
// y += alpha·A·x; y = y + alpha·Aᵀ·x, unit strides. (level2.c)
void gemv_add(int m, int n, double alpha, const double *a, stride lda, const double *x, stride inc_x,
              double *restrict y);
void gemv_transposed_add(int m, int n, double alpha, const double *a, stride lda, const double *restrict x, double *y,
                         stride inc_y);

// The Fortran entries that our own files call.
int dgemm_(const char *ta, const char *tb, const integer *m, const integer *n, const integer *k, const double *alpha,
           const double *a, const integer *lda, const double *b, const integer *ldb, const double *beta, double *c,
           const integer *ldc, int, int);
int dgemv_(const char *trans, const integer *m, const integer *n, const double *alpha, const double *a,
           const integer *lda, double *x, const integer *inc_x, const double *beta, double *y, const integer *inc_y,
           int);
int dtrsm_(const char *side, const char *uplo, const char *trans, const char *diag, const integer *m, const integer *n,
           const double *alpha, const double *a, const integer *lda, double *b, const integer *ldb, int, int, int, int);
int dsyrk_(const char *uplo, const char *trans, const integer *n, const integer *k, const double *alpha,
           const double *a, const integer *lda, const double *beta, double *c, const integer *ldc, int, int);
int dtrmm_(const char *side, const char *uplo, const char *trans, const char *diag, const integer *m, const integer *n,
           const double *alpha, const double *a, const integer *lda, double *b, const integer *ldb, int, int, int, int);
int dlassq_(const integer *n, double *x, const integer *inc, double *scale, double *sumsq);
double dnrm2_(const integer *n, double *x, const integer *inc);

#endif
