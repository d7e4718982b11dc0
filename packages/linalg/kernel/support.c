// What LAPACK needs besides BLAS: machine constants, options and error reports, tuning parameters, the few routines
// whose Fortran f2c cannot read, and the handful of functions of the f2c library that the converted code calls.

#include "blas.h"

// ---- Machine ------------------------------------------------------------------------------------------------------------

double dlamch_(const char *what, int l) {
  switch (*what & ~0x20) {
    case 'E': return 0x1p-53;    // relative rounding error
    case 'S': return 0x1p-1022;  // smallest number whose reciprocal is finite
    case 'B': return 2;          // base
    case 'P': return 0x1p-52;    // spacing, eps·base
    case 'N': return 53;         // digits
    case 'R': return 1;          // rounding
    case 'M': return -1021;      // smallest exponent
    case 'U': return 0x1p-1022;  // underflow threshold
    case 'L': return 1024;       // largest exponent
    case 'O': return 0x1.fffffffffffffp1023;
    default: return 0;
  }
}

// A sum that no compiler may reassociate (LAPACK uses it where the rounding itself is wanted).
double dlamc3_(const double *a, const double *b) { return *a + *b; }

// For machines whose exponent range is too wide to be trusted; not ours.
int dlabad_(double *small, double *large) { return 0; }

// Workspace sizes are returned in doubles, which hold every int32 exactly.
double droundup_lwork__(const integer *size) { return *size; }

integer disnan_(const double *x) { return *x != *x; }
integer dlaisnan_(const double *x, const double *y) { return *x != *y; }

// ---- Options, errors, tuning ----------------------------------------------------------------------------------------------

integer lsame_(const char *a, const char *b, int la, int lb) { return (*a & ~0x20) == (*b & ~0x20); }

#ifndef LA_TEST  // LAPACK's test programs bring their own of the next two.

// Drivers return INFO; nobody reads a message.
int xerbla_(const char *name, const integer *info, int l) { return 0; }

// Crossovers and block sizes by operation, reference LAPACK's values unless measured otherwise.
integer ilaenv_(const integer *what, const char *name, const char *options, const integer *n1, const integer *n2,
                const integer *n3, const integer *n4, int name_length, int options_length) {
  const char *op = name + 3;
  int triangle = !memcmp(op, "TRF", 3), reduction = !memcmp(op, "TRD", 3) || !memcmp(op, "BRD", 3);
  int qr = !memcmp(op, "QRF", 3) || !memcmp(op, "LQF", 3) || !memcmp(name + 1, "ORGQ", 4) ||
           !memcmp(name + 1, "ORGL", 4);
  switch (*what) {
    case 1: return reduction ? 24 : triangle || !memcmp(op, "GST", 3) ? 64 : 32;  // block size
    case 2: return 2;                                                      // smallest useful block
    case 3: return reduction ? (op[0] == 'T' ? 32 : 128) : qr ? 128 : 32;  // size below which unblocked code is used
    case 6: return (integer)(MIN(*n1, *n2) * 1.6);                         // rows from which SVD starts with a QR
    case 9: return 25;                                                     // leaves of divide and conquer
    case 10:
    case 11: return 1;  // NaN and infinity do not trap
    default: return 0;
  }
}

#endif

// ---- Plane rotation (LAPACK 3.10's dlartg, which is Fortran 90) --------------------------------------------------------------

// c·f + s·g = r, −s·f + c·g = 0, scaled only where the squares could over- or underflow.
int dlartg_(const double *f_, const double *g_, double *c, double *s, double *r) {
  const double safe_min = 0x1p-1022, safe_max = 0x1p1022, root_min = 0x1p-511, root_max = 0x1.6a09e667f3bcdp510;
  double f = *f_, g = *g_, f1 = fabs(f), g1 = fabs(g);
  if (g == 0) {
    *c = 1;
    *s = 0;
    *r = f;
  } else if (f == 0) {
    *c = 0;
    *s = copysign(1, g);
    *r = g1;
  } else if (f1 > root_min && f1 < root_max && g1 > root_min && g1 < root_max) {
    double d = sqrt(f * f + g * g);
    *c = f1 / d;
    *r = copysign(d, f);
    *s = g / *r;
  } else {
    double u = fmin(safe_max, fmax(safe_min, fmax(f1, g1))), fs = f / u, gs = g / u;
    double d = sqrt(fs * fs + gs * gs), r0 = copysign(d, f);
    *c = fabs(fs) / d;
    *s = gs / r0;
    *r = r0 * u;
  }
  return 0;
}

// ---- The f2c library ----------------------------------------------------------------------------------------------------------

double d_sign(const double *a, const double *b) { return copysign(fabs(*a), *b); }
integer i_dnnt(const double *x) { return (integer)(*x >= 0 ? floor(*x + 0.5) : -floor(0.5 - *x)); }
integer i_nint(const float *x) { return (integer)(*x >= 0 ? floorf(*x + 0.5f) : -floorf(0.5f - *x)); }
integer i_len(const char *s, int length) { return length; }
double pow_dd(const double *a, const double *b) { return pow(*a, *b); }

double pow_di(const double *a, const integer *b) {
  double x = *b < 0 ? 1 / *a : *a, result = 1;
  for (uint32_t n = *b < 0 ? 0u - (uint32_t)*b : (uint32_t)*b; n; n >>= 1, x *= x)
    if (n & 1) result *= x;
  return result;
}

integer pow_ii(const integer *a, const integer *b) {
  integer x = *a, n = *b, result = 1;
  if (n < 0) return x == 1 ? 1 : x == -1 ? (n & 1 ? -1 : 1) : 0;
  for (; n; n >>= 1, x *= x)
    if (n & 1) result *= x;
  return result;
}

// Fortran strings have a length and are padded with blanks.
int s_copy(char *to, const char *from, integer to_length, integer from_length) {
  for (int i = 0; i < to_length; i++) to[i] = i < from_length ? from[i] : ' ';
  return 0;
}

integer s_cmp(const char *a, const char *b, integer a_length, integer b_length) {
  for (int i = 0; i < MAX(a_length, b_length); i++) {
    int x = i < a_length ? (unsigned char)a[i] : ' ', y = i < b_length ? (unsigned char)b[i] : ' ';
    if (x != y) return x - y;
  }
  return 0;
}

int s_cat(char *to, char **parts, integer *lengths, integer *count, integer to_length) {
  int n = 0;
  for (int i = 0; i < *count; i++)
    for (int j = 0; j < lengths[i] && n < to_length; j++) to[n++] = parts[i][j];
  while (n < to_length) to[n++] = ' ';
  return 0;
}
