// The project's tests in the order in which they are named, nearest first; traced where VIELBEIN_MARKS names a file.

import { defineConfig, mergeConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import project from "../../vitest.config.ts";

const order = (process.env.VIELBEIN_ORDER ?? "").split(",");
const place = ({ moduleId }: TestSpecification): number => order.findIndex((file) => moduleId.endsWith(file));

class AsNamed extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return [...files].sort((a, b) => place(a) - place(b));
  }
}

export default mergeConfig(
  project,
  defineConfig({
    test: {
      // What a file runs is noted for each file by itself, and no file may meet what a change did in another.
      isolate: true,
      // On a busy machine a test may take its time: that is no failure.
      testTimeout: 600_000,
      hookTimeout: 600_000,
      // Between two changes all files but one are the same.
      experimental: { fsModuleCache: true },
      sequence: { sequencer: AsNamed },
      setupFiles: process.env.VIELBEIN_MARKS ? ["./tools/mutants/record-marks.ts"] : [],
    },
  }),
);
