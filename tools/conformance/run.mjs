// The derivatives of every operator against ONNX's own backend tests.
// Usage: npm run conformance -- FOLDER... [--only PATTERN] [--verbose] [--write docs/conformance.md]

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { NodeRuntime } from "@vielbein/runtime-node";
import { caseFolders, isFloating, readCase } from "./cases.mjs";
import { checkPair, FOREIGN } from "./check.mjs";
import { page, summary } from "./report.mjs";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: "string" },
    verbose: { type: "boolean", default: false },
    write: { type: "string" },
  },
});
if (positionals.length === 0) {
  console.error("Name a folder of ONNX backend tests; tools/conformance/README.md says how to make one.");
  process.exit(2);
}

const runtime = new NodeRuntime({ threads: 1, worker: false });
const results = [];
for (const folder of positionals.flatMap(caseFolders)) {
  if (flags.only && !new RegExp(flags.only).test(folder)) continue;
  const result = await checkCase(folder);
  results.push(result);
  const { name, outcome, reasons } = result;
  if (flags.verbose || outcome === "failed") console.log([`${outcome} ${name}`, ...reasons].join("\n  "));
}
console.log(summary(results));
if (flags.write) writeFileSync(flags.write, page(results, runtime.name));
process.exitCode = results.some(({ outcome }) => outcome === "failed") ? 1 : 0;

/** What the pairs of a floating-point input and a floating-point output came to. */
async function checkCase(folder) {
  const read = readCase(folder);
  const { name, model, inputs, outputs } = read;
  const operators = model.graph.nodes.map(({ opType }) => opType);
  const froms = inputs.filter(({ tensor }) => isFloating(tensor));
  const tos = outputs.filter(({ tensor }) => isFloating(tensor));
  if (froms.length === 0 || tos.length === 0) {
    const isNumeric = [...inputs, ...outputs].every(({ tensor }) => tensor);
    const reasons = isNumeric ? [] : [FOREIGN];
    return { name, operators, outcome: isNumeric ? "constant" : "unsupported", reasons };
  }
  const pairs = [];
  for (const { name: from } of froms) {
    for (const { name: to } of tos) pairs.push({ from, to, ...(await checkPair(runtime, read, from, to)) });
  }
  const outcome = ["failed", "passed", "unsupported"].find((kind) =>
    pairs.some((pair) => pair.outcome === kind),
  );
  const reasons = pairs
    .filter((pair) => pair.outcome === "failed" || (pair.outcome === "unsupported" && outcome !== "failed"))
    .map(({ from, to, reason }) => (outcome === "failed" ? `${from} → ${to}: ${reason}` : reason));
  const total = (key) => pairs.reduce((sum, pair) => sum + (pair[key] ?? 0), 0);
  return {
    name,
    operators,
    outcome: outcome ?? "constant",
    reasons: [...new Set(reasons)],
    checked: total("checked"),
    kinks: total("kinks"),
  };
}
