// What estimates of intrinsic dimension cost beside scikit-dimension, on the same points; in turns, in CPU time of one
// thread.
//
//     PYTHON=path/to/python node tools/bench/intrinsic/run.mjs [--rounds 2] [--points 1000] [--dims 5,50] [--wide 512]
//
// Needs Python with scikit-dimension for the second half; the first runs without. Its ESS takes a minute for a thousand
// points: that is asked of a hundred and twenty, once, on the first cloud.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Cloud, estimateDimension, gaussianCloud } from "@vielbein/core/intrinsic-dimension";
import { initialize, matmul, matrix, normal } from "@vielbein/linalg";
import { markdownTable, median } from "../common/table.mjs";
import { PythonChild } from "../jacobian/python-child.mjs";

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "2" },
    points: { type: "string", default: "1000" },
    dims: { type: "string", default: "5,50" },
    wide: { type: "string", default: "512" },
  },
});
const [rounds, n, wide] = [flags.rounds, flags.points, flags.wide].map(Number);
const dims = flags.dims.split(",").map(Number);
const { name: backend } = await initialize();

/** Ten dimensions in many coordinates, as pictures have them. */
function pictures() {
  const frame = matrix(10, wide, normal(3, 0, 10 * wide));
  return matmul(gaussianCloud(n, 10, 1).points, frame);
}

const clouds = [
  ...dims.map((d) => [`Gaussian, ${d} dimensions`, gaussianCloud(n, d, 1).points]),
  ...(wide > 0 ? [[`10 dimensions in ${wide} coordinates`, pictures()]] : []),
];
const names = [
  "mle",
  "twonn",
  "correlation-integral",
  "mom",
  "mada",
  "tle",
  "ess",
  "mind-mlk",
  "fishers",
  "pca-participation",
];

const folder = mkdtempSync(join(tmpdir(), "vielbein-"));
const python = new PythonChild(fileURLToPath(new URL("skdim_side.py", import.meta.url)), 1);
let isRivalThere = true;

async function askRival(request) {
  if (!isRivalThere) return undefined;
  return python.ask("estimate", request).catch((error) => {
    console.error(error.message);
    isRivalThere = false;
    return undefined;
  });
}

const cpu = (start) => {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e3;
};

/** Points and rounds of an estimator on a cloud: fewer where the rival takes very long. */
function planOf(name, at) {
  if (name !== "ess") return { count: n, times: rounds };
  return { count: Math.min(n, 120), times: at === 0 ? 1 : 0 };
}

// What is compiled when it has run for a while is compiled before the clock runs.
for (const name of names) estimateDimension(Cloud.of(gaussianCloud(150, 4).points), name);

const rows = [["cloud", "estimator", "ours", "scikit-dimension", "ratio", "relative difference"]];
for (const [at, [cloudName, whole]] of clouds.entries()) {
  for (const name of names) {
    const { count, times } = planOf(name, at);
    if (times === 0) continue;
    const points = matrix(count, whole.cols, whole.data.slice(0, count * whole.cols));
    const path = join(folder, "points");
    writeFileSync(path, points.data);
    const [ours, theirs] = [[], []];
    let difference = Number.NaN;
    for (let round = 0; round < times; round++) {
      const start = process.cpuUsage();
      // A cloud of its own, so that nothing is kept from another estimate.
      const { dimension } = estimateDimension(Cloud.of(points), name);
      ours.push(cpu(start));
      const answer = await askRival({ name, dim: points.cols, path });
      if (!answer) continue;
      theirs.push(answer.milliseconds);
      difference = Math.abs(dimension / (answer.dimension ?? Number.NaN) - 1);
    }
    const shown = (values) => (values.length === 0 ? "–" : `${(median(values) / 1e3).toPrecision(2)} s`);
    const compared =
      theirs.length === 0
        ? ["–", "–"]
        : [
            (median(ours) / median(theirs)).toPrecision(2),
            Number.isNaN(difference) ? "–" : difference.toExponential(0),
          ];
    rows.push([cloudName, `${name}, ${count} points`, shown(ours), shown(theirs), ...compared]);
  }
}
python.close();
rmSync(folder, { recursive: true });
console.log(
  `CPU time on one thread, medians of ${rounds} rounds; linalg: ${backend}; load ${loadavg()[0].toFixed(2)}\n`,
);
console.log(markdownTable(rows));
