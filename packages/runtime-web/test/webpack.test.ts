// The built package, bundled by webpack with its defaults: workers and the engine's files are found.

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import webpack from "webpack";
import { launch, missing as noBrowser, type Site, serve } from "./chromium.ts";
import { graph } from "./graphs.ts";

const dist = fileURLToPath(new URL("../dist/index.js", import.meta.url));
const entry = fileURLToPath(new URL("browser/built.js", import.meta.url));
const missing = noBrowser ?? (existsSync(dist) ? undefined : "the package is not built (npm run build)");

const folder = mkdtempSync(join(tmpdir(), "vielbein-webpack-"));
let browser: Browser;
let site: Site;

beforeAll(async () => {
  if (missing) return;
  const compiler = webpack({
    mode: "production",
    optimization: { minimize: false },
    entry: { entry },
    output: { path: folder, filename: "[name].js" },
    performance: false,
  });
  await new Promise<void>((resolve, reject) => {
    compiler!.run((error, stats) => {
      if (error || stats?.hasErrors()) reject(error ?? new Error(stats!.toString("errors-only")));
      else compiler!.close(() => resolve());
    });
  });
  [browser, site] = await Promise.all([launch(), serve([folder])]);
}, 60_000);
afterAll(async () => {
  rmSync(folder, { recursive: true });
  site?.close();
  await browser?.close();
});

it.for([
  { provider: "wasm", worker: true },
  { provider: "wasm", worker: false },
  { provider: "webgpu", worker: true },
] as const)("$provider, worker $worker", async (options, context) => {
  if (missing) context.skip(missing);
  const page = await browser.newPage();
  await page.goto(site.url);
  await page.waitForFunction("globalThis.run");
  const result = await page.evaluate(
    ([options, bytes]) =>
      (globalThis as unknown as { run(...args: unknown[]): unknown }).run(options, bytes, [1, -2]),
    [{ ...options, fallback: false }, graph("Neg", [2]).bytes] as const,
  );
  expect(result).toEqual({ name: expect.stringContaining(options.provider), y: [-1, 2] });
  await page.close();
});
