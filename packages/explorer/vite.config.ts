// Builds the page for any static host: relative addresses, the engine's files and the sample beside it. `explorer.js` is
// the module for pages of one's own.

import { copyFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { sampleUrl } from "@vielbein/sample";
import { defineConfig } from "vite";
import { noteBundled, writeNotices } from "./notices.ts";

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

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
    modulePreload: false,
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
      name: "sample",
      writeBundle: ({ dir }) => copyFileSync(sampleUrl, `${dir}/faces.onnx`),
    },
  ],
});
