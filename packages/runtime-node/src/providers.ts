// Choosing an execution provider: ONNX Runtime does not fall back from one that cannot start to the next, so
// each is tried on a graph of one node.

import { VielbeinError } from "@vielbein/core";
import type { Runtime } from "@vielbein/core/runtime";

/**
 * `cpu`; `cuda`: NVIDIA, needs libraries that the npm package does not contain; `webgpu`: any GPU with a Vulkan, Metal
 * or Direct3D 12 driver.
 */
export type Provider = "cpu" | "cuda" | "webgpu";

/** The providers that can be asked for, the default first. */
export const providers: readonly Provider[] = ["cpu", "cuda", "webgpu"];

/** What became of a provider that was tried. */
export interface ProviderReport {
  /** Name of the execution provider. */
  readonly provider: Provider;
  /** Why it cannot be used; absent for the one that is. */
  readonly reason?: string;
}

/** @throws {VielbeinError} `INVALID_ARGUMENT` for an empty list or an unknown name. */
export function requireProviders(names: readonly string[]): void {
  const unknown = names.find((name) => !(providers as readonly string[]).includes(name));
  if (unknown === undefined && names.length > 0) return;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `providers must name at least one of ${providers.join(", ")}, got ${unknown === undefined ? "none" : `"${unknown}"`}.`,
  );
}

/** y = x + x on float32 [2], IR version 8, opset 17. */
const DOUBLING =
  "CAg6PAoOCgF4CgF4EgF5IgNBZGQSCGRvdWJsaW5nWg8KAXgSCgoICAESBAoCCAJiDwoBeRIKCggIARIECgIIAkIECgAQEQ==";

/** Runs y = x + x. @throws when the runtime cannot. */
export async function tryOut(runtime: Runtime): Promise<void> {
  const session = await runtime.createSession({ bytes: new Uint8Array(Buffer.from(DOUBLING, "base64")) });
  try {
    const { y } = await session.run({ x: { type: "float32", dims: [2], data: Float32Array.of(1, 21) } });
    const sums = [...(y?.data ?? [])].join(" and ");
    if (sums !== "2 and 42") throw new Error(`1 + 1 and 21 + 21 came out as ${sums}`);
  } finally {
    await session.dispose();
  }
}
