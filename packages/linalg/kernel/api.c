// The C API (contract in api.h): sizes by value, workspace inside, packed matrices. Every driver asks LAPACK for the
// workspace it wants (lwork = −1), allocates it and calls again.

#include "api.h"

#include "lapack.h"

// LAPACK demands leading dimensions ≥ 1 even of empty matrices.
static integer leading(int rows) { return MAX(1, rows); }

static double *doubles(double count) { return la_alloc(sizeof(double) * (size_t)MAX(1, count)); }
static integer *integers(double count) { return la_alloc(sizeof(integer) * (size_t)MAX(1, count)); }

// Columns that start a multiple of 512 bytes apart fall into few sets of the cache: the SVD of a 512 x 512 matrix loses
// 4 % to that, of a 2048 x 512 one 10 %, and widths of neural networks are such numbers. The SVD therefore works on copies
// with a leading dimension that is odd in units of a cache line. (Elsewhere the copies cost what they save.)
static integer spread(int rows) { return rows >= 128 && rows % 64 == 0 ? rows + 8 : leading(rows); }

static void copy_matrix(int rows, int cols, const double *from, integer from_ld, double *to, integer to_ld) {
  for (int j = 0; j < cols; j++) memcpy(to + (size_t)j * to_ld, from + (size_t)j * from_ld, sizeof(double) * (size_t)rows);
}

// Frees the workspace of a driver and returns what it reported.
static int finish(void *work, void *iwork, integer info) {
  la_free(work);
  la_free(iwork);
  return info;
}

int la_simd(void) {
#if defined LA_RELAXED
  return 2;
#elif defined __wasm_simd128__
  return 1;
#else
  return 0;
#endif
}

// ---- Elementwise --------------------------------------------------------------------------------------------------------

int la_all_finite(int n, const double *x) {
  // 0·x is 0 for finite x and NaN otherwise.
  vec2 zero = splat2(0), sum = zero;
  int i = 0;
  for (; i + 1 < n; i += 2) sum += zero * load2(x + i);
  double total = sum2(sum) + (i < n ? 0 * x[i] : 0);
  return total == 0;
}

void la_transpose(int rows, int cols, const double *src, double *dst) {
  // Squares of 32, so that both sides stay in the first-level cache.
  for (int jb = 0; jb < cols; jb += 32)
    for (int ib = 0; ib < rows; ib += 32) {
      int j_end = MIN(cols, jb + 32), i_end = MIN(rows, ib + 32), j = jb;
      for (; j + 1 < j_end; j += 2) {
        const double *s = src + (stride)j * rows;
        int i = ib;
        for (; i + 1 < i_end; i += 2) {
          vec2 left = load2(s + i), right = load2(s + rows + i);
          store2(dst + (stride)i * cols + j, (vec2){left[0], right[0]});
          store2(dst + (stride)(i + 1) * cols + j, (vec2){left[1], right[1]});
        }
        if (i < i_end) store2(dst + (stride)i * cols + j, (vec2){s[i], s[rows + i]});
      }
      if (j < j_end)
        for (int i = ib; i < i_end; i++) dst[(stride)i * cols + j] = src[(stride)j * rows + i];
    }
}

// ---- Products -----------------------------------------------------------------------------------------------------------

void la_gemm(int ta, int tb, int m, int n, int k, double alpha, const double *a, int lda, const double *b, int ldb,
             double beta, double *c, int ldc) {
  dgemm_(ta ? "T" : "N", tb ? "T" : "N", &m, &n, &k, &alpha, a, &lda, b, &ldb, &beta, c, &ldc, 1, 1);
}

void la_gemv(int trans, int m, int n, double alpha, const double *a, int lda, const double *x, double beta,
             double *y) {
  integer one = 1, outputs = trans ? n : m;
  if (m > 0 && n > 0) dgemv_(trans ? "T" : "N", &m, &n, &alpha, a, &lda, (double *)x, &one, &beta, y, &one, 1);
  else scale_matrix(outputs, 1, beta, y, outputs);
}

void la_syrk(int trans, int n, int k, double alpha, const double *a, int lda, double beta, double *c, int ldc) {
  dsyrk_("L", trans ? "T" : "N", &n, &k, &alpha, a, &lda, &beta, c, &ldc, 1, 1);
  for (int j = 0; j < n; j++)
    for (int i = j + 1; i < n; i++) c[(stride)i * ldc + j] = c[(stride)j * ldc + i];
}

void la_trsm(int right, int upper, int trans, int unit, int m, int n, double alpha, const double *a, int lda, double *b,
             int ldb) {
  dtrsm_(right ? "R" : "L", upper ? "U" : "L", trans ? "T" : "N", unit ? "U" : "N", &m, &n, &alpha, a, &lda, b, &ldb, 1,
         1, 1, 1);
}

// ---- Singular values ----------------------------------------------------------------------------------------------------

int la_gesdd_batch(int job, int count, int m, int n, double *a, double *s, double *u, double *vt, int *info) {
  const char *letter = job == 0 ? "N" : job == 1 ? "S" : "A";
  integer r = MIN(m, n), u_cols = job == 1 ? r : m, vt_rows = job == 1 ? r : n;
  integer lda = spread(m), ldvt = spread(vt_rows), lwork = -1, ignored = 0;
  double size = 0;
  dgesdd_(letter, &m, &n, a, &lda, s, u, &lda, vt, &ldvt, &size, &lwork, &ignored, &ignored, 1);
  // Behind LAPACK's workspace: a, u and vt where theirs are spread out.
  double a_size = lda > m ? (double)lda * n : 0, u_size = job && lda > m ? (double)lda * u_cols : 0;
  double vt_size = job && ldvt > vt_rows ? (double)ldvt * n : 0;
  double *work = doubles(size + a_size + u_size + vt_size);
  integer *iwork = integers(8.0 * r);
  if (!work || !iwork) return finish(work, iwork, LA_ERR_ALLOC);
  lwork = (integer)MAX(1, size);
  double *a_copy = work + lwork, *u_copy = a_copy + (size_t)a_size, *vt_copy = u_copy + (size_t)u_size;
  int failures = 0;
  for (int i = 0; i < count; i++) {
    if (a_size > 0) copy_matrix(m, n, a, m, a_copy, lda);
    dgesdd_(letter, &m, &n, a_size > 0 ? a_copy : a, &lda, s, u_size > 0 ? u_copy : u, &lda,
            vt_size > 0 ? vt_copy : vt, &ldvt, work, &lwork, iwork, info + i, 1);
    if (u_size > 0) copy_matrix(m, u_cols, u_copy, lda, u, m);
    if (vt_size > 0) copy_matrix(vt_rows, n, vt_copy, ldvt, vt, vt_rows);
    failures += info[i] != 0;
    a += (size_t)m * n;
    s += r;
    if (job == 0) continue;
    u += (size_t)m * u_cols;
    vt += (size_t)vt_rows * n;
  }
  return finish(work, iwork, failures);
}

static void identity(int n, double *a) {
  memset(a, 0, sizeof(double) * (size_t)n * n);
  for (int i = 0; i < n; i++) a[(size_t)i * n + i] = 1;
}

int la_gesdd(int job, int m, int n, double *a, double *s, double *u, double *vt) {
  if (m == 0 || n == 0) {  // dgesdd leaves full factors of an empty matrix alone
    if (job == 2) {
      identity(m, u);
      identity(n, vt);
    }
    return 0;
  }
  integer info = 0;
  int failures = la_gesdd_batch(job, 1, m, n, a, s, u, vt, &info);
  return failures < 0 ? failures : info;
}

int la_gejsv(int m, int n, double *a, double *s, double *u, double *v) {
  if (n == 0) return 0;
  integer lda = leading(m), ldv = leading(n), info = 0;
  double columns = n, least = MAX(2.0 * m + n, 6 * columns + 2 * columns * columns);
  double size = MAX(least, columns + 64.0 * m) + 64 * columns;
  double *work = size < INT32_MAX ? doubles(size) : NULL;
  integer *iwork = integers(m + 3.0 * n);
  if (!work || !iwork) return finish(work, iwork, LA_ERR_ALLOC);
  integer lwork = (integer)size;
  // F: full pivoting, accurate for row and column scaling; R: columns 1e-154 below the largest may be set to zero.
  dgejsv_("F", u ? "U" : "N", v ? "V" : "N", "R", "N", "N", &m, &n, a, &lda, s, u, &lda, v, &ldv, work, &lwork, iwork,
          &info, 1, 1, 1, 1, 1, 1);
  if (work[0] != work[1])
    for (int i = 0; i < n; i++) s[i] *= work[0] / work[1];
  return finish(work, iwork, info);
}

// ---- Symmetric eigenproblems ------------------------------------------------------------------------------------------------

int la_syevd_batch(int vectors, int count, int n, double *a, double *w, int *info) {
  const char *job = vectors ? "V" : "N";
  integer lda = leading(n), lwork = -1, liwork = -1, isize = 1, ignored = 0;
  double size = 0;
  dsyevd_(job, "L", &n, a, &lda, w, &size, &lwork, &isize, &liwork, &ignored, 1, 1);
  double *work = doubles(size);
  integer *iwork = integers(isize);
  if (!work || !iwork) return finish(work, iwork, LA_ERR_ALLOC);
  lwork = (integer)MAX(1, size);
  liwork = isize;
  int failures = 0;
  for (int i = 0; i < count; i++, a += (size_t)n * n, w += n) {
    dsyevd_(job, "L", &n, a, &lda, w, work, &lwork, iwork, &liwork, info + i, 1, 1);
    failures += info[i] != 0;
  }
  return finish(work, iwork, failures);
}

int la_syevd(int vectors, int n, double *a, double *w) {
  integer info = 0;
  int failures = la_syevd_batch(vectors, 1, n, a, w, &info);
  return failures < 0 ? failures : info;
}

int la_sygvd(int vectors, int n, double *a, double *b, double *w) {
  const char *job = vectors ? "V" : "N";
  integer type = 1, lda = leading(n), lwork = -1, liwork = -1, isize = 1, info = 0;
  double size = 0;
  dsygvd_(&type, job, "L", &n, a, &lda, b, &lda, w, &size, &lwork, &isize, &liwork, &info, 1, 1);
  double *work = doubles(size);
  integer *iwork = integers(isize);
  if (!work || !iwork) return finish(work, iwork, LA_ERR_ALLOC);
  lwork = (integer)size;
  liwork = isize;
  dsygvd_(&type, job, "L", &n, a, &lda, b, &lda, w, work, &lwork, iwork, &liwork, &info, 1, 1);
  return finish(work, iwork, info);
}

// ---- Orthogonal factors -----------------------------------------------------------------------------------------------------

int la_geqrf(int m, int n, double *a, double *tau) {
  integer lda = leading(m), lwork = -1, info = 0;
  double size = 0;
  dgeqrf_(&m, &n, a, &lda, tau, &size, &lwork, &info);
  double *work = doubles(size);
  if (!work) return LA_ERR_ALLOC;
  lwork = (integer)MAX(1, size);
  dgeqrf_(&m, &n, a, &lda, tau, work, &lwork, &info);
  return finish(work, NULL, info);
}

int la_geqp3(int m, int n, double *a, int *pivots, double *tau) {
  integer lda = leading(m), lwork = -1, info = 0;
  double size = 0;
  dgeqp3_(&m, &n, a, &lda, pivots, tau, &size, &lwork, &info);
  double *work = doubles(size);
  if (!work) return LA_ERR_ALLOC;
  lwork = (integer)MAX(1, size);
  for (int j = 0; j < n; j++) pivots[j] = 0;  // every column is free to move
  dgeqp3_(&m, &n, a, &lda, pivots, tau, work, &lwork, &info);
  for (int j = 0; j < n; j++) pivots[j] = m == 0 ? j : pivots[j] - 1;
  return finish(work, NULL, info);
}

void la_extract_r(int m, int n, const double *a, double *r) {
  int rows = MIN(m, n);
  for (int j = 0; j < n; j++)
    for (int i = 0; i < rows; i++) r[(stride)j * rows + i] = i <= j ? a[(stride)j * m + i] : 0;
}

int la_orgqr(int m, int columns, int reflectors, double *a, const double *tau) {
  integer lda = leading(m), lwork = -1, info = 0;
  double size = 0;
  dorgqr_(&m, &columns, &reflectors, a, &lda, tau, &size, &lwork, &info);
  double *work = doubles(size);
  if (!work) return LA_ERR_ALLOC;
  lwork = (integer)MAX(1, size);
  dorgqr_(&m, &columns, &reflectors, a, &lda, tau, work, &lwork, &info);
  return finish(work, NULL, info);
}

int la_ormqr(int trans, int m, int n, int reflectors, double *a, const double *tau, double *c) {
  integer lda = leading(m), lwork = -1, info = 0;
  const char *op = trans ? "T" : "N";
  double size = 0;
  dormqr_("L", op, &m, &n, &reflectors, a, &lda, tau, c, &lda, &size, &lwork, &info, 1, 1);
  double *work = doubles(size);
  if (!work) return LA_ERR_ALLOC;
  lwork = (integer)MAX(1, size);
  dormqr_("L", op, &m, &n, &reflectors, a, &lda, tau, c, &lda, work, &lwork, &info, 1, 1);
  return finish(work, NULL, info);
}

// ---- Linear systems ---------------------------------------------------------------------------------------------------------

int la_potrf(int upper, int n, double *a) {
  integer lda = leading(n), info = 0;
  dpotrf_(upper ? "U" : "L", &n, a, &lda, &info, 1);
  for (int j = 0; j < n; j++)
    for (int i = upper ? j + 1 : 0; i < (upper ? n : j); i++) a[(stride)j * n + i] = 0;
  return info;
}

int la_gesv(int n, int columns, double *a, double *b) {
  integer lda = leading(n), info = 0;
  integer *pivots = integers(n);
  if (!pivots) return LA_ERR_ALLOC;
  dgesv_(&n, &columns, a, &lda, pivots, b, &lda, &info);
  return finish(pivots, NULL, info);
}

int la_getrf(int m, int n, double *a, int *pivots) {
  integer lda = leading(m), info = 0;
  dgetrf_(&m, &n, a, &lda, pivots, &info);
  return info;
}

int la_getrs(int trans, int n, int columns, const double *a, const int *pivots, double *b) {
  integer lda = leading(n), info = 0;
  dgetrs_(trans ? "T" : "N", &n, &columns, a, &lda, pivots, b, &lda, &info, 1);
  return info;
}

int la_gelsd(int m, int n, int columns, double *a, double *b, double *s, double rcond, int *rank) {
  integer lda = leading(m), ldb = leading(MAX(m, n)), lwork = -1, isize = 1, info = 0;
  double size = 0;
  dgelsd_(&m, &n, &columns, a, &lda, b, &ldb, s, &rcond, rank, &size, &lwork, &isize, &info);
  double *work = doubles(size);
  integer *iwork = integers(isize);
  if (!work || !iwork) return finish(work, iwork, LA_ERR_ALLOC);
  lwork = (integer)MAX(1, size);
  dgelsd_(&m, &n, &columns, a, &lda, b, &ldb, s, &rcond, rank, work, &lwork, iwork, &info);
  return finish(work, iwork, info);
}
