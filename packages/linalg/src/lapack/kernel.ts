// The exports of the compiled LAPACK (kernel/api.h), as JavaScript sees them. Pointers are byte offsets.

export interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer };
  la_alloc(bytes: number): number;
  la_free(block: number): void;
  la_heap_bytes(): number;
  la_heap_peak(): number;
  la_heap_limit(bytes: number): void;
  la_simd(): number;
  la_transpose(rows: number, cols: number, from: number, to: number): void;
  la_gemm(
    transposeA: number,
    transposeB: number,
    m: number,
    n: number,
    k: number,
    alpha: number,
    a: number,
    lda: number,
    b: number,
    ldb: number,
    beta: number,
    c: number,
    ldc: number,
  ): void;
  la_gemv(
    trans: number,
    m: number,
    n: number,
    alpha: number,
    a: number,
    lda: number,
    x: number,
    beta: number,
    y: number,
  ): void;
  la_syrk(
    trans: number,
    n: number,
    k: number,
    alpha: number,
    a: number,
    lda: number,
    beta: number,
    c: number,
    ldc: number,
  ): void;
  la_trsm(
    right: number,
    upper: number,
    trans: number,
    unit: number,
    m: number,
    n: number,
    alpha: number,
    a: number,
    lda: number,
    b: number,
    ldb: number,
  ): void;
  la_gesdd(job: number, m: number, n: number, a: number, s: number, u: number, vt: number): number;
  la_gesdd_batch(
    job: number,
    count: number,
    m: number,
    n: number,
    a: number,
    s: number,
    u: number,
    vt: number,
    info: number,
  ): number;
  la_syevd_batch(vectors: number, count: number, n: number, a: number, w: number, info: number): number;
  la_gejsv(m: number, n: number, a: number, s: number, u: number, v: number): number;
  la_syevd(vectors: number, n: number, a: number, w: number): number;
  la_geqrf(m: number, n: number, a: number, tau: number): number;
  la_geqp3(m: number, n: number, a: number, pivots: number, tau: number): number;
  la_extract_r(m: number, n: number, a: number, r: number): void;
  la_orgqr(m: number, columns: number, reflectors: number, a: number, tau: number): number;
  la_tsqr_step(n: number, r: number, m: number, block: number): number;
  la_potrf(upper: number, n: number, a: number): number;
  la_getrf(m: number, n: number, a: number, pivots: number): number;
  la_getrs(trans: number, n: number, columns: number, a: number, pivots: number, b: number): number;
}
