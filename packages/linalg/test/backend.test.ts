// The choice of a backend, its memory, and what happens when things fail.

import { afterEach, expect, it, vi } from "vitest";
import {
  backend,
  cholesky,
  eigh,
  eighGeneralized,
  identity,
  initialize,
  LapackError,
  type LinalgError,
  matmul,
  matrix,
  release,
  solve,
  svd,
} from "../src/index.ts";
import { requireDone } from "../src/lapack/heap.ts";
import type { Kernel } from "../src/lapack/kernel.ts";
import "./backends.ts";
import { build, expectError, randomMatrix } from "./helpers.ts";

afterEach(async () => {
  vi.unstubAllGlobals();
  await initialize({ backend: "wasm" });
});

it("takes the first backend that runs", async () => {
  expect(await initialize()).toMatchObject({ name: "wasm-relaxed", reason: "this engine has relaxed SIMD" });
  expect(await initialize({ deterministic: true })).toMatchObject({ name: "wasm" });
  expect(await initialize({ backend: "js" })).toMatchObject({ name: "js", reason: "asked for" });
  vi.stubGlobal("WebAssembly", { ...WebAssembly, validate: () => false, compile: WebAssembly.compile });
  expect(await initialize()).toMatchObject({ name: "wasm", reason: "this engine has no relaxed SIMD" });
});

it("falls back to JavaScript where WebAssembly is forbidden", async () => {
  const compile = () => Promise.reject(new WebAssembly.CompileError("unsafe-eval"));
  vi.stubGlobal("WebAssembly", { validate: () => true, compile, CompileError: WebAssembly.CompileError });
  const info = await initialize();
  expect(info.name).toBe("js");
  expect(info.reason).toMatch(/WebAssembly does not run here: CompileError: unsafe-eval/);
  expect(svd(randomMatrix(20, 20)).s).toHaveLength(20);
  const error = (await initialize({ backend: "wasm" }).catch((e: unknown) => e)) as LinalgError;
  expect(error).toMatchObject({
    code: "BACKEND_UNAVAILABLE",
    message: expect.stringMatching(/"wasm" does not run here/),
  });
});

it("falls back to TypeScript without initialize where WebAssembly is forbidden, and says so", async () => {
  vi.resetModules();
  const fresh = await import("../src/index.ts");
  vi.stubGlobal("WebAssembly", undefined);
  expect(fresh.svd(randomMatrix(20, 20)).s).toHaveLength(20);
  expect(fresh.backend()).toMatchObject({ name: "typescript", memoryBytes: 0 });
  expect(fresh.backend().reason).toMatch(
    /cannot be compiled here without initialize\(\): (Type|Reference)Error/,
  );
});

it("loads wasm by itself at the first call that is not tiny", async () => {
  vi.resetModules();
  const fresh = await import("../src/index.ts");
  fresh.eigh(identity(3));
  fresh.svd(randomMatrix(20, 20));
  expect(fresh.backend()).toMatchObject({ name: "wasm", reason: "loaded by the first call that needed it" });
  expect(fresh.backend().memoryBytes).toBeGreaterThan(0);
});

it.each(["wasm", "js"] as const)("%s: memory is reused, released and bounded", async (name) => {
  await initialize({ backend: name });
  const a = randomMatrix(150, 150);
  svd(a);
  const once = backend().memoryBytes;
  for (let i = 0; i < 5; i++) svd(a);
  expect(backend().memoryBytes).toBe(once);
  release();
  expect(backend().memoryBytes).toBe(0);
  expect(svd(a).s).toHaveLength(150);
  await initialize({ backend: name, maxMemory: 2 ** 20 });
  expect(backend().maxMemory).toBe(2 ** 20);
  for (const action of [() => svd(a), () => matmul(randomMatrix(400, 400), randomMatrix(400, 400))]) {
    expectError(action, "MEMORY_BUDGET", /maxMemory/);
  }
  // The failure leaves nothing behind.
  for (let i = 0; i < 20; i++) expect(() => svd(a)).toThrow();
  expect(svd(randomMatrix(40, 40)).s).toHaveLength(40);
});

it("checks the options", async () => {
  await expect(initialize({ backend: "blas" as "js" })).rejects.toThrow(/got "blas"/);
  await expect(initialize({ backend: "wasm-relaxed", deterministic: true })).rejects.toThrow(
    /not deterministic/,
  );
  await expect(initialize({ maxMemory: 2 ** 33 })).rejects.toThrow(/maxMemory/);
  await expect(initialize({ minimumWork: -1 })).rejects.toThrow(/minimumWork/);
});

it.each(["typescript", "wasm", "js"] as const)(
  "%s: singular and indefinite matrices are typed errors",
  async (name) => {
    await initialize({ backend: name, minimumWork: 0 });
    const singular = build(6, 6, (i, j) => (i === 4 ? 0 : i + j * j + (i === j ? 1 : 0)));
    expectError(() => solve(singular, matrix(6, 1)), "NUMERICAL_FAILURE", /is exactly 0/);
    const indefinite = build(6, 6, (i, j) => (i === j ? (i === 3 ? -1 : 1) : 0));
    // The pivot that is zero, counted from 1, also where rows were swapped before.
    const third = build(4, 4, (i, j) => ([1, 0, 2, 3][i] === j && j !== 2 ? 5 - j : 0));
    expectError(() => solve(third, matrix(4, 1)), "NUMERICAL_FAILURE", /pivot 3 of 4/);
    expectError(() => cholesky(indefinite), "NUMERICAL_FAILURE", /order 4 of 6/);
    expectError(
      () => solve(indefinite, matrix(6, 1), { structure: "positive" }),
      "NUMERICAL_FAILURE",
      /order 4/,
    );
    expectError(() => eighGeneralized(identity(6), indefinite), "NUMERICAL_FAILURE", /order 4/);
    expectError(() => solve(indefinite, matrix(5, 1)), "SHAPE_MISMATCH", /got 6 and 5/);
    expectError(
      () => solve(matrix(2, 2), matrix(2, 1), { structure: "lower" }),
      "NUMERICAL_FAILURE",
      /pivot 1 of 2/,
    );
    expectError(() => eigh(build(6, 6, () => 1e308)), "NOT_FINITE", /exceeds/);
    expectError(() => svd(build(6, 6, () => 1e308)), "NOT_FINITE", /exceeds/);
  },
);

it("INFO is a typed error", () => {
  const kernel = { la_heap_bytes: () => 0 } as unknown as Kernel;
  expect(() => requireDone(kernel, "dgesdd", "[2, 2]", 0)).not.toThrow();
  for (const [info, code] of [
    [3, "NO_CONVERGENCE"],
    [-4, "NUMERICAL_FAILURE"],
  ] as const) {
    const error = (() => {
      try {
        requireDone(kernel, "dgesdd", "[2, 2]", info);
      } catch (e) {
        return e;
      }
    })();
    expect(error).toBeInstanceOf(LapackError);
    expect(error).toMatchObject({ code, routine: "dgesdd", info });
  }
  expectError(() => requireDone(kernel, "dgesdd", "[2, 2]", -1000), "MEMORY_BUDGET", /workspace of dgesdd/);
});

it("tall products go through the heap in slices, with the same bits", async () => {
  await initialize({ backend: "wasm" });
  const a = randomMatrix(30_000, 90);
  const b = randomMatrix(90, 40, 2);
  const whole = matmul(a, b);
  expect(backend().memoryBytes).toBeLessThan(40 * 2 ** 20);
  for (const first of [0, 23_301, 29_000]) {
    const rows = matrix(1000, 90, a.data.slice(first * 90, (first + 1000) * 90));
    expect(matmul(rows, b).data).toEqual(whole.data.subarray(first * 40, (first + 1000) * 40));
  }
});

it("matmul writes into out, and refuses one that overlaps", () => {
  const a = randomMatrix(9, 9);
  const out = matrix(9, 9);
  expect(matmul(a, a, { out })).toBe(out);
  expect(out.data).toEqual(matmul(a, a).data);
  expectError(() => matmul(a, a, { out: a }), "INVALID_ARGUMENT", /share memory/);
  expectError(() => matmul(a, a, { out: matrix(9, 8) }), "SHAPE_MISMATCH", /out must be \[9, 9\]/);
});
