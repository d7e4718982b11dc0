// Two doubles at a time, for every build from one source. The vector type is the compiler's own: with -msimd128 it is a
// WebAssembly v128, on a native machine an SSE register, without SIMD (the wasm2js build) two scalars with the same
// order of operations, which is why those builds agree bit for bit. With LA_RELAXED a multiply-add is one fused
// instruction, which changes last bits and makes the micro-kernel 1.2 to 2 times as fast, depending on the processor.

#ifndef LA_SIMD_H
#define LA_SIMD_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef double vec2 __attribute__((vector_size(16), aligned(8), may_alias));

#define INLINE static inline __attribute__((always_inline))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

INLINE vec2 load2(const double *p) { return *(const vec2 *)p; }
INLINE void store2(double *p, vec2 v) { *(vec2 *)p = v; }
INLINE vec2 splat2(double x) { return (vec2){x, x}; }
INLINE double sum2(vec2 v) { return v[0] + v[1]; }

// c + a·b
#ifdef LA_RELAXED
INLINE vec2 madd2(vec2 a, vec2 b, vec2 c) { return (vec2)__builtin_wasm_relaxed_madd_f64x2(a, b, c); }
#else
INLINE vec2 madd2(vec2 a, vec2 b, vec2 c) { return c + a * b; }
#endif

#endif
