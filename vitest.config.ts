import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./tools/build/longest-first.ts";

// One run over every package. Siblings are imported from their TypeScript source through the
// "@vielbein/source" condition, so no build is needed. ONNX Runtime needs a real process: pool "forks".
export default defineConfig({
  resolve: { conditions: ["@vielbein/source"] },
  ssr: { resolve: { conditions: ["@vielbein/source"], externalConditions: ["@vielbein/source"] } },
  test: {
    include: ["packages/*/test/**/*.test.ts", "tools/*/test/**/*.test.ts"],
    pool: "forks",
    // A process serves many files, so that it loads the packages once; a test undoes what it changes beyond its file.
    isolate: false,
    // Vitest keeps a core for itself, which is half of a machine with two.
    maxWorkers: availableParallelism(),
    sequence: { sequencer: LongestFirst },
    globalSetup: ["./tools/build/temporary-folder.ts"],
    setupFiles: ["./tools/build/property-seed.ts"],
    testTimeout: 60_000,
    reporters: ["default", "./tools/build/closing-line.ts"],
  },
});
