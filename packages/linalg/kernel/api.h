// The kernel's C API: the contract between this folder and the TypeScript of the package.
//
// Conventions
//  * Matrices are column-major float64. A is "packed" (leading dimension = its number of rows) unless an `ld…`
//    parameter is given. A row-major matrix [m, n] is the packed column-major matrix [n, m], transposed: callers swap
//    the roles of U and V, of upper and lower, or use la_transpose.
//  * Sizes are int32, flags are 0 or 1, pointers are byte offsets into `memory`. Offsets and byte counts above 2^31
//    reach JavaScript as negative numbers: use `>>> 0`. Growing the memory detaches earlier views of `memory.buffer`.
//  * Functions that return int return LAPACK's INFO: 0 done; < 0 argument -INFO of the LAPACK routine is illegal;
//    > 0 as said per function. LA_ERR_ALLOC: the workspace could not be allocated; nothing was computed, inputs may
//    have been overwritten. No function traps on valid pointers. Workspace is allocated and freed inside.
//  * Sizes of 0 are allowed everywhere. NaN and infinities are the caller's business (la_all_finite).
//  * Nothing is reentrant or shared between threads; one instance per worker.
//
// Instantiation (all three variants have the same exports: `memory` and the la_ functions below, no imports, no
// start function to call)
//  * built/lapack.wasm           SIMD128. `new WebAssembly.Instance(module, {}).exports`
//  * built/lapack-relaxed.wasm   the same with fused multiply-add (relaxed SIMD); last bits depend on the processor.
//  * built/lapack.js             the same code as JavaScript (wasm2js), bit-identical with lapack.wasm. An ES module
//                                without side effects: `import { instantiate } from "./built/lapack.js"`, then
//                                `const exports = instantiate()`; every call makes a fresh instance with its own
//                                memory. `exports.memory` is an object with `buffer` (an ArrayBuffer, replaced when
//                                the memory grows) and `grow(pages)`.
// la_simd() tells the variant: 0 scalar (js, native), 1 SIMD128, 2 relaxed.

#ifndef LA_API_H
#define LA_API_H

#include <stddef.h>
#include <stdint.h>

#define LA_ERR_ALLOC (-1000)

// ---- Memory ---------------------------------------------------------------------------------------------------------

// 64-byte aligned block of `bytes`, 0 if the memory or the limit is exhausted. bytes = 0 gives a valid pointer.
void *la_alloc(size_t bytes);
// Frees a block of la_alloc; la_free(0) does nothing.
void la_free(void *block);
// Bytes of the live blocks, workspace included (headers of a few bytes not counted).
size_t la_heap_bytes(void);
// Largest la_heap_bytes since the last la_heap_limit.
size_t la_heap_peak(void);
// Upper bound for la_heap_bytes: allocations beyond it fail (0 from la_alloc, LA_ERR_ALLOC from a workspace).
// Default and 0: no bound but the 4 GiB of the address space. Resets la_heap_peak.
void la_heap_limit(size_t bytes);
int la_simd(void);

// ---- Elementwise ----------------------------------------------------------------------------------------------------

// 1 if none of the n numbers is NaN or infinite.
int la_all_finite(int n, const double *x);
// dst [cols, rows] = transpose of src [rows, cols], both packed, not overlapping. In row-major terms the same holds
// with rows and cols exchanged, so that la_transpose(n, m, src, dst) turns a row-major [m, n] into a column-major one.
void la_transpose(int rows, int cols, const double *src, double *dst);

// ---- Products -------------------------------------------------------------------------------------------------------

// C = alpha·op(A)·op(B) + beta·C; op(A) is [m, k], op(B) is [k, n]; ta, tb: 0 as is, 1 transposed. beta = 0 does not
// read C. Row-major C = A·B: la_gemm(tb, ta, n, m, k, alpha, b, ldb, a, lda, beta, c, ldc).
void la_gemm(int ta, int tb, int m, int n, int k, double alpha, const double *a, int lda, const double *b, int ldb,
             double beta, double *c, int ldc);
// y = alpha·op(A)·x + beta·y, A [m, n].
void la_gemv(int trans, int m, int n, double alpha, const double *a, int lda, const double *x, double beta, double *y);
// C [n, n] = alpha·A·Aᵀ + beta·C (trans 0, A [n, k]) or alpha·Aᵀ·A + beta·C (trans 1, A [k, n]); both triangles of C
// are written, the lower one of C is read if beta is not 0. The Gram matrix of a row-major [m, n] is trans 0 with
// n = n, k = m, lda = n: the fast case for n ≤ 64, meant to be fed in chunks of about 1000 rows (beta = 1).
void la_syrk(int trans, int n, int k, double alpha, const double *a, int lda, double beta, double *c, int ldc);
// B [m, n] = alpha·op(A)⁻¹·B (right 0) or alpha·B·op(A)⁻¹ (right 1), A triangular.
void la_trsm(int right, int upper, int trans, int unit, int m, int n, double alpha, const double *a, int lda, double *b,
             int ldb);

// ---- Singular values ------------------------------------------------------------------------------------------------

// A [m, n] = U·diag(s)·VT by divide and conquer; r = min(m, n); s [r], descending. a is destroyed.
// job 0: values only (u, vt may be 0). 1: u [m, r], vt [r, n]. 2: u [m, m], vt [n, n].
// INFO > 0: no convergence; -4: A has a NaN.
int la_gesdd(int job, int m, int n, double *a, double *s, double *u, double *vt);
// The same for `count` packed problems of one size, one behind another, in a, s, u and vt; info [count].
// Returns the number of problems with info ≠ 0, or LA_ERR_ALLOC.
int la_gesdd_batch(int job, int count, int m, int n, double *a, double *s, double *u, double *vt, int *info);
// A [m, n] = U·diag(s)·Vᵀ, m ≥ n, by preconditioned one-sided Jacobi: high relative accuracy for A = D1·C·D2 with
// well-conditioned C. u [m, n], v [n, n] (not transposed); u = v = 0: values only. a is destroyed. The scaling that
// dgejsv leaves to the caller is done. INFO > 0: no convergence.
int la_gejsv(int m, int n, double *a, double *s, double *u, double *v);

// ---- Symmetric eigenproblems (the lower triangle is read) --------------------------------------------------------------

// A·Z = Z·diag(w), w [n] ascending; vectors 1: a becomes Z; 0: a is destroyed. INFO > 0: no convergence.
int la_syevd(int vectors, int n, double *a, double *w);
// The same for `count` packed problems, one behind another; info [count]. Returns the number of failures, or
// LA_ERR_ALLOC.
int la_syevd_batch(int vectors, int count, int n, double *a, double *w, int *info);
// A·Z = B·Z·diag(w), B positive definite, ZᵀBZ = I. a becomes Z (vectors 1), b its Cholesky factor.
// 0 < INFO ≤ n: no convergence; INFO = n + i: the leading minor of order i of B is not positive.
int la_sygvd(int vectors, int n, double *a, double *b, double *w);

// ---- Orthogonal factors -----------------------------------------------------------------------------------------------

// A [m, n] = Q·R: R in the upper triangle, reflectors below, tau [min(m, n)].
int la_geqrf(int m, int n, double *a, double *tau);
// The same with column pivoting, A·P = Q·R; column j of A·P is column pivots[j] (from 0) of A.
int la_geqp3(int m, int n, double *a, int *pivots, double *tau);
// r [min(m, n), n] = R of the output a of la_geqrf or la_geqp3, with zeros below the diagonal.
void la_extract_r(int m, int n, const double *a, double *r);
// a [m, columns] = the first `columns` columns of Q from `reflectors` ≤ columns ≤ m reflectors in the first columns of
// a (as la_geqrf leaves them). Thin Q: columns = min(m, n); full Q: columns = m, a with room for m columns.
int la_orgqr(int m, int columns, int reflectors, double *a, const double *tau);
// C [m, n] = Q·C or Qᵀ·C (trans), Q from `reflectors` columns of a [m, …].
int la_ormqr(int trans, int m, int n, int reflectors, double *a, const double *tau, double *c);
// One step of a streaming QR: r [n, n], upper triangular, packed, becomes the R of [r; block]. The block holds m rows
// ROW-major, [m, n], and is kept. Start with r = 0. Below r's diagonal nothing is read and zeros are written. 256 to
// 512 rows a step are best.
int la_tsqr_step(int n, double *r, int m, const double *block);

// ---- Linear systems ---------------------------------------------------------------------------------------------------

// A = L·Lᵀ (upper 0, the lower triangle is read) or Rᵀ·R (upper 1); the other triangle is set to zero. INFO = i > 0:
// the leading minor of order i is not positive. Row-major callers who want L ask for upper.
int la_potrf(int upper, int n, double *a);
// Solves A·X = B: b [n, columns] becomes X, a its LU factors. INFO = i > 0: pivot i is exactly zero.
int la_gesv(int n, int columns, double *a, double *b);
// The two halves of la_gesv; pivots [min(m, n)] in LAPACK's form (row exchanges, from 1). trans 1 solves Aᵀ·X = B, which
// is what a row-major A wants.
int la_getrf(int m, int n, double *a, int *pivots);
int la_getrs(int trans, int n, int columns, const double *a, const int *pivots, double *b);
// Minimum-norm least squares by the singular values of A [m, n]; singular values ≤ rcond·s[0] count as 0 (rcond < 0:
// machine precision). b is [max(m, n), columns]: the right-hand sides in its first m rows, the solutions in its first
// n. s [min(m, n)], rank [1]. a is destroyed. INFO > 0: no convergence.
int la_gelsd(int m, int n, int columns, double *a, double *b, double *s, double rcond, int *rank);

#endif
