// The pool in a real browser, bundled by Vite without any configuration.

import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { build } from "vite";
import { expect, it } from "vitest";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const dist = fileURLToPath(new URL("../dist/", import.meta.url));

const PAGE = `
import { initialize, matrix, svd, uniform } from ${JSON.stringify(join(dist, "index.js"))};
import { LinalgPool } from ${JSON.stringify(join(dist, "pool", "pool.js"))};
const matrices = Array.from({ length: 6 }, (_, i) => matrix(60, 40, uniform(1, i, 2400)));
const pool = new LinalgPool({ workers: 2, initialize: { deterministic: true } });
const found = [];
for await (const { s } of pool.map("svd", matrices)) found.push(s.join());
await pool.close();
await initialize({ deterministic: true });
globalThis.result = { same: matrices.every((a, i) => svd(a).s.join() === found[i]), count: found.length };
`;

it("runs in workers of a page, with the bits of the page", async (context) => {
  if (!existsSync(executablePath)) context.skip("Chromium is not installed (set CHROMIUM)");
  if (!existsSync(join(dist, "pool", "pool.js"))) context.skip("the package is not built (npm run build)");
  const root = mkdtempSync(join(tmpdir(), "vielbein-pool-page-"));
  writeFileSync(join(root, "index.html"), '<!doctype html><script type="module" src="page.js"></script>');
  writeFileSync(join(root, "page.js"), PAGE);
  await build({ configFile: false, logLevel: "error", root, build: { target: "es2022" } });
  const server = createServer((request, response) => {
    const path = join(root, "dist", request.url === "/" ? "index.html" : request.url!);
    if (!existsSync(path)) return void response.writeHead(404).end();
    response.setHeader("Content-Type", extname(path) === ".js" ? "text/javascript" : "text/html");
    response.end(readFileSync(path));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--no-first-run"] });
  try {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction("globalThis.result !== undefined", undefined, { timeout: 30_000 });
    expect(errors).toEqual([]);
    expect(await page.evaluate("globalThis.result")).toEqual({ same: true, count: 6 });
  } finally {
    await browser.close();
    server.close();
  }
}, 90_000);
