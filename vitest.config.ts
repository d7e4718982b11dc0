import { defineConfig } from "vitest/config";

// One run over every package. Siblings are imported from their TypeScript source through the
// "@vielbein/source" condition, so no build is needed. ONNX Runtime needs a real process: pool "forks".
export default defineConfig({
  resolve: { conditions: ["@vielbein/source"] },
  ssr: { resolve: { conditions: ["@vielbein/source"], externalConditions: ["@vielbein/source"] } },
  test: {
    include: ["packages/*/test/**/*.test.ts", "tools/*/test/**/*.test.ts"],
    pool: "forks",
    globalSetup: ["./tools/build/temporary-folder.ts"],
    setupFiles: ["./tools/build/property-seed.ts"],
    testTimeout: 60_000,
    reporters: ["default", "./tools/build/closing-line.ts"],
  },
});
