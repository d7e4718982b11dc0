// The pool in Node, from a bundle: workers need JavaScript, and the tests run from TypeScript.

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { build } from "vite";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eigh, initialize, type Matrix, matrix, qr, svd } from "../src/index.ts";
import { LinalgPool, type PoolWorker } from "../src/pool/pool.ts";
import { randomMatrix } from "./helpers.ts";

let script: URL;
const pools: LinalgPool[] = [];

function makePool(workers: number): LinalgPool {
  const pool = new LinalgPool({
    workers,
    initialize: { deterministic: true },
    createWorker: () => new Worker(script) as unknown as PoolWorker,
  });
  pools.push(pool);
  return pool;
}

beforeAll(async () => {
  await initialize({ backend: "wasm" });
  const outDir = mkdtempSync(join(tmpdir(), "vielbein-pool-"));
  await build({
    configFile: false,
    logLevel: "error",
    build: {
      outDir,
      target: "es2022",
      ssr: true,
      rollupOptions: {
        input: fileURLToPath(new URL("../src/pool/pool-worker.ts", import.meta.url)),
        output: { entryFileNames: "[name].mjs", chunkFileNames: "[name].mjs" },
      },
    },
  });
  script = pathToFileURL(join(outDir, "pool-worker.mjs"));
});

afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.close()));
});

it("gives the bits of this thread, in order, and leaves the matrices alone", async () => {
  const pool = makePool(2);
  const matrices = Array.from({ length: 7 }, (_, i) => randomMatrix(30 + i, 20, i + 1));
  const results = await Promise.all(matrices.map((a) => pool.svd(a, { sign: "canonical" })));
  for (const [i, a] of matrices.entries()) {
    expect(a.data).toHaveLength((30 + i) * 20);
    expect(results[i]).toEqual(svd(a, { sign: "canonical" }));
  }
  const symmetric = matrix(2, 2, [2, 1, 1, 2]);
  expect(await pool.eigh(symmetric)).toEqual(eigh(symmetric));
  expect(await pool.qr(matrices[0]!, { pivot: true })).toEqual(qr(matrices[0]!, { pivot: true }));
});

it("map reads no faster than its results are taken", async () => {
  const pool = makePool(2);
  let read = 0;
  async function* endless(): AsyncGenerator<Matrix> {
    for (;;) yield randomMatrix(8, 8, ++read);
  }
  let taken = 0;
  for await (const { s } of pool.map("svd", endless(), { vectors: "none" })) {
    taken++;
    expect(s).toEqual(svd(randomMatrix(8, 8, taken), { vectors: "none" }).s);
    expect(read - taken).toBeLessThanOrEqual(2 * pool.size);
    if (taken === 12) break;
  }
  expect(read).toBeLessThanOrEqual(12 + 2 * pool.size);
});

it("hands over typed errors, and goes on", async () => {
  const pool = makePool(1);
  const bad = pool.svd(matrix(1, 1, [Number.NaN]));
  const good = pool.svd(matrix(1, 1, [2]));
  await expect(bad).rejects.toMatchObject({ name: "LinalgError", code: "NOT_FINITE" });
  expect((await good).s[0]).toBe(2);
});

it("rejects what is under way when it closes, or when a worker dies", async () => {
  const pool = makePool(1);
  const first = pool.svd(randomMatrix(300, 300));
  const second = pool.svd(randomMatrix(300, 300));
  const outcomes = Promise.allSettled([first, second]);
  await pool.close();
  for (const outcome of await outcomes) {
    expect(outcome).toMatchObject({ status: "rejected", reason: { code: "BACKEND_UNAVAILABLE" } });
  }
  await expect(pool.svd(matrix(1, 1))).rejects.toThrow(/closed/);

  const broken = new LinalgPool({
    workers: 1,
    createWorker: () => new Worker("throw new Error('boom')", { eval: true }) as unknown as PoolWorker,
  });
  pools.push(broken);
  await expect(broken.svd(matrix(1, 1))).rejects.toMatchObject({ code: "BACKEND_UNAVAILABLE" });
  expect(() => new LinalgPool({ workers: 0 })).toThrow(/positive integer/);
});
