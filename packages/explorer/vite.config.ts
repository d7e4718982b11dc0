// Builds the page for any static host: relative addresses, the engine's files and the sample beside it. `explorer.js` is
// the module for pages of one's own.

import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { sampleDenoiserUrl, sampleUrl } from "@vielbein/sample";
import { defineConfig } from "vite";
import { noteBundled, writeNotices } from "./notices.ts";

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** A sixth of the time of the best, and a tenth larger. */
const QUALITY = 5;

/** Writes `FILE.br` beside every file that gains by it, for servers that send it where a browser takes it. */
function compress(folder: string): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!/\.(js|wasm|html)$/.test(name)) continue;
    const bytes = readFileSync(join(folder, name));
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    };
    writeFileSync(join(folder, `${name}.br`), brotliCompressSync(bytes, { params }));
  }
}

export default defineConfig({
  root: path("page"),
  base: "./",
  logLevel: "error",
  resolve: { conditions: ["@vielbein/source", "module", "browser"] },
  build: {
    outDir: path("dist/page"),
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000,
    rollupOptions: {
      input: { index: path("page/index.html"), explorer: path("src/index.ts") },
      preserveEntrySignatures: "strict",
      output: {
        entryFileNames: ({ name }) => (name === "explorer" ? "explorer.js" : "assets/[name]-[hash].js"),
      },
    },
  },
  // The engine is loaded when it is wanted, which takes several files.
  worker: { format: "es", plugins: () => [noteBundled()] },
  plugins: [
    noteBundled(),
    writeNotices(),
    {
      name: "samples",
      writeBundle: ({ dir }) => {
        copyFileSync(sampleUrl, `${dir}/faces.onnx`);
        copyFileSync(sampleDenoiserUrl, `${dir}/shapes-denoiser.onnx`);
        copyFileSync(new URL("samples.png", sampleUrl), `${dir}/faces.png`);
        copyFileSync(new URL("shapes.png", sampleUrl), `${dir}/shapes.png`);
      },
    },
    {
      name: "brotli",
      writeBundle: { order: "post", sequential: true, handler: ({ dir }) => compress(dir ?? "") },
    },
  ],
});
