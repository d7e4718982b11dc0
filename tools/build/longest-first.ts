// Vitest sequencer: the files that take longest start first, so that none of them runs alone at the end. Without the
// list a fresh machine, which has no record of earlier runs, would start with the largest files instead.

import { BaseSequencer, type TestSpecification } from "vitest/node";

const LONGEST = [
  "packages/onnx/test/engines.test.ts",
  "packages/explorer/test/page.test.ts",
  "tools/reproduce/test/reproduce.test.ts",
  "packages/runtime-web/test/sample.test.ts",
  "packages/runtime-web/test/browser.test.ts",
  "packages/cli/test/hostile.test.ts",
  "packages/onnx/test/operators.test.ts",
  "packages/linalg/test/error-ratios.test.ts",
  "packages/onnx/test/shared-models.test.ts",
  "packages/cli/test/outputs.test.ts",
  "packages/core/test/warpage.test.ts",
  "packages/onnx/test/properties/operators.test.ts",
  "packages/runtime-node/test/trials.test.ts",
  "packages/core/test/distortion.test.ts",
  "packages/runtime-node/test/processes.test.ts",
  "packages/linalg/test/browser.test.ts",
  "tools/docs/test/examples.test.ts",
  "packages/cli/test/damaged-files.test.ts",
  "packages/cli/test/streams.test.ts",
  "packages/cli/test/metric.test.ts",
  "packages/cli/test/directions.test.ts",
  "packages/explorer/test/model-engine.test.ts",
];

const place = ({ moduleId }: TestSpecification): number => {
  const at = LONGEST.findIndex((file) => moduleId.endsWith(file));
  return at < 0 ? LONGEST.length : at;
};

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}
