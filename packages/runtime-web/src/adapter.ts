// Is there a graphics processor that WebGPU may use?

export interface Adapter {
  /** For people, e.g. `nvidia ampere`. */
  readonly label: string;
  /** Shortest telling part, e.g. `ampere`. */
  readonly short: string;
  /** A processor imitates one (SwiftShader, WARP, llvmpipe): correct, and far slower than WebAssembly. */
  readonly software: boolean;
}

/** The adapter that the engine will be given; a sentence saying why there is none. */
export async function findAdapter(): Promise<Adapter | string> {
  const gpu = globalThis.navigator?.gpu;
  if (!gpu) {
    return globalThis.isSecureContext === false
      ? "WebGPU needs a secure context (https or localhost)."
      : "This browser has no WebGPU.";
  }
  const adapter = await gpu.requestAdapter().catch(() => null);
  if (!adapter) return "WebGPU found no adapter.";
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  const parts = [vendor, architecture, device].filter(Boolean);
  return {
    label: parts.join(" ") || description || "unnamed",
    short: architecture || device || vendor || description || "unnamed",
    software: isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|warp/i.test(`${parts} ${description}`),
  };
}
