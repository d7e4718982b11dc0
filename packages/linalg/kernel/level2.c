// Matrix-vector operations (BLAS level 2). They are bound by how fast the matrix comes out of the cache, so every kernel
// takes four columns in one pass: a quarter of the traffic of the vector, and for symv both uses of an entry (A·x and,
// by symmetry, Aᵀ·x) while it is in a register. Triangular and rank-1 routines only see narrow panels in LAPACK and are
// column by column.

#include "blas.h"

#define CHUNK 4096
static double unit_stride[CHUNK];

static void gather(int n, const double *x, stride inc, double *out) {
  for (int i = 0; i < n; i++) out[i] = x[i * inc];
}

static void scale_vector(int n, double beta, double *y, stride inc) {
  if (beta == 1) return;
  for (int i = 0; i < n; i++) y[i * inc] = beta == 0 ? 0 : beta * y[i * inc];
}

// ---- General -----------------------------------------------------------------------------------------------------------

void gemv_add(int m, int n, double alpha, const double *a, stride lda, const double *x, stride inc_x,
              double *restrict y) {
  int j = 0;
  for (; j + 3 < n; j += 4, x += 4 * inc_x) {
    const double *a0 = a + j * lda, *a1 = a0 + lda, *a2 = a1 + lda, *a3 = a2 + lda;
    double x0 = alpha * x[0], x1 = alpha * x[inc_x], x2 = alpha * x[2 * inc_x], x3 = alpha * x[3 * inc_x];
    vec2 v0 = splat2(x0), v1 = splat2(x1), v2 = splat2(x2), v3 = splat2(x3);
    int i = 0;
    for (; i + 3 < m; i += 4) {
      vec2 s = load2(y + i), t = load2(y + i + 2);
      s = madd2(v0, load2(a0 + i), s);
      t = madd2(v0, load2(a0 + i + 2), t);
      s = madd2(v1, load2(a1 + i), s);
      t = madd2(v1, load2(a1 + i + 2), t);
      s = madd2(v2, load2(a2 + i), s);
      t = madd2(v2, load2(a2 + i + 2), t);
      s = madd2(v3, load2(a3 + i), s);
      t = madd2(v3, load2(a3 + i + 2), t);
      store2(y + i, s);
      store2(y + i + 2, t);
    }
    for (; i < m; i++) y[i] += x0 * a0[i] + x1 * a1[i] + x2 * a2[i] + x3 * a3[i];
  }
  for (; j < n; j++, x += inc_x) vector_axpy(m, alpha * *x, a + j * lda, y);
}

void gemv_transposed_add(int m, int n, double alpha, const double *a, stride lda, const double *restrict x, double *y,
                         stride inc_y) {
  int j = 0;
  for (; j + 3 < n; j += 4, y += 4 * inc_y) {
    const double *a0 = a + j * lda, *a1 = a0 + lda, *a2 = a1 + lda, *a3 = a2 + lda;
    vec2 zero = splat2(0);
    vec2 s0 = zero, s1 = zero, s2 = zero, s3 = zero, t0 = zero, t1 = zero, t2 = zero, t3 = zero;
    int i = 0;
    for (; i + 3 < m; i += 4) {
      vec2 p = load2(x + i), q = load2(x + i + 2);
      s0 = madd2(p, load2(a0 + i), s0);
      t0 = madd2(q, load2(a0 + i + 2), t0);
      s1 = madd2(p, load2(a1 + i), s1);
      t1 = madd2(q, load2(a1 + i + 2), t1);
      s2 = madd2(p, load2(a2 + i), s2);
      t2 = madd2(q, load2(a2 + i + 2), t2);
      s3 = madd2(p, load2(a3 + i), s3);
      t3 = madd2(q, load2(a3 + i + 2), t3);
    }
    double d0 = sum2(s0 + t0), d1 = sum2(s1 + t1), d2 = sum2(s2 + t2), d3 = sum2(s3 + t3);
    for (; i < m; i++) {
      d0 += x[i] * a0[i];
      d1 += x[i] * a1[i];
      d2 += x[i] * a2[i];
      d3 += x[i] * a3[i];
    }
    y[0] += alpha * d0;
    y[inc_y] += alpha * d1;
    y[2 * inc_y] += alpha * d2;
    y[3 * inc_y] += alpha * d3;
  }
  for (; j < n; j++, y += inc_y) *y += alpha * vector_dot(m, x, a + j * lda);
}

int dgemv_(const char *trans, const integer *m_, const integer *n_, const double *alpha_, const double *a,
           const integer *lda_, double *x, const integer *inc_x_, const double *beta, double *y,
           const integer *inc_y_, int l) {
  int m = *m_, n = *n_, as_is = is_option(trans, 'N');
  stride lda = *lda_, inc_x = *inc_x_, inc_y = *inc_y_;
  double alpha = *alpha_;
  if (m <= 0 || n <= 0) return 0;
  x = vector_start(x, as_is ? n : m, inc_x);
  y = vector_start(y, as_is ? m : n, inc_y);
  scale_vector(as_is ? m : n, *beta, y, inc_y);
  if (alpha == 0) return 0;
  if (as_is && inc_y == 1) gemv_add(m, n, alpha, a, lda, x, inc_x, y);
  else if (!as_is && inc_x == 1) gemv_transposed_add(m, n, alpha, a, lda, x, y, inc_y);
  else
    for (int i = 0; i < m; i += CHUNK) {
      int rows = MIN(CHUNK, m - i);
      if (as_is) {
        memset(unit_stride, 0, sizeof unit_stride);
        gemv_add(rows, n, alpha, a + i, lda, x, inc_x, unit_stride);
        for (int q = 0; q < rows; q++) y[(i + q) * inc_y] += unit_stride[q];
      } else {
        gather(rows, x + i * inc_x, inc_x, unit_stride);
        gemv_transposed_add(rows, n, alpha, a + i, lda, unit_stride, y, inc_y);
      }
    }
  return 0;
}

// A += alpha·x·yᵀ
int dger_(const integer *m_, const integer *n_, const double *alpha, double *x, const integer *inc_x, double *y,
          const integer *inc_y, double *a, const integer *lda) {
  int m = *m_, n = *n_;
  if (m <= 0 || n <= 0 || *alpha == 0) return 0;
  x = vector_start(x, m, *inc_x);
  y = vector_start(y, n, *inc_y);
  for (int i = 0; i < m; i += CHUNK) {
    int rows = MIN(CHUNK, m - i);
    const double *part = x + i;
    if (*inc_x != 1) {
      gather(rows, x + (stride)i * *inc_x, *inc_x, unit_stride);
      part = unit_stride;
    }
    for (int j = 0; j < n; j++) vector_axpy(rows, *alpha * y[(stride)j * *inc_y], part, a + (stride)j * *lda + i);
  }
  return 0;
}

// ---- Symmetric ---------------------------------------------------------------------------------------------------------

// y += alpha·A·x from the lower triangle, four columns at a time: the 4 x 4 block on the diagonal, then below it each
// entry is used for y(i) and for the four sums.
static void symv_lower(int n, double alpha, const double *a, stride lda, const double *x, double *restrict y) {
  int j = 0;
  for (; j + 3 < n; j += 4) {
    const double *a0 = a + j * lda, *a1 = a0 + lda, *a2 = a1 + lda, *a3 = a2 + lda;
    double x0 = x[j], x1 = x[j + 1], x2 = x[j + 2], x3 = x[j + 3];
    double y0 = a0[j] * x0 + a0[j + 1] * x1 + a0[j + 2] * x2 + a0[j + 3] * x3;
    double y1 = a0[j + 1] * x0 + a1[j + 1] * x1 + a1[j + 2] * x2 + a1[j + 3] * x3;
    double y2 = a0[j + 2] * x0 + a1[j + 2] * x1 + a2[j + 2] * x2 + a2[j + 3] * x3;
    double y3 = a0[j + 3] * x0 + a1[j + 3] * x1 + a2[j + 3] * x2 + a3[j + 3] * x3;
    x0 *= alpha;
    x1 *= alpha;
    x2 *= alpha;
    x3 *= alpha;
    vec2 v0 = splat2(x0), v1 = splat2(x1), v2 = splat2(x2), v3 = splat2(x3);
    vec2 s0 = splat2(0), s1 = s0, s2 = s0, s3 = s0;
    int i = j + 4;
    for (; i + 1 < n; i += 2) {
      vec2 p = load2(x + i), b0 = load2(a0 + i), b1 = load2(a1 + i), b2 = load2(a2 + i), b3 = load2(a3 + i);
      s0 = madd2(b0, p, s0);
      s1 = madd2(b1, p, s1);
      s2 = madd2(b2, p, s2);
      s3 = madd2(b3, p, s3);
      vec2 even = madd2(v2, b2, madd2(v0, b0, load2(y + i)));
      vec2 odd = madd2(v3, b3, v1 * b1);
      store2(y + i, even + odd);
    }
    y0 += sum2(s0);
    y1 += sum2(s1);
    y2 += sum2(s2);
    y3 += sum2(s3);
    for (; i < n; i++) {
      y0 += a0[i] * x[i];
      y1 += a1[i] * x[i];
      y2 += a2[i] * x[i];
      y3 += a3[i] * x[i];
      y[i] += x0 * a0[i] + x1 * a1[i] + x2 * a2[i] + x3 * a3[i];
    }
    y[j] += alpha * y0;
    y[j + 1] += alpha * y1;
    y[j + 2] += alpha * y2;
    y[j + 3] += alpha * y3;
  }
  for (; j < n; j++) {
    const double *column = a + j * lda;
    double sum = column[j] * x[j];
    for (int i = j + 1; i < n; i++) {
      sum += column[i] * x[i];
      y[i] += alpha * x[j] * column[i];
    }
    y[j] += alpha * sum;
  }
}

int dsymv_(const char *uplo, const integer *n_, const double *alpha_, const double *a, const integer *lda_, double *x,
           const integer *inc_x_, const double *beta, double *y, const integer *inc_y_, int l) {
  int n = *n_, lower = is_option(uplo, 'L');
  stride lda = *lda_, inc_x = *inc_x_, inc_y = *inc_y_;
  double alpha = *alpha_;
  if (n <= 0) return 0;
  x = vector_start(x, n, inc_x);
  y = vector_start(y, n, inc_y);
  scale_vector(n, *beta, y, inc_y);
  if (alpha == 0) return 0;
  if (lower && inc_x == 1 && inc_y == 1) {
    symv_lower(n, alpha, a, lda, x, y);
    return 0;
  }
  // Only LAPACK's tests come here.
  for (int j = 0; j < n; j++) {
    const double *column = a + j * lda;
    double sum = 0, xj = alpha * x[j * inc_x];
    for (int i = lower ? j + 1 : 0; i < (lower ? n : j); i++) {
      sum += column[i] * x[i * inc_x];
      y[i * inc_y] += xj * column[i];
    }
    y[j * inc_y] += xj * column[j] + alpha * sum;
  }
  return 0;
}

// A += alpha·(x·yᵀ + y·xᵀ), one triangle.
int dsyr2_(const char *uplo, const integer *n_, const double *alpha, double *x, const integer *inc_x_, double *y,
           const integer *inc_y_, double *a, const integer *lda, int l) {
  int n = *n_, lower = is_option(uplo, 'L');
  stride inc_x = *inc_x_, inc_y = *inc_y_;
  if (n <= 0 || *alpha == 0) return 0;
  x = vector_start(x, n, inc_x);
  y = vector_start(y, n, inc_y);
  for (int j = 0; j < n; j++, a += *lda) {
    double xj = *alpha * x[j * inc_x], yj = *alpha * y[j * inc_y];
    for (int i = lower ? j : 0; i < (lower ? n : j + 1); i++) a[i] += x[i * inc_x] * yj + y[i * inc_y] * xj;
  }
  return 0;
}

// ---- Triangular --------------------------------------------------------------------------------------------------------

// x = op(A)·x (solve 0) or op(A)⁻¹·x (solve 1). For A as it is, column j spreads x(j) over the others; for Aᵀ, x(j)
// gathers from the others. `forwards` is the order in which no entry is used after it changed (product) or before it
// is final (solution).
static void triangular(int solve, int upper, int as_is, int unit, int n, const double *a, stride lda, double *x,
                       stride inc) {
  int forwards = (upper == as_is) != solve;
  for (int step = 0; step < n; step++) {
    int j = forwards ? step : n - 1 - step;
    const double *column = a + j * lda;
    int begin = upper ? 0 : j + 1, end = upper ? j : n;
    double xj = x[j * inc];
    if (as_is) {
      if (solve && !unit) xj /= column[j];
      double factor = solve ? -xj : xj;
      if (inc == 1) vector_axpy(end - begin, factor, column + begin, x + begin);
      else
        for (int i = begin; i < end; i++) x[i * inc] += factor * column[i];
      x[j * inc] = solve || unit ? xj : xj * column[j];
    } else {
      double sum = 0;
      if (inc == 1) sum = vector_dot(end - begin, column + begin, x + begin);
      else
        for (int i = begin; i < end; i++) sum += column[i] * x[i * inc];
      if (solve) x[j * inc] = unit ? xj - sum : (xj - sum) / column[j];
      else x[j * inc] = (unit ? xj : xj * column[j]) + sum;
    }
  }
}

int dtrmv_(const char *uplo, const char *trans, const char *diag, const integer *n, const double *a,
           const integer *lda, double *x, const integer *inc, int l1, int l2, int l3) {
  triangular(0, is_option(uplo, 'U'), is_option(trans, 'N'), is_option(diag, 'U'), *n, a, *lda,
             vector_start(x, *n, *inc), *inc);
  return 0;
}

int dtrsv_(const char *uplo, const char *trans, const char *diag, const integer *n, const double *a,
           const integer *lda, double *x, const integer *inc, int l1, int l2, int l3) {
  triangular(1, is_option(uplo, 'U'), is_option(trans, 'N'), is_option(diag, 'U'), *n, a, *lda,
             vector_start(x, *n, *inc), *inc);
  return 0;
}
