// Builds the explorer as one module, `dist/standalone/vielbein-explorer.js`.

import { fileURLToPath } from "node:url";
import { defineConfig, type InlineConfig, type Plugin } from "vite";
import { inlineWorkers } from "./inline-workers.ts";
import { noteBundled, writeNotices } from "./notices.ts";

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** The engine's WebAssembly lies outside, and is always found by `assets`: bundlers must not take a copy. */
const leaveWasm: Plugin = {
  name: "leave-wasm",
  enforce: "pre",
  transform: (code, id) =>
    id.includes("/onnxruntime-web/")
      ? code.replace(/new URL\("([\w.-]+\.wasm)",\s*import\.meta\.url\)/g, 'new URL("$1", location.href)')
      : null,
};

/** The HDF5 library is five times as large as everything else. */
const leaveHdf5: Plugin = {
  name: "leave-hdf5",
  enforce: "pre",
  resolveId: (id) => (id === "h5wasm" ? "\0h5wasm" : null),
  load: (id) =>
    id === "\0h5wasm"
      ? `import { VielbeinError } from "@vielbein/core";
         export const ready = Promise.reject(new VielbeinError(
           "INVALID_MODEL",
           "The explorer in one file does not read HDF5. Convert the checkpoint (vielbein convert), or take the explorer's folder.",
         ));
         ready.catch(() => undefined);`
      : null,
};

const shared = (): InlineConfig => ({
  root: path("."),
  logLevel: "error",
  resolve: { conditions: ["@vielbein/source", "module", "browser"] },
  build: {
    target: "es2022",
    chunkSizeWarningLimit: 2000,
    rollupOptions: { preserveEntrySignatures: "strict", output: { codeSplitting: false } },
  },
  plugins: [leaveWasm, leaveHdf5, noteBundled(), inlineWorkers(shared)],
});

const config = shared();
export default defineConfig({
  ...config,
  build: {
    ...config.build,
    outDir: path("dist/standalone"),
    emptyOutDir: true,
    rollupOptions: {
      ...config.build?.rollupOptions,
      input: path("src/standalone.ts"),
      output: { codeSplitting: false, entryFileNames: "vielbein-explorer.js" },
    },
  },
  plugins: [...config.plugins!, writeNotices()],
});
