// Vitest reporter: prints every skip with its reason, the files that took longest, and one closing line
// `N passed, N failed, N skipped`. The file VIELBEIN_COUNTS, where one is named, gets the counts for what adds to them.
import { writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const { VIELBEIN_COUNTS } = process.env;
    const counts = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) counts.failed += 1;
      for (const test of module.children.allTests()) {
        const result = test.result();
        counts[result.state] += 1;
        if (result.state === "skipped") {
          console.log(`skipped: ${test.fullName} (${result.note ?? "no reason given"})`);
        }
      }
    }
    printLongest(modules);
    if (VIELBEIN_COUNTS) writeFileSync(VIELBEIN_COUNTS, JSON.stringify(counts));
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  }
}

/** What to look at when the tests have become slow. */
function printLongest(modules: readonly TestModule[]): void {
  const times = modules.map((module) => {
    const { duration, collectDuration } = module.diagnostic();
    return { file: module.relativeModuleId, seconds: (duration + collectDuration) / 1000 };
  });
  const longest = times.sort((a, b) => b.seconds - a.seconds).slice(0, 10);
  console.log("longest files:");
  for (const { file, seconds } of longest) console.log(`${seconds.toFixed(1).padStart(7)} s  ${file}`);
}
