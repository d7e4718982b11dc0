// "wasm" and "js" are the same code: the same bits of every result. "typescript" uses only + − × ÷ √.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, expect, it } from "vitest";
import { decodeLzma } from "../src/backend/lzma.ts";
import { WASM } from "../src/generated/wasm.ts";
import { WASM_RELAXED } from "../src/generated/wasm-relaxed.ts";
import {
  type BackendName,
  cholesky,
  eigh,
  gram,
  initialize,
  type Matrix,
  matmul,
  matrix,
  qr,
  StreamingQr,
  solve,
  svd,
  uniform,
} from "../src/index.ts";

/** Made of uniform numbers, which are the same on every engine; those of `normal` depend on its Math.log. */
function seeded(m: number, n: number): Matrix {
  return matrix(m, n, uniform(1, m * 1000 + n, m * n, { low: -1, high: 1 }));
}

function checksum(): string {
  const hash = createHash("sha256");
  const add = (...parts: (Matrix | ArrayBufferView | undefined)[]) => {
    for (const part of parts) if (part) hash.update("data" in part ? part.data : (part as Float64Array));
  };
  for (const [m, n] of [
    [65, 40],
    [40, 65],
    [130, 130],
    [300, 7],
  ] as const) {
    const a = seeded(m, n);
    for (const accuracy of ["normwise", "relative"] as const) {
      const { u, s, v } = svd(a, { accuracy });
      add(u, s, v, svd(a, { accuracy, vectors: "none" }).s);
    }
    for (const pivot of [false, true]) {
      const { q, r, pivots } = qr(a, { pivot });
      add(q, r, pivots);
    }
    const g = gram(a);
    const { values, vectors } = eigh(g);
    add(g, values, vectors, matmul(a, g));
    if (m > n) add(cholesky(g), solve(g, seeded(n, 3)));
    const stream = new StreamingQr(n);
    stream.append(a);
    add(stream.result().r);
  }
  return hash.digest("hex");
}

afterAll(() => initialize({ backend: "wasm" }));

const checksums = new Map<BackendName, string>();

it.each(["wasm", "js"] as const)("%s repeats itself", async (backend) => {
  await initialize({ backend, minimumWork: 0 });
  const first = checksum();
  expect(checksum()).toBe(first);
  checksums.set(backend, first);
});

it("js equals wasm, bit for bit", () => {
  expect(checksums.get("js")).toBe(checksums.get("wasm"));
});

it("the modules in the package are the built ones: run kernel/inline.mjs after kernel/build.mjs", () => {
  for (const [text, file] of [
    [WASM, "lapack.wasm"],
    [WASM_RELAXED, "lapack-relaxed.wasm"],
  ] as const) {
    const bytes = decodeLzma(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
    const built = readFileSync(new URL(`../kernel/built/${file}`, import.meta.url));
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(
      createHash("sha256").update(built).digest("hex"),
    );
  }
});
