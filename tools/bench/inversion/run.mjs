// Which method inverts a generator with the least work? Squared distance against runs of the generator, on images that
// it made itself, from the same start for all methods.
//
//     node tools/bench/inversion/run.mjs [--model FILE.onnx] [--prior uniform] [--features FILE.onnx]
//         [--targets 32] [--budget 384] [--seed 0]
//
// A value, a product with J and a product with its transpose count as one run each. The metric's axes are made once for
// a model and not counted against a target; how much they took is printed.

import { readFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { averageMetric, boundedMap, invert, metricBasis, metricSpectrum, samplePoints } from "@vielbein/core";
import { bootstrap } from "@vielbein/core/statistics";
import { chain, decodeModel, OnnxMap } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";
import { measureRange } from "@vielbein/viz";
import { projectFile } from "../common/maps.mjs";
import { markdownTable, median } from "../common/table.mjs";

const { values: flags } = parseArgs({
  options: {
    model: { type: "string" },
    prior: { type: "string", default: "normal" },
    features: { type: "string" },
    targets: { type: "string", default: "32" },
    budget: { type: "string", default: "384" },
    seed: { type: "string", default: "0" },
  },
});
const [targets, budget, seed] = [flags.targets, flags.budget, flags.seed].map(Number);
const CANDIDATES = 16;
const METRIC_SAMPLES = 8;
/** Targets are samples that are neither candidates nor what the metric is averaged over. */
const FIRST_TARGET = 1000;
const checkpoints = [budget / 4, budget / 2, budget];

const runtime = new NodeRuntime({ threads: 1 });
const prior = flags.prior === "uniform" ? { kind: "uniform", low: -1, high: 1 } : { kind: "normal" };
const modelFile = flags.model ?? projectFile("tools", "bench", "data", "decoder.onnx");
const generator = decodeModel(await readFile(modelFile), basename(modelFile));
const codes = await open(generator);
const map = flags.features === undefined ? codes : await open(await withFeatures(flags.features));
const n = map.from.dim;
const box = prior.kind === "uniform" ? boundedMap(map, prior.low, prior.high) : undefined;
const plain = { map, free: (x) => x };
const space = box ?? plain;
/** Levenberg–Marquardt knows bounds itself. */
const bounds = box ? { bounds: [prior.low, prior.high] } : {};

const spectra = [];
for (let i = 0; i < METRIC_SAMPLES; i++) {
  spectra.push(await metricSpectrum(space.map, space.free(samplePoints(map.from, seed, CANDIDATES + i, 1))));
}
const metric = averageMetric(spectra);
const axes = (exponent) => ({ basis: metricBasis(metric, exponent) });

const methods = {
  "Levenberg–Marquardt": { method: "levenberg-marquardt", ...bounds },
  "L-BFGS": { method: "lbfgs" },
  Adam: { method: "adam" },
  "Adam, metric's axes": { method: "adam", ...axes(0) },
  "Adam, λ^−½": { method: "adam", ...axes(0.5) },
  "CMA-ES": { method: "cma-es" },
  "CMA-ES, λ^−0.3": { method: "cma-es", ...axes(0.3) },
  "CMA-ES, λ^−½": { method: "cma-es", ...axes(0.5) },
};
/** The first of each is said to win. */
const comparisons = [
  ["Levenberg–Marquardt", "L-BFGS"],
  ["L-BFGS", "Adam"],
  ["Adam, metric's axes", "Adam"],
  ["Adam, λ^−½", "Adam"],
  ["CMA-ES, λ^−0.3", "CMA-ES"],
  ["CMA-ES, λ^−½", "CMA-ES"],
];

const candidates = samplePoints(map.from, seed, 0, CANDIDATES);
const candidateValues = await map.evaluate(candidates, CANDIDATES);
/** By method: a row for each target, loss relative to that of the start at every checkpoint. */
const losses = Object.fromEntries(Object.keys(methods).map((name) => [name, []]));
const started = performance.now();
for (let i = 0; i < targets; i++) {
  const target = await map.evaluate(samplePoints(map.from, seed, FIRST_TARGET + i, 1), 1);
  const distances = Array.from({ length: CANDIDATES }, (_, c) =>
    squaredDistance(candidateValues.subarray(c * map.to.dim, (c + 1) * map.to.dim), target),
  );
  const nearest = distances.indexOf(Math.min(...distances));
  const start = candidates.slice(nearest * n, (nearest + 1) * n);
  for (const [name, options] of Object.entries(methods)) {
    losses[name].push(await curve(target, start, distances[nearest], { ...options, seed: i }));
  }
  process.stderr.write(`\rtarget ${i + 1}/${targets}`);
}
process.stderr.write("\n");

const features = flags.features === undefined ? "l2" : basename(flags.features);
console.log(
  `\n${basename(modelFile)}, ${n} → ${codes.to.dim}, distance ${features}, ${targets} targets, ${(
    (performance.now() - started) / 1000
  ).toFixed(0)} s, load ${loadavg()[0].toFixed(1)}`,
);
console.log(`The metric's axes took ${METRIC_SAMPLES * n} products with J, once.\n`);
console.log("Median squared distance, as a fraction of the start's, after so many runs of the generator\n");
console.log(
  markdownTable([
    ["method", ...checkpoints.map(String)],
    ...Object.entries(losses).map(([name, rows]) => [
      name,
      ...checkpoints.map((_, at) => median(rows.map((row) => row[at])).toExponential(1)),
    ]),
  ]),
);
console.log(
  `\nPaired, after ${budget} runs: on how many targets the first is nearer, the median ratio of distances with its 95 % bootstrap interval, p of the sign test\n`,
);
console.log(
  markdownTable([
    ["first", "second", "nearer", "ratio", "interval", "p", "verdict"],
    ...comparisons.map(compared),
  ]),
);
console.log(`\nA verdict needs p < 0.05/${comparisons.length}, for as many comparisons.`);
await map.dispose();
if (map !== codes) await codes.dispose();

function open(model) {
  return OnnxMap.create(model, runtime, { prior });
}

/** The features of the generator's images, mapped to [-1, 1]. */
async function withFeatures(file) {
  const images = await codes.evaluate(samplePoints(codes.from, seed, 0, 16), 16);
  const [low, high] = measureRange(images);
  const scale = 2 / (high - low);
  return chain(generator, decodeModel(await readFile(file), basename(file)), {
    scale,
    shift: -1 - low * scale,
  });
}

/** Best loss within every checkpoint's work, over the loss of the start. */
async function curve(target, start, first, options) {
  const { map, free } = options.bounds ? plain : space;
  const best = checkpoints.map(() => 1);
  await invert(map, target, free(start), {
    ...options,
    steps: 10_000,
    onStep: ({ loss, work }) => {
      const runs = work.values + work.jvps + work.vjps;
      checkpoints.forEach((limit, at) => {
        if (runs <= limit) best[at] = Math.min(best[at], loss / first);
      });
      return runs >= budget;
    },
  });
  return best;
}

function compared([first, second]) {
  const last = checkpoints.length - 1;
  const logs = losses[first].map((row, i) => Math.log10(row[last] / losses[second][i][last]));
  const wins = logs.filter((x) => x < 0).length;
  const decided = logs.filter((x) => x !== 0).length;
  const p = signTest(wins, decided);
  const { interval } = bootstrap(logs.length, (members) => median(Array.from(members, (i) => logs[i])));
  const isDecided = p < 0.05 / comparisons.length;
  return [
    first,
    second,
    `${wins} of ${targets}`,
    ratio(median(logs)),
    interval.map(ratio).join(" … "),
    p.toPrecision(1),
    isDecided ? (wins > decided / 2 ? "first" : "second") : "undecided",
  ];
}

function ratio(log) {
  return Number((10 ** log).toPrecision(2)).toString();
}

/** Two-sided probability of so uneven a count, were both as good. */
function signTest(wins, count) {
  let [term, tail] = [2 ** -count, 0];
  for (let k = 0; k <= Math.min(wins, count - wins); k++) {
    tail += term;
    term *= (count - k) / (k + 1);
  }
  return Math.min(1, 2 * tail);
}

function squaredDistance(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum;
}
