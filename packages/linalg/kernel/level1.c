// Vector operations (BLAS level 1). Unit strides take two doubles at a time, other strides a plain loop.

#include "blas.h"

// ---- Kernels ----------------------------------------------------------------------------------------------------------

void vector_axpy(int n, double alpha, const double *restrict x, double *restrict y) {
  vec2 a = splat2(alpha);
  int i = 0;
  for (; i + 3 < n; i += 4) {
    vec2 y0 = madd2(a, load2(x + i), load2(y + i)), y2 = madd2(a, load2(x + i + 2), load2(y + i + 2));
    store2(y + i, y0);
    store2(y + i + 2, y2);
  }
  for (; i < n; i++) y[i] += alpha * x[i];
}

// Four independent sums, so that the latency of an addition does not bound the loop.
double vector_dot(int n, const double *x, const double *y) {
  vec2 s0 = splat2(0), s1 = s0, s2 = s0, s3 = s0;
  int i = 0;
  for (; i + 7 < n; i += 8) {
    s0 = madd2(load2(x + i), load2(y + i), s0);
    s1 = madd2(load2(x + i + 2), load2(y + i + 2), s1);
    s2 = madd2(load2(x + i + 4), load2(y + i + 4), s2);
    s3 = madd2(load2(x + i + 6), load2(y + i + 6), s3);
  }
  double sum = sum2((s0 + s1) + (s2 + s3));
  for (; i < n; i++) sum += x[i] * y[i];
  return sum;
}

// ---- Linear combinations ----------------------------------------------------------------------------------------------

int daxpy_(const integer *n_, const double *alpha, double *x, const integer *inc_x, double *y, const integer *inc_y) {
  int n = *n_;
  if (n <= 0 || *alpha == 0) return 0;
  if (*inc_x == 1 && *inc_y == 1) {
    vector_axpy(n, *alpha, x, y);
    return 0;
  }
  x = vector_start(x, n, *inc_x);
  y = vector_start(y, n, *inc_y);
  for (int i = 0; i < n; i++, x += *inc_x, y += *inc_y) *y += *alpha * *x;
  return 0;
}

double ddot_(const integer *n_, double *x, const integer *inc_x, double *y, const integer *inc_y) {
  int n = *n_;
  if (n <= 0) return 0;
  if (*inc_x == 1 && *inc_y == 1) return vector_dot(n, x, y);
  x = vector_start(x, n, *inc_x);
  y = vector_start(y, n, *inc_y);
  double sum = 0;
  for (int i = 0; i < n; i++, x += *inc_x, y += *inc_y) sum += *x * *y;
  return sum;
}

int dscal_(const integer *n_, const double *alpha, double *x, const integer *inc) {
  if (*inc == 1)
    for (int i = 0; i < *n_; i++) x[i] *= *alpha;
  else if (*inc > 0)
    for (int i = 0; i < *n_; i++, x += *inc) *x *= *alpha;
  return 0;
}

int dcopy_(const integer *n_, double *x, const integer *inc_x, double *y, const integer *inc_y) {
  int n = *n_;
  if (n <= 0) return 0;
  if (*inc_x == 1 && *inc_y == 1) {
    memmove(y, x, sizeof(double) * (size_t)n);
    return 0;
  }
  x = vector_start(x, n, *inc_x);
  y = vector_start(y, n, *inc_y);
  for (int i = 0; i < n; i++, x += *inc_x, y += *inc_y) *y = *x;
  return 0;
}

int dswap_(const integer *n_, double *x, const integer *inc_x, double *y, const integer *inc_y) {
  int n = *n_;
  if (n <= 0) return 0;
  x = vector_start(x, n, *inc_x);
  y = vector_start(y, n, *inc_y);
  for (int i = 0; i < n; i++, x += *inc_x, y += *inc_y) {
    double t = *y;
    *y = *x;
    *x = t;
  }
  return 0;
}

// ---- Rotations ---------------------------------------------------------------------------------------------------------

// (x, y) = (c·x + s·y, c·y − s·x). Never fused: both builds and every lane must round alike.
int drot_(const integer *n_, double *x, const integer *inc_x, double *y, const integer *inc_y, const double *c_,
          const double *s_) {
  int n = *n_;
  double c = *c_, s = *s_;
  if (n <= 0) return 0;
  x = vector_start(x, n, *inc_x);
  y = vector_start(y, n, *inc_y);
  int i = 0;
  if (*inc_x == 1 && *inc_y == 1) {
    vec2 c2 = splat2(c), s2 = splat2(s);
    for (; i + 1 < n; i += 2, x += 2, y += 2) {
      vec2 p = load2(x), q = load2(y);
      store2(x, c2 * p + s2 * q);
      store2(y, c2 * q - s2 * p);
    }
  }
  for (; i < n; i++, x += *inc_x, y += *inc_y) {
    double p = *x, q = *y;
    *x = c * p + s * q;
    *y = c * q - s * p;
  }
  return 0;
}

// Modified (fast) rotation (x, y) = H·(x, y); param = flag, h11, h21, h12, h22. The flag says which entries are implied:
// −2 H = I; −1 none; 0 the diagonal is 1; 1 the other diagonal is 1, −1.
int drotm_(const integer *n_, double *x, const integer *inc_x, double *y, const integer *inc_y, const double *param) {
  int n = *n_;
  double flag = param[0];
  if (n <= 0 || flag == -2) return 0;
  double h11 = flag == 0 ? 1 : param[1], h21 = flag > 0 ? -1 : param[2];
  double h12 = flag > 0 ? 1 : param[3], h22 = flag == 0 ? 1 : param[4];
  x = vector_start(x, n, *inc_x);
  y = vector_start(y, n, *inc_y);
  int i = 0;
  if (*inc_x == 1 && *inc_y == 1) {
    vec2 v11 = splat2(h11), v21 = splat2(h21), v12 = splat2(h12), v22 = splat2(h22);
    for (; i + 1 < n; i += 2, x += 2, y += 2) {
      vec2 p = load2(x), q = load2(y);
      store2(x, v11 * p + v12 * q);
      store2(y, v21 * p + v22 * q);
    }
  }
  for (; i < n; i++, x += *inc_x, y += *inc_y) {
    double p = *x, q = *y;
    *x = h11 * p + h12 * q;
    *y = h21 * p + h22 * q;
  }
  return 0;
}

// ---- Norms -------------------------------------------------------------------------------------------------------------

double dasum_(const integer *n_, const double *x, const integer *inc) {
  double sum = 0;
  if (*inc <= 0) return 0;
  for (int i = 0; i < *n_; i++, x += *inc) sum += fabs(*x);
  return sum;
}

// Position, from 1, of the first entry of largest magnitude.
integer idamax_(const integer *n_, const double *x, const integer *inc) {
  if (*n_ < 1 || *inc <= 0) return 0;
  int best = 0;
  double largest = fabs(*x);
  for (int i = 0; i < *n_; i++, x += *inc)
    if (fabs(*x) > largest) {
      largest = fabs(*x);
      best = i;
    }
  return best + 1;
}

// The plain sum of squares where it can neither overflow nor lose bits to underflow, otherwise scaled by the largest
// entry.
double dnrm2_(const integer *n_, double *x, const integer *inc) {
  int n = *n_;
  if (n < 1) return 0;
  if (n == 1) return fabs(*x);
  x = vector_start(x, n, *inc);
  double sum = 0;
  if (*inc == 1) sum = vector_dot(n, x, x);
  else
    for (int i = 0; i < n; i++) sum += x[(stride)i * *inc] * x[(stride)i * *inc];
  if (sum > 1e-280 && sum < 1e280) return sqrt(sum);

  double largest = 0;
  for (int i = 0; i < n; i++) {
    double v = fabs(x[(stride)i * *inc]);
    if (!(v <= largest)) largest = v;
  }
  if (!(largest > 0 && largest < INFINITY)) return largest;
  // 1/largest would overflow for denormals.
  double scale = largest < 1e-300 ? 1e-300 : largest, inverse = largest < 1e-300 ? 1e300 : 1 / largest;
  sum = 0;
  for (int i = 0; i < n; i++) {
    double v = x[(stride)i * *inc] * inverse;
    sum += v * v;
  }
  return scale * sqrt(sum);
}

// scale²·sumsq of the result = x·x + scale²·sumsq of the input, without overflow.
int dlassq_(const integer *n_, double *x, const integer *inc, double *scale_, double *sumsq_) {
  double scale = *scale_, sumsq = *sumsq_;
  if (scale != scale || sumsq != sumsq) return 0;
  if (scale == 0 || sumsq == 0) {
    scale = 0;
    sumsq = 1;
  }
  x = vector_start(x, *n_, *inc);
  for (int i = 0; i < *n_; i++, x += *inc) {
    double v = fabs(*x);
    if (v == 0) continue;
    double ratio = scale < v ? scale / v : v / scale;
    if (scale < v) {
      sumsq = 1 + sumsq * ratio * ratio;
      scale = v;
    } else {
      sumsq += ratio * ratio;
    }
  }
  if (scale == 0) {
    scale = 1;
    sumsq = 0;
  }
  *scale_ = scale;
  *sumsq_ = sumsq;
  return 0;
}
