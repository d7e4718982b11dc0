// Profiles of Grassmannian distances for k = 1 … 50 of StyleGAN2's mapping network (random weights): one Jacobian and
// one decomposition per point, against recomputing both for every k and every distance.
// Usage: node tools/bench/warpage/run.mjs [--pairs 1000] [--subset 3] [--k 50]

import { parseArgs } from "node:util";
import { jacobian, localBasisAt, tangentBasis } from "@vielbein/core";
import { distanceProfile, grassmannDistance, subspaceAngles } from "@vielbein/core/grassmann";
import { warpagePair, warpageSample } from "@vielbein/core/tangent-spaces";
import { initialize, matrix, svd } from "@vielbein/linalg";
import { OnnxMap } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";
import { mappingLayers, mappingModel } from "../common/mapping-network.mjs";
import { markdownTable, median } from "../common/table.mjs";

const DISTANCES = ["geodesic", "projection"];
const { values: flags } = parseArgs({
  options: {
    pairs: { type: "string", default: "1000" },
    /** Pairs of the recomputing way, each with three values of k. */
    subset: { type: "string", default: "3" },
    k: { type: "string", default: "50" },
  },
});
const [pairs, subset, k] = [flags.pairs, flags.subset, flags.k].map(Number);
await initialize();
const map = await OnnxMap.create(mappingModel(mappingLayers()), new NodeRuntime({ threads: 1 }));
const pairAt = (index) => warpagePair(map.from, 0, index);

// Ours: whole samples, random pairs only, so that both ways do the same.
await sample(pairs);
const ours = [];
const profiles = [];
for (let index = 0; index < pairs; index++) {
  const [milliseconds, { randomPair }] = await cpuTime(() => sample(index));
  ours.push(milliseconds);
  profiles.push(randomPair);
}

// The recomputing way: both local bases again for every k and distance.
const theirs = [];
let difference = 0;
for (let index = 0; index < Math.min(subset, pairs); index++) {
  const { point, other } = pairAt(index);
  for (const count of [1, Math.ceil(k / 2), k]) {
    for (const name of DISTANCES) {
      const [milliseconds, distance] = await cpuTime(async () => {
        const [a, b] = [await localBasisAt(map, point), await localBasisAt(map, other)];
        const angles = subspaceAngles(leading(a.outputVectors, count), leading(b.outputVectors, count));
        return grassmannDistance(angles, name);
      });
      theirs.push(milliseconds);
      difference = Math.max(difference, Math.abs(distance - profiles[index][name][count - 1]));
    }
  }
}
const recomputing = mean(theirs) * k * DISTANCES.length;
console.log(
  `\n${pairs} pairs of 512 → 512, k = 1 … ${k}, distances ${DISTANCES.join(", ")}; CPU seconds, one core\n`,
);
console.log(
  markdownTable([
    ["way", "per pair", `${pairs} pairs`, "pairs per second"],
    ["one decomposition per point", ...row(mean(ours))],
    [`recomputing (from ${theirs.length} of ${pairs * k * DISTANCES.length} distances)`, ...row(recomputing)],
  ]),
);
console.log(
  `\nRatio ${(recomputing / mean(ours)).toFixed(0)}. Largest difference of a distance: ${difference.toExponential(1)}.`,
);

// Where the time goes, per pair.
const parts = { jacobian: [], tangent: [], whole: [], profile: [] };
for (let index = 0; index < Math.min(10, pairs); index++) {
  const { point, other } = pairAt(index);
  const [milliseconds, j] = await cpuTime(() => jacobian(map, point));
  parts.jacobian.push(milliseconds);
  const [tangent, a] = await cpuTime(() => tangentBasis(map, point, k));
  parts.tangent.push(tangent);
  parts.whole.push((await cpuTime(() => svd(j)))[0]);
  const b = await tangentBasis(map, other, k);
  parts.profile.push(
    (await cpuTime(() => distanceProfile(a.vectors, b.vectors, k, { distances: DISTANCES })))[0],
  );
}
const [j, tangent, whole, profile] = Object.values(parts).map(median);
console.log("\nWhere the time of a pair goes, median CPU milliseconds\n");
console.log(
  markdownTable([
    ["part", "each", "per pair"],
    ["Jacobian", j.toFixed(1), (2 * j).toFixed(1)],
    [`leading ${k} vectors`, (tangent - j).toFixed(1), (2 * (tangent - j)).toFixed(1)],
    ["(whole decomposition instead)", whole.toFixed(1), (2 * whole).toFixed(1)],
    [`profile, k = 1 … ${k}`, profile.toFixed(1), profile.toFixed(1)],
  ]),
);
await map.dispose();

function sample(index) {
  return warpageSample(map, pairAt(index), { k, epsilons: [], distances: DISTANCES });
}

/** CPU milliseconds of all threads, and the result. */
async function cpuTime(task) {
  const before = process.cpuUsage();
  const result = await task();
  const { user, system } = process.cpuUsage(before);
  return [(user + system) / 1000, result];
}

function leading(a, count) {
  const result = matrix(a.rows, count);
  for (let i = 0; i < a.rows; i++) {
    result.data.set(a.data.subarray(i * a.cols, i * a.cols + count), i * count);
  }
  return result;
}

function mean(values) {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

function row(milliseconds) {
  return [
    (milliseconds / 1000).toFixed(3),
    ((milliseconds * pairs) / 1000).toFixed(0),
    (1000 / milliseconds).toPrecision(3),
  ];
}
