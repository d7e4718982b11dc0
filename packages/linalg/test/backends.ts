// Runs one test body on every backend, with plain TypeScript never taking over for tiny matrices.

import { setFlagsFromString } from "node:v8";
import { afterAll, beforeAll, describe } from "vitest";
import { type BackendName, initialize } from "../src/index.ts";

// Node 20 has relaxed SIMD behind a flag, later versions by default. To be set before any module is compiled.
setFlagsFromString("--experimental-wasm-relaxed-simd");

export const BACKENDS: readonly BackendName[] = ["typescript", "wasm", "wasm-relaxed", "js"];

export function onEveryBackend(name: string, body: (backend: BackendName) => void): void {
  describe.each(BACKENDS)(`${name}, %s`, (backend) => {
    beforeAll(() => initialize({ backend, minimumWork: 0 }));
    afterAll(() => initialize({ backend: "wasm" }));
    body(backend);
  });
}
