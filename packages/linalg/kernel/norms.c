// Norms of matrices (LAPACK's dlange, dlansy): every driver takes one to scale by, and the reference calls a function
// per entry to look for NaN. A NaN anywhere is the result here too.

#include "blas.h"

INLINE double larger(double best, double value) { return value <= best || best != best ? best : value; }

// Entry (i, j) counts if first(j) ≤ i < last(j): the whole matrix, or a triangle of a symmetric one.
struct matrix {
  enum part part;
  int rows, cols;
  const double *data;
  stride ld;
};

static int first_row(const struct matrix *a, int j) { return a->part == LOWER ? j : 0; }
static int end_row(const struct matrix *a, int j) { return a->part == UPPER ? j + 1 : a->rows; }

static double largest_entry(const struct matrix *a) {
  double best = 0;
  for (int j = 0; j < a->cols; j++)
    for (int i = first_row(a, j); i < end_row(a, j); i++) best = larger(best, fabs(a->data[j * a->ld + i]));
  return best;
}

// Largest sum of magnitudes over columns (by_rows 0) or rows; a triangle counts for both.
static double largest_sum(const struct matrix *a, int by_rows, double *sums) {
  int length = by_rows ? a->rows : a->cols;
  if (!by_rows && a->part == WHOLE) {
    double best = 0;
    for (int j = 0; j < a->cols; j++) {
      double sum = 0;
      for (int i = 0; i < a->rows; i++) sum += fabs(a->data[j * a->ld + i]);
      best = larger(best, sum);
    }
    return best;
  }
  for (int i = 0; i < length; i++) sums[i] = 0;
  for (int j = 0; j < a->cols; j++)
    for (int i = first_row(a, j); i < end_row(a, j); i++) {
      double v = fabs(a->data[j * a->ld + i]);
      sums[i] += v;
      if (a->part != WHOLE && i != j) sums[j] += v;
    }
  double best = 0;
  for (int i = 0; i < length; i++) best = larger(best, sums[i]);
  return best;
}

static double frobenius(const struct matrix *a) {
  double scale = 0, sumsq = 1;
  integer one = 1;
  for (int j = 0; j < a->cols; j++) {
    // Off the diagonal a triangle counts twice.
    integer count = end_row(a, j) - first_row(a, j) - (a->part != WHOLE);
    double *column = (double *)a->data + j * a->ld + first_row(a, j) + (a->part == LOWER);
    dlassq_(&count, column, &one, &scale, &sumsq);
  }
  if (a->part != WHOLE) {
    integer n = a->cols, step = (integer)a->ld + 1;
    sumsq *= 2;
    dlassq_(&n, (double *)a->data, &step, &scale, &sumsq);
  }
  return scale * sqrt(sumsq);
}

static double norm(const char *kind, const struct matrix *a, double *sums) {
  if (a->rows <= 0 || a->cols <= 0) return 0;
  if (is_option(kind, 'M')) return largest_entry(a);
  if (is_option(kind, 'I')) return largest_sum(a, 1, sums);
  if (is_option(kind, 'O') || *kind == '1') return largest_sum(a, 0, sums);
  return frobenius(a);
}

double dlange_(const char *kind, const integer *m, const integer *n, const double *a, const integer *lda, double *work,
               int l) {
  return norm(kind, &(struct matrix){WHOLE, *m, *n, a, *lda}, work);
}

double dlansy_(const char *kind, const char *uplo, const integer *n, const double *a, const integer *lda, double *work,
               int l1, int l2) {
  enum part part = is_option(uplo, 'L') ? LOWER : UPPER;
  return norm(kind, &(struct matrix){part, *n, *n, a, *lda}, work);
}
