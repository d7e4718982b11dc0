// Mutated models through decoding, inspection and differentiation.
// Usage: node tools/fuzz/run.mjs [--count N] [--seed S] [--first I] [--seconds T] [--megabytes M] [--keep FOLDER]

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { FAULTS, fuzz } from "./fuzz.mjs";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    first: { type: "string", default: "0" },
    seconds: { type: "string", default: "20" },
    megabytes: { type: "string", default: "3000" },
    keep: { type: "string" },
  },
});
const { keep, ...numbers } = values;
const options = Object.fromEntries(Object.entries(numbers).map(([name, text]) => [name, Number(text)]));
if (keep) mkdirSync(keep, { recursive: true });

const counts = new Map();
await fuzz(options, ({ name, index, what, bytes, outcome, detail }) => {
  counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  if (!FAULTS.includes(outcome)) return;
  console.log(
    `${outcome}: mutant ${index} of ${name} (${what.join("; ")})\n  ${detail.split("\n").slice(0, 6).join("\n  ")}`,
  );
  if (keep) writeFileSync(join(keep, `${index}_${outcome.replace(" ", "_")}.onnx`), bytes);
});
const total = [...counts].sort((a, b) => b[1] - a[1]).map(([outcome, count]) => `${count} ${outcome}`);
console.log(`${options.count} mutants of seed ${options.seed}: ${total.join(", ")}`);
process.exitCode = FAULTS.some((fault) => counts.has(fault)) ? 1 : 0;
