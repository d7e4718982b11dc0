// Directions of a region by products alone beside those of the whole metrics, of the sample (w → image) or a network of
// bench:large with random weights: how far they agree, and the processor time and memory that either takes. Every route
// runs in a process of its own. `keep` is left out: neither has directions that move the rest next to nothing.
// Usage: node tools/bench/regions/run.mjs [--network sample] [--k 4]

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { RegionAt, regionDirections, regionMetricsAt, samplePoints } from "@vielbein/core";
import { subspaceAngles } from "@vielbein/core/grassmann";
import { initialize, matrix } from "@vielbein/linalg";
import { decodeModel, OnnxMap } from "@vielbein/onnx";
import { NodeRuntime, readModelFile } from "@vielbein/runtime-node";
import { sampleUrl } from "@vielbein/sample";
import { markdownTable } from "../common/table.mjs";
import { networks } from "../large/networks.mjs";

const { values: flags } = parseArgs({
  options: {
    network: { type: "string", default: "sample" },
    k: { type: "string", default: "4" },
    route: { type: "string" },
  },
});
const k = Number(flags.k);
const RULES = ["ignore", "ratio"].map((outside) => ({ outside, k }));

/** Whole metrics of a network of this size are cheap: only a small budget leaves it to products. */
const sample = {
  from: "w",
  memoryBudget: 10e6,
  make: async () => {
    const { bytes, name } = await readModelFile(fileURLToPath(sampleUrl));
    return decodeModel(bytes, name);
  },
};

const all = new Map([["sample", sample], ...networks]);
const network = all.get(flags.network);
if (network === undefined) {
  console.error(`--network: the networks are ${[...all.keys()].join(", ")}, got "${flags.network}".`);
  process.exit(2);
}

/** Weights of a rectangle in the middle, a quarter of the picture. */
function middle([channels, height, width]) {
  const isInside = (at, extent) => at >= extent / 4 && at < (3 * extent) / 4;
  return Float32Array.from({ length: channels * height * width }, (_, at) =>
    Number(isInside(at % width, width) && isInside(Math.floor(at / width) % height, height)),
  );
}

/** What either route is asked to do with a rule: the whole metrics are taken once. */
async function searchOf(route, map, point, weights) {
  if (route === "products") {
    const region = RegionAt.of(map, point, weights, { memoryBudget: network.memoryBudget });
    return (rule) => region.directions(rule);
  }
  const metrics = await regionMetricsAt(map, point, weights);
  return async (rule) => regionDirections(metrics, rule);
}

const seconds = ({ user, system }) => (user + system) / 1e6;
const resident = () => process.resourceUsage().maxRSS * 1024;

async function measure(route) {
  await initialize();
  const { make, from } = network;
  // The engine in this process, so that its memory is seen.
  const runtime = new NodeRuntime({ threads: 1, isolate: false, worker: false });
  const map = await OnnxMap.create(await make(), runtime, { from });
  const point = samplePoints(map.from, 1, 0, 1);
  await map.evaluate(point, 1);
  const before = resident();
  let start = process.cpuUsage();
  const search = await searchOf(route, map, point, middle(map.to.shape));
  const shared = seconds(process.cpuUsage(start));
  const found = [];
  for (const rule of RULES) {
    start = process.cpuUsage();
    const { vectors, inside, outside, products } = await search(rule);
    const cpu = shared + seconds(process.cpuUsage(start));
    const quotients = Array.from(outside, (value, i) => value / inside[i]);
    found.push({ vectors: [...vectors.data], quotients, products, cpu });
  }
  const { dim } = map.from;
  return { dim, outputs: map.to.dim, memory: resident() - before, found };
}

function inOwnProcess(route) {
  const argv = [fileURLToPath(import.meta.url), ...process.argv.slice(2), "--route", route];
  return JSON.parse(execFileSync(process.execPath, argv, { maxBuffer: 2 ** 28 }));
}

/** The largest principal angle between what two searches found, and the largest difference of outside/inside. */
function agreement(n, a, b) {
  const columns = ({ vectors }) => matrix(n, vectors.length / n, Float64Array.from(vectors));
  const angle = Math.max(...subspaceAngles(columns(a), columns(b)));
  const differences = a.quotients.map((value, i) => Math.abs(value / b.quotients[i] - 1));
  return [angle.toExponential(1), Math.max(...differences).toExponential(1)];
}

if (flags.route !== undefined) {
  process.stdout.write(JSON.stringify(await measure(flags.route)), () => process.exit());
} else {
  await initialize();
  const [products, whole] = ["products", "whole"].map(inOwnProcess);
  const megabytes = ({ memory }) => `${(memory / 1e6).toFixed(0)} MB`;
  console.log(
    `\n${flags.network}, ${whole.dim} → ${whole.outputs}, k = ${k}, one thread. Memory above the model after an evaluation: ${megabytes(products)} by products, ${megabytes(whole)} by whole metrics (${2 * whole.dim} columns).\n`,
  );
  const lines = RULES.map(({ outside }, i) => {
    const [by, from] = [products.found[i], whole.found[i]];
    return [
      ...[outside, by.products ?? "whole metrics", by.cpu.toFixed(1), from.cpu.toFixed(1)],
      ...agreement(whole.dim, by, from),
    ];
  });
  console.log(
    markdownTable([
      ["", "products", "CPU s", "whole, CPU s", "angle of the spans, rad", "outside/inside, relative"],
      ...lines,
    ]),
  );
}
