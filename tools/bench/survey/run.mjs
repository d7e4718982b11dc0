// Where the time of a survey's rows goes, on StyleGAN2's mapping network (512 → 512, random weights): CPU milliseconds of
// the parts of a local basis and of a pair of warpage, k = 50, one thread.
// Usage: node tools/bench/survey/run.mjs [--rows 10]

import { parseArgs } from "node:util";
import { jacobian, localBasisAt, samplePoints, tangentBasis } from "@vielbein/core";
import { distanceProfile, haarProfile } from "@vielbein/core/grassmann";
import { warpagePair, warpageSample } from "@vielbein/core/tangent-spaces";
import { backend, gram, initialize, matmul, matrix, normal, svd, svds } from "@vielbein/linalg";
import { OnnxMap } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";
import { mappingLayers, mappingModel } from "../common/mapping-network.mjs";
import { markdownTable } from "../common/table.mjs";

const K = 50;
const LAYERS = 8;
/** Vectors of a block of the iteration, as `leadingDecomposition` has it. */
const BLOCK = 8;
const { values: flags } = parseArgs({ options: { rows: { type: "string", default: "10" } } });
const rows = Number(flags.rows);
await initialize();
const map = await OnnxMap.create(
  mappingModel(mappingLayers({ count: LAYERS })),
  new NodeRuntime({ threads: 1 }),
);
const pointAt = (i) => samplePoints(map.from, 0, i, 1);

/** Mean CPU milliseconds of `work` over the rows; the first is not counted. */
async function cost(work) {
  const results = [await work(0)];
  const start = process.cpuUsage();
  for (let i = 1; i <= rows; i++) results.push(await work(i));
  const { user, system } = process.cpuUsage(start);
  return [(user + system) / 1000 / rows, results];
}

const lines = [];
/** @param operations of multiplications alone, two for each: what the processor is found to do in a second. */
const add = (what, milliseconds, operations) =>
  lines.push([
    what,
    milliseconds.toFixed(1),
    (1000 / milliseconds).toFixed(1),
    operations ? (operations / milliseconds / 1e6).toFixed(0) : "",
  ]);

const { dim } = map.from;
const square = 2 * dim ** 3;
// The same products as those of a Jacobian, without derivatives: what the engine takes for them is the least.
const codes = samplePoints(map.from, 1, 0, dim);
const [forValues] = await cost(() => map.evaluate(codes, dim));
add(`values at ${dim} points`, forValues, LAYERS * square);
const [forJacobian, jacobians] = await cost((i) => jacobian(map, pointAt(i)));
add(`Jacobian, ${dim} products`, forJacobian, LAYERS * square);
const [forProduct] = await cost((i) => matmul(jacobians[i], jacobians[0]));
add("product of two Jacobians in float64", forProduct, square);
const block = matrix(dim, BLOCK, normal(1, 0, dim * BLOCK));
const [forBlock] = await cost((i) => matmul(jacobians[i], block));
add(`product of one with ${BLOCK} vectors`, forBlock, (square * BLOCK) / dim);
const [forGram] = await cost((i) => gram(jacobians[i]));
add("its Gram matrix", forGram);
const [forSvd] = await cost((i) => svd(jacobians[i]));
add("its singular value decomposition", forSvd);
const settings = { tolerance: 1e-12, blockSize: BLOCK };
const [forLeading, [{ products }]] = await cost((i) => svds(jacobians[i], K + 1, settings));
add(`its leading ${K + 1} triplets, ${products} products`, forLeading);
const [forBasis, bases] = await cost((i) => tangentBasis(map, pointAt(i), K));
add("tangent basis", forBasis);
const profile = (i) => distanceProfile(bases[i].vectors, bases[(i + 1) % rows].vectors, K);
const [forProfile] = await cost(profile);
add(`profile of ${K} distances`, forProfile);
const [forHaar] = await cost((i) => haarProfile(0, i, map.to.dim, K));
add("profile of the uniform null", forHaar);
const [forPair] = await cost((i) => warpageSample(map, warpagePair(map.from, 0, i), { k: K }));
add("pair of warpage, one ε", forPair);
const [forLocal] = await cost((i) => localBasisAt(map, pointAt(i), { k: K }));
add("local basis", forLocal);

console.log(
  `\n${map.from.dim} → ${map.to.dim}, k = ${K}, ${rows} rows each; ${backend().name} of linalg, one core\n`,
);
console.log(markdownTable([["", "CPU ms", "a second", "GFLOP/s"], ...lines]));
