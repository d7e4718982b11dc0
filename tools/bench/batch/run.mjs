// What batches gain where a map is evaluated at many points: microseconds per point one by one and together, with the
// engine on a worker thread and on the calling one. And how the time per point depends on the size of a batch.
// Usage: node tools/bench/batch/run.mjs [--points 100000] [--threads 1]

import { parseArgs } from "node:util";
import { samplePoints } from "@vielbein/core";
import { decodeModel, modelSource, OnnxMap } from "@vielbein/onnx";
import { NodeRuntime, readModelFile } from "@vielbein/runtime-node";
import { mappingLayers, mappingModel } from "../common/mapping-network.mjs";
import { projectFile, sharedFile } from "../common/maps.mjs";
import { markdownTable, median } from "../common/table.mjs";

const { values: flags } = parseArgs({
  options: { points: { type: "string", default: "100000" }, threads: { type: "string", default: "1" } },
});
const ROUNDS = 3;
/** Points one by one in a round, and at most so many of an image generator together. */
const FEW = 500;

async function fromFile(path) {
  if (!path) return undefined;
  const { bytes, name } = await readModelFile(path);
  return decodeModel(bytes, name);
}

const networks = {
  "mapping, 512 → 512": mappingModel(mappingLayers()),
  "faces_fletcher, 100 → 3072": await fromFile(sharedFile("models", "faces_fletcher.onnx")),
  "decoder, 16 → 12288": await fromFile(projectFile("tools", "bench", "data", "decoder.onnx")),
};
const rows = [["network", "thread", "one by one, µs per point", "together, µs per point", "ratio"]];
for (const [name, model] of Object.entries(networks)) {
  if (!model) continue;
  for (const worker of [true, false]) {
    const runtime = new NodeRuntime({ threads: Number(flags.threads), worker });
    const [single, many] = [await OnnxMap.create(model, runtime), await OnnxMap.create(model, runtime)];
    const count = single.to.dim > 1000 ? FEW : Number(flags.points);
    const points = samplePoints(single.from, 0, 0, count);
    const times = { single: [], many: [] };
    // The round before the first opens the sessions.
    for (let round = -1; round < ROUNDS; round++) {
      const [one, all] = [await oneByOne(single, points), await together(many, points, count)];
      if (round < 0) continue;
      times.single.push(one);
      times.many.push(all);
    }
    const [one, all] = [median(times.single), median(times.many)];
    const row = [name, worker ? "worker" : "calling", one.toFixed(1), all.toFixed(1), (one / all).toFixed(1)];
    rows.push(row);
    for (const map of [single, many]) await map.dispose();
    await runtime.dispose();
  }
}
console.log(markdownTable(rows));

const sizes = [1, 4, 16, 64, 256];
const table = [["µs per point in a batch of", ...sizes]];
for (const [name, model] of Object.entries(networks)) {
  if (model) table.push([name, ...(await bySize(model))]);
}
console.log(`\n${markdownTable(table)}`);

/** Least time per point over some rounds, for batches of each size. */
async function bySize(model) {
  const runtime = new NodeRuntime({ threads: Number(flags.threads), worker: false });
  const session = await runtime.createSession(modelSource(model));
  const [input] = model.graph.inputs;
  const best = sizes.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < 2 * ROUNDS; round++) {
    for (const [i, n] of sizes.entries()) {
      const dims = [n, ...input.shape.slice(1)];
      const data = new Float32Array(dims.reduce((product, extent) => product * extent)).fill(0.3);
      const runs = 256 / n;
      const start = performance.now();
      for (let run = 0; run < runs; run++) {
        await session.run({ [input.name]: { type: "float32", dims, data } });
      }
      best[i] = Math.min(best[i], ((performance.now() - start) * 1000) / 256);
    }
  }
  await session.dispose();
  return best.map((time) => time.toFixed(0));
}

async function oneByOne(map, points) {
  const n = map.from.dim;
  const start = performance.now();
  for (let i = 0; i < FEW; i++) await map.evaluate(points.subarray(i * n, (i + 1) * n), 1);
  return ((performance.now() - start) * 1000) / FEW;
}

async function together(map, points, count) {
  const start = performance.now();
  await map.evaluate(points, count);
  return ((performance.now() - start) * 1000) / count;
}
