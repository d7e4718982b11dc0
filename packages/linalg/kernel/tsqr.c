// Streaming QR of tall matrices: R of [R; block], n columns, Q never formed.
//
// R is triangular, so that reflector j has one entry in R (row j, equal to 1) and one vector in the block (column j):
// the work is 2·m·n², with nothing spent on the zeros of R. The columns are handled by halves (Elmroth & Gustavson 2000):
// factorise the left half, apply it to the right half as I − V·Tᵀ·Vᵀ by two products, factorise the right half, and
// join the two T. All but the last four columns of the recursion is the general product.

#include "api.h"
#include "blas.h"

#define LEAF 4

struct panel {
  int rows, n;
  double *r;      // [n, n], the running R
  double *block;  // [rows, n], column-major; becomes V
  double *t;      // [n, n], T of I − V·T·Vᵀ
  double *work;   // [n, n]
};

// Householder reflector of (R(j, j), column j): β = R(j, j) after, τ, column j /= α − β.
static double reflector(const struct panel *p, int j) {
  double *diagonal = p->r + (stride)j * p->n + j, *column = p->block + (stride)j * p->rows, alpha = *diagonal;
  integer one = 1, rows = p->rows;
  double tail = dnrm2_(&rows, column, &one);
  if (tail == 0) return 0;
  double beta = -copysign(hypot(alpha, tail), alpha);
  // α − β is at least the norm in magnitude: no cancellation. Divided twice where its reciprocal would overflow.
  double scale = alpha - beta;
  for (int i = 0; i < rows; i++) column[i] /= scale;
  *diagonal = beta;
  return (beta - alpha) / beta;
}

// Columns first … first + count of R and block.
static void factorise(const struct panel *p, int first, int count) {
  int m = p->rows, n = p->n;
  double *v = p->block + (stride)first * m, *t = p->t + (stride)first * n + first;
  if (count <= LEAF) {
    for (int j = 0; j < count; j++) {
      double *vj = v + (stride)j * m, tau = reflector(p, first + j);
      for (int k = j + 1; k < count; k++) {
        double *r = p->r + (stride)(first + k) * n + first + j, *column = v + (stride)k * m;
        double w = tau * (*r + vector_dot(m, vj, column));
        *r -= w;
        vector_axpy(m, -w, vj, column);
      }
      // T(0:j, j) = −τ·T(0:j, 0:j)·V(0:j)ᵀ·v(j); the ones of V meet only zeros of v(j).
      double dots[LEAF];
      for (int k = 0; k < j; k++) dots[k] = -tau * vector_dot(m, v + (stride)k * m, vj);
      for (int i = 0; i < j; i++) {
        double sum = 0;
        for (int k = i; k < j; k++) sum += t[k * (stride)n + i] * dots[k];
        t[j * (stride)n + i] = sum;
      }
      t[j * (stride)n + j] = tau;
    }
    return;
  }
  int left = (count / 2 + 3) & ~3, right = count - left;
  if (right <= 0) {
    left = count / 2;
    right = count - left;
  }
  factorise(p, first, left);

  // W = Tᵀ·(R(left rows, right columns) + Vᵀ·block(right)); both parts lose their share of it.
  double *w = p->work, *r = p->r + (stride)(first + left) * n + first, *b = v + (stride)left * m;
  for (int j = 0; j < right; j++) memcpy(w + j * left, r + (stride)j * n, sizeof(double) * (size_t)left);
  gemm_add(left, right, m, 1, v, m, 1, b, 1, m, w, left);
  double one = 1;
  integer ld = n, rows = left, cols = right;
  dtrmm_("L", "U", "T", "N", &rows, &cols, &one, t, &ld, w, &rows, 1, 1, 1, 1);
  for (int j = 0; j < right; j++)
    for (int i = 0; i < left; i++) r[(stride)j * n + i] -= w[j * left + i];
  gemm_add(m, right, left, -1, v, 1, m, w, 1, left, b, m);

  factorise(p, first + left, right);

  // T(left, right) = −T(left)·(Vᵀ(left)·V(right))·T(right)
  double *corner = t + (stride)left * n, minus = -1;
  scale_matrix(left, right, 0, corner, n);
  gemm_add(left, right, m, 1, v, m, 1, b, 1, m, corner, n);
  dtrmm_("L", "U", "N", "N", &rows, &cols, &minus, t, &ld, corner, &ld, 1, 1, 1, 1);
  dtrmm_("R", "U", "N", "N", &rows, &cols, &one, corner + left, &ld, corner, &ld, 1, 1, 1, 1);
}

int la_tsqr_step(int n, double *r, int m, const double *block) {
  if (n == 0 || m == 0) return 0;
  double *work = la_alloc(sizeof(double) * ((size_t)m * n + 2 * (size_t)n * n));
  if (!work) return LA_ERR_ALLOC;
  struct panel p = {m, n, r, work, work + (size_t)m * n, work + (size_t)m * n + (size_t)n * n};
  for (int j = 0; j < n; j++)
    for (int i = j + 1; i < n; i++) r[(stride)j * n + i] = 0;
  la_transpose(n, m, block, p.block);
  factorise(&p, 0, n);
  la_free(work);
  return 0;
}
