// What importances of codes for one factor cost, which is what DCI takes nearly all its time for, beside scikit-learn;
// in turns, in CPU time of one thread.
//
//     PYTHON=path/to/python node tools/bench/disentanglement/run.mjs [--rounds 3] [--samples 5000] [--codes 128]
//
// Needs Python with scikit-learn for the second half; the first runs without.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { boostedTrees, lasso } from "@vielbein/core/disentanglement";
import { initialize, matrix, normal } from "@vielbein/linalg";
import { markdownTable, median } from "../common/table.mjs";
import { PythonChild } from "../jacobian/python-child.mjs";

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    samples: { type: "string", default: "5000" },
    codes: { type: "string", default: "128" },
  },
});
const [rounds, n, d] = [flags.rounds, flags.samples, flags.codes].map(Number);
await initialize();

const codes = Float64Array.from(normal(1, 0, n * d));
const noise = normal(2, 0, n);
// Three codes and a product of two more make the factor.
const continuous = Float64Array.from({ length: n }, (_, row) => {
  const code = codes.subarray(row * d, (row + 1) * d);
  return code[0] + 0.5 * code[1] - 0.7 * code[2] + code[3] * code[4] + 0.3 * noise[row];
});
const discrete = continuous.map((x) => (x < -0.7 ? 0 : x < 0.7 ? 1 : 2));

const cases = [
  ["boosted trees, continuous factor", "continuous", boostedTrees(), "continuous", continuous],
  ["boosted trees, three levels", "discrete", boostedTrees(), "discrete", discrete],
  ["lasso, continuous factor", "lasso", lasso(), "continuous", continuous],
];
const folder = mkdtempSync(join(tmpdir(), "vielbein-"));
writeFileSync(join(folder, "codes"), codes);
const python = new PythonChild(fileURLToPath(new URL("sklearn_side.py", import.meta.url)), 1);
let isRivalThere = true;

const rows = [["importances", "ours", "scikit-learn", "ratio", "largest difference"]];
for (const [name, estimator, estimate, kind, factor] of cases) {
  writeFileSync(join(folder, "factor"), factor);
  const [ours, theirs] = [[], []];
  let difference = 0;
  for (let round = 0; round < rounds; round++) {
    const data = { codes: matrix(n, d, codes), factors: matrix(n, 1, factor), kinds: [kind] };
    const start = process.cpuUsage();
    const { importances } = estimate(data);
    const { user, system } = process.cpuUsage(start);
    ours.push((user + system) / 1e3);
    const request = { estimator, dim: d, codes: join(folder, "codes"), factor: join(folder, "factor") };
    const answer = isRivalThere
      ? await python.ask("fit", request).catch((error) => {
          console.error(error.message);
          isRivalThere = false;
        })
      : undefined;
    if (!answer) continue;
    theirs.push(answer.milliseconds);
    const total = importances.data.reduce((sum, value) => sum + value, 0);
    for (const [i, share] of answer.importances.entries())
      difference = Math.max(difference, Math.abs(share - importances.data[i] / total));
  }
  const shown = (values) => (values.length === 0 ? "–" : `${(median(values) / 1e3).toPrecision(2)} s`);
  const compared =
    theirs.length === 0
      ? ["–", "–"]
      : [(median(ours) / median(theirs)).toFixed(2), difference.toExponential(0)];
  rows.push([name, shown(ours), shown(theirs), ...compared]);
}
python.close();
rmSync(folder, { recursive: true });
console.log(
  `${n} samples of ${d} codes, one factor; medians of ${rounds} rounds; load ${loadavg()[0].toFixed(2)}\n`,
);
console.log(markdownTable(rows));
