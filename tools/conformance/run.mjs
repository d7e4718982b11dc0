// The derivatives of every operator against ONNX's own backend tests, by several processes.
// Usage: npm run conformance -- FOLDER... [--only PATTERN] [--jobs N] [--verbose] [--write docs/conformance.md]

import { fork } from "node:child_process";
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { NodeRuntime } from "@vielbein/runtime-node";
import { caseFolders } from "./cases.mjs";
import { page, summary } from "./report.mjs";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: "string" },
    jobs: { type: "string", default: String(availableParallelism()) },
    verbose: { type: "boolean", default: false },
    write: { type: "string" },
  },
});
if (positionals.length === 0) {
  console.error("Name a folder of ONNX backend tests; tools/conformance/README.md says how to make one.");
  process.exit(2);
}

const folders = positionals
  .flatMap(caseFolders)
  .filter((folder) => new RegExp(flags.only ?? "").test(folder));
const results = [];
let next = 0;
await Promise.all(Array.from({ length: Number(flags.jobs) }, checkCases));
console.log(summary(results));
if (flags.write) writeFileSync(flags.write, page(results, new NodeRuntime().name));
process.exitCode = results.some(({ outcome }) => outcome === "failed") ? 1 : 0;

/** Has a process of its own check one case after the other that no other has taken. */
function checkCases() {
  const worker = fork(new URL("worker.mjs", import.meta.url));
  let at;
  return new Promise((resolve, reject) => {
    const take = () => {
      at = next++;
      if (at < folders.length) return worker.send(folders[at]);
      worker.disconnect();
      resolve();
    };
    worker.on("message", (result) => {
      results[at] = result;
      say(result);
      take();
    });
    worker.on("exit", (code) => reject(new Error(`the check of ${folders[at]} ended with ${code}`)));
    take();
  });
}

function say({ name, outcome, reasons }) {
  if (flags.verbose || outcome === "failed") console.log([`${outcome} ${name}`, ...reasons].join("\n  "));
}
