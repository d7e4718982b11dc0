// Written by kernel/inline.mjs. The exports of an instance are described in kernel/api.h.

export function instantiate(): {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
} & Record<string, unknown>;
