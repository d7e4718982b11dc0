// Memory of the C API: malloc with a count of the live bytes and a limit.

#include <malloc.h>
#include <stdlib.h>

#include "api.h"

static size_t live = 0, peak = 0, limit = 0;

void *la_alloc(size_t bytes) {
  size_t rounded = bytes ? (bytes + 63) & ~(size_t)63 : 64;
  if (rounded < bytes || (limit && (rounded > limit || live > limit - rounded))) return NULL;
  void *block = aligned_alloc(64, rounded);
  if (!block) return NULL;
  live += malloc_usable_size(block);
  if (live > peak) peak = live;
  return block;
}

void la_free(void *block) {
  if (!block) return;
  live -= malloc_usable_size(block);
  free(block);
}

size_t la_heap_bytes(void) { return live; }
size_t la_heap_peak(void) { return peak; }

void la_heap_limit(size_t bytes) {
  limit = bytes;
  peak = live;
}

// The linker wraps every export in calls of constructors (there are none) unless some code mentions them.
#ifdef __wasm__
void __wasm_call_ctors(void);
__attribute__((used)) static void (*const constructors)(void) = __wasm_call_ctors;
#endif
