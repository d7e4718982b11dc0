// Brings the compiled LAPACK into memory. The SIMD128 module is part of the package's main entry as text, so that
// it loads in every bundler without configuration, and synchronously; the other two are loaded when asked for.

import { WASM } from "../generated/wasm.ts";
import type { Kernel } from "../lapack/kernel.ts";
import { decodeLzma } from "./lzma.ts";

export type KernelName = "wasm" | "wasm-relaxed" | "js";

/** Compiles the SIMD128 module. Throws what the engine throws where that is forbidden. */
export function compileSync(): () => Kernel {
  return instancesOf(new WebAssembly.Module(unpacked(WASM)));
}

/** Loads and compiles a kernel; the result makes fresh instances of it. */
export async function loadKernel(name: KernelName): Promise<() => Kernel> {
  if (name === "js") {
    const { instantiate } = await import("../../kernel/built/lapack.js");
    return () => instantiate() as unknown as Kernel;
  }
  const text = name === "wasm" ? WASM : (await import("../generated/wasm-relaxed.ts")).WASM_RELAXED;
  return instancesOf(await WebAssembly.compile(unpacked(text)));
}

/** Whether this engine accepts relaxed SIMD: a module of one function with f64x2.relaxed_madd. */
export function relaxedSimdRuns(): boolean {
  // biome-ignore format: a module by its sections: header, types, functions, code
  const probe = Uint8Array.of(
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
    0x01, 0x04, 0x01, 0x60, 0x00, 0x00,
    0x03, 0x02, 0x01, 0x00,
    0x0a, 0x10, 0x01, 0x0e, 0x01, 0x01, 0x7b, 0x20, 0x00, 0x20, 0x00, 0x20, 0x00, 0xfd, 0x87, 0x02, 0x1a, 0x0b,
  );
  return typeof WebAssembly === "object" && WebAssembly.validate(probe);
}

const instancesOf = (module: WebAssembly.Module) => () =>
  new WebAssembly.Instance(module, {}).exports as unknown as Kernel;

function unpacked(text: string): Uint8Array<ArrayBuffer> {
  return decodeLzma(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
}
