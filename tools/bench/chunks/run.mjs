// What a run of k tangents costs: time per tangent and memory, to choose the default chunk of a Jacobian.
// Usage: node tools/bench/chunks/run.mjs [--rounds 7] [--threads 1] [--only mapping,faces_fletcher]

import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { normal } from "@vielbein/linalg";
import { OnnxMap } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";
import { mappingLayers, mappingModel } from "../common/mapping-network.mjs";
import { mapOfFile, projectFile, sharedFile } from "../common/maps.mjs";
import { markdownTable, median } from "../common/table.mjs";

const COUNTS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
/** Megabytes by which the peaks of two equal processes differ, for the garbage collector's part. */
const NOISE = 40;
const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    threads: { type: "string", default: "1" },
    only: { type: "string" },
    /** Set by this script for its own child, which measures memory: one network, one count. */
    memory: { type: "string" },
  },
});
const threads = Number(flags.threads);
const networks = new Map([
  ["mapping", () => OnnxMap.create(mappingModel(mappingLayers()), new NodeRuntime({ threads }))],
  ...["faces_fletcher", "neuralpil_film_full", "omori_aim27"].map((name) => [
    name,
    () => fromFile(sharedFile("models", `${name}.onnx`)),
  ]),
  ["decoder", () => fromFile(projectFile("tools", "bench", "data", "decoder.onnx"))],
]);

if (flags.memory) await printPeak(flags.only, Number(flags.memory));
else {
  const names = flags.only?.split(",") ?? [...networks.keys()];
  // Memory first: a child starts with its parent's peak, so the parent must still be small.
  const peaks = new Map(names.map((name) => [name, COUNTS.map((count) => peakMegabytes(name, count))]));
  for (const name of names) await study(name, peaks.get(name));
}

function fromFile(path) {
  return path && mapOfFile(path, { threads });
}

async function study(name, peaks) {
  const map = await networks.get(name)();
  if (!map) return;
  const times = new Map(COUNTS.map((count) => [count, []]));
  for (let round = 0; round < Number(flags.rounds); round++) {
    for (const count of COUNTS) times.get(count).push(await millisecondsOfRun(map, count));
  }
  const rows = [["k", "ms per run", "ms per tangent", "MB over k = 1", "bytes / bytesPerTangent"]];
  for (const [i, count] of COUNTS.entries()) {
    const ms = median(times.get(count));
    const megabytes = peaks[i] - peaks[0];
    const share = (megabytes * 2 ** 20) / ((count - 1) * map.bytesPerTangent);
    const memory = megabytes > NOISE ? [megabytes.toFixed(0), share.toFixed(2)] : ["–", "–"];
    rows.push([count, ms.toFixed(2), (ms / count).toFixed(3), ...memory]);
  }
  const unit = (map.bytesPerTangent / 2 ** 10).toFixed(0);
  console.log(
    `\n${name} ${map.from.dim} → ${map.to.dim}, bytesPerTangent ${unit} KiB, ${threads} thread(s)\n`,
  );
  console.log(markdownTable(rows));
  await map.dispose();
}

/** Median of three runs, after one that lets the engine's arena grow to this size. */
async function millisecondsOfRun(map, count) {
  const [point, tangents] = inputs(map, count);
  await map.jvp(point, tangents, count);
  const times = [];
  for (let call = 0; call < 3; call++) {
    const before = performance.now();
    await map.jvp(point, tangents, count);
    times.push(performance.now() - before);
  }
  return median(times);
}

function inputs(map, count) {
  const { dim } = map.from;
  return [Float32Array.from(normal(1, 0, dim)), Float32Array.from(normal(2, 0, count * dim))];
}

/** Peak resident memory of a fresh process that makes two runs, since an arena never shrinks. */
function peakMegabytes(name, count) {
  const script = process.argv[1];
  const output = execFileSync(process.execPath, [
    ...[script, "--memory", String(count), "--only", name],
    ...["--threads", String(threads)],
  ]);
  return Number(output);
}

async function printPeak(name, count) {
  const map = await networks.get(name)();
  if (!map) return;
  const [point, tangents] = inputs(map, count);
  for (let call = 0; call < 2; call++) await map.jvp(point, tangents, count);
  console.log(process.resourceUsage().maxRSS / 1024);
}
