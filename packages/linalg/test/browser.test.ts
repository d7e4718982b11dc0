// The package in a real browser: bundled by Vite and by webpack, on the page and in a worker, with and without
// permission to compile WebAssembly. The bits are those of Node.

import { existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import webpack from "webpack";

const entry = fileURLToPath(new URL("browser/entry.js", import.meta.url));
const source = fileURLToPath(new URL("../src/index.ts", import.meta.url));
const dist = fileURLToPath(new URL("../dist/index.js", import.meta.url));
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

const missing = !existsSync(executablePath)
  ? "Chromium is not installed (apt-get install chromium, or set CHROMIUM)"
  : existsSync(dist)
    ? undefined
    : "the package is not built (npm run build)";

/** Content security policies: one that lets WebAssembly compile, one that does not. */
const policies = {
  open: "script-src 'self' 'wasm-unsafe-eval'",
  strict: "script-src 'self'",
} as const;

interface Report {
  readonly checksum?: string;
  readonly backend?: string;
  readonly reason?: string;
  readonly error?: string;
}

describe("in a browser", () => {
  const folder = mkdtempSync(join(tmpdir(), "vielbein-browser-"));
  let server: Server;
  let browser: Browser;
  let reference: Report;

  beforeAll(async () => {
    if (missing) return;
    await Promise.all([bundleWithVite(join(folder, "vite")), bundleWithWebpack(join(folder, "webpack"))]);
    server = createServer((request, response) => {
      const { pathname } = new URL(request.url!, "http://localhost");
      const [, bundler, policy, file] = pathname.split("/");
      response.setHeader("Content-Security-Policy", policies[policy as keyof typeof policies] ?? "");
      if (file === "" || file === undefined) {
        response.setHeader("Content-Type", "text/html");
        response.end('<!doctype html><script type="module" src="entry.js"></script>');
        return;
      }
      const path = join(folder, bundler!, file);
      if (!existsSync(path)) return void response.writeHead(404).end();
      response.setHeader(
        "Content-Type",
        extname(path) === ".js" ? "text/javascript" : "application/octet-stream",
      );
      response.end(readFileSync(path));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    browser = await chromium.launch({
      executablePath,
      args: [
        "--no-sandbox",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // Every window would load pages of its address bar, which nobody sees.
        "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup",
      ],
    });
    reference = await (await import("./browser/entry.js")).report("wasm");
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  async function visit(path: string): Promise<Report> {
    const page = await browser.newPage();
    try {
      const { port } = server.address() as AddressInfo;
      await page.goto(`http://127.0.0.1:${port}/${path}`);
      // Not by waitForFunction, which a strict policy forbids too.
      for (let attempt = 0; attempt < 300; attempt++) {
        const report = await page.evaluate("globalThis.result");
        if (report !== undefined) return report as Report;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error(`${path} reported nothing within 30 s`);
    } finally {
      await page.close();
    }
  }

  const cases = [
    { where: "on a page, of its own accord", path: "open/", backend: "wasm" },
    { where: "in a module worker", path: "open/?worker=entry.js&backend=wasm", backend: "wasm" },
    { where: "as JavaScript, when asked", path: "open/?backend=js", backend: "js" },
    {
      where: "as JavaScript, where the policy forbids WebAssembly",
      path: "strict/?backend=auto",
      backend: "js",
    },
  ];
  for (const bundler of ["vite", "webpack"]) {
    it.for(cases)(`${bundler}: $where, with the bits of Node`, async ({ path, backend }, context) => {
      if (missing) context.skip(missing);
      const report = await visit(`${bundler}/${path}`);
      expect(report.error).toBeUndefined();
      expect(report).toMatchObject({ backend, checksum: reference.checksum });
    });

    it(`${bundler}: without a word, a strict policy leaves plain TypeScript`, async (context) => {
      if (missing) context.skip(missing);
      const report = await visit(`${bundler}/strict/`);
      expect(report).toMatchObject({ backend: "typescript" });
    });

    it(`${bundler}: what loads at first is under 120 kB`, async (context) => {
      if (missing) context.skip(missing);
      const { gzipSync } = await import("node:zlib");
      const first = gzipSync(readFileSync(join(folder, bundler, "entry.js")), { level: 9 }).length;
      const later = readdirSync(join(folder, bundler)).filter((name) => name !== "entry.js");
      expect(first).toBeLessThan(120_000);
      expect(later.length).toBeGreaterThan(0);
    });
  }
});

async function bundleWithVite(outDir: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: "error",
    resolve: { alias: { "@vielbein/linalg": source } },
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2022",
      rollupOptions: {
        input: entry,
        preserveEntrySignatures: "allow-extension",
        output: { entryFileNames: "entry.js", chunkFileNames: "[name].js" },
      },
    },
  });
}

async function bundleWithWebpack(path: string): Promise<void> {
  const compiler = webpack({
    mode: "production",
    entry: { entry },
    target: ["web", "es2022"],
    experiments: { outputModule: true },
    output: { path, filename: "[name].js", chunkFilename: "[name].js", module: true, publicPath: "./" },
    resolve: { alias: { "@vielbein/linalg": dist } },
    performance: false,
  });
  await new Promise<void>((resolve, reject) => {
    compiler!.run((error, stats) => {
      if (error || stats?.hasErrors()) reject(error ?? new Error(stats!.toString("errors-only")));
      else compiler!.close(() => resolve());
    });
  });
}
