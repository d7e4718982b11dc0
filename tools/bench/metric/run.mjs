// The whole LPIPS metric at a point, H = 2·JᵀJ with its eigenvalues, by ours and by PyTorch's ways, in alternating
// turns; what linearisation gains for leading eigenvalues; and peak memory under two budgets. Usage: node
// tools/bench/metric/run.mjs [--rounds 5] [--threads 1] [--only faces|dcgan|memory] [--ways "jvp and vmap,…"]

import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { metricSpectrum } from "@vielbein/core";
import { normal, uniform } from "@vielbein/linalg";
import { chain, decodeModel, encodeModel, OnnxMap } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";
import { sharedFile } from "../common/maps.mjs";
import { markdownTable, median, quartiles } from "../common/table.mjs";
import { dcgan } from "../derivatives/networks.mjs";
import { PythonChild } from "../jacobian/python-child.mjs";

const OURS = "vielbein metricSpectrum";
/** What the published code does. */
const REFERENCES = ["double backward", "Lanczos"];
const WAYS = [...REFERENCES, "jvp and vmap", "jvp of a batch"];
/** A way this many times slower than ours has one turn only. */
const SLOW = 8;
const BUDGETS = { "256M": 2 ** 28, "2G": 2 ** 31 };

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    threads: { type: "string", default: "1" },
    only: { type: "string" },
    /** PyTorch's, of those above. Default: all. */
    ways: { type: "string" },
    /** Set by this script for its own children: the bytes of the budget under which to measure memory. */
    peak: { type: "string" },
  },
});
const [rounds, threads] = [Number(flags.rounds), Number(flags.threads)];
const ways = flags.ways?.split(",") ?? WAYS;
const wants = (name) => !flags.only || flags.only === name;

if (flags.peak) await printPeak(Number(flags.peak));
else {
  // Memory first: a child starts with its parent's peak.
  if (wants("memory")) {
    console.log("\nPeak memory of the full pixel metric, DCGAN 512 → 3 × 256 × 256 (J: 403 MB)\n");
    for (const [name, bytes] of Object.entries(BUDGETS)) {
      process.stdout.write(`budget ${name}: `);
      execFileSync(process.execPath, [import.meta.filename, "--peak", String(bytes)], { stdio: "inherit" });
    }
  }
  if (wants("faces") || wants("dcgan")) await benchmark();
}

async function benchmark() {
  const folder = await mkdtemp(join(tmpdir(), "vielbein-bench-"));
  const python = new PythonChild(fileURLToPath(new URL("torch_side.py", import.meta.url)), threads);
  try {
    const versions = await python.ask("start", { threads });
    for (const network of await networks(folder)) {
      if (!wants(network.key)) continue;
      console.log(`\n${network.title}, ${threads} thread${threads > 1 ? "s" : ""}`);
      console.log(
        `Node ${process.versions.node}, torch ${versions.torch}, ${rounds} rounds, load ${loadavg()[0].toFixed(1)}\n`,
      );
      await compare(network, python);
    }
  } finally {
    python.close();
    await rm(folder, { recursive: true });
  }
}

async function networks(folder) {
  const generated = join(folder, "dcgan.onnx");
  await writeFile(generated, encodeModel(dcgan(512)));
  return [
    {
      key: "faces",
      title: "LPIPS metric of DCGAN faces, 100 → 24768 features of 32 pixels",
      generator: sharedFile("models", "faces_fletcher.onnx"),
      features: sharedFile("models", "lpips_squeeze_feat_32.onnx"),
      point: uniform(1, 0, 100, { low: -1, high: 1 }),
    },
    {
      key: "dcgan",
      title: "LPIPS metric of a DCGAN of random weights, 512 → 118976 features of 64 pixels",
      generator: generated,
      features: sharedFile("models", "lpips_squeeze_feat_64.onnx"),
      point: normal(1, 0, 512),
    },
  ].filter(({ generator, features }) => generator && features);
}

async function compare({ generator, features, point: exact }, python) {
  const point = Float32Array.from(exact);
  const [first, second] = await Promise.all([generator, features].map((path) => readFile(path)));
  const model = chain(decodeModel(first, "generator"), decodeModel(second, "features"));
  const map = await OnnxMap.create(model, new NodeRuntime({ threads }));
  const { value } = await python.ask("load", { generator, features, point: [...point] });
  requireClose(await map.evaluate(point, 1), value, 1e-4);

  let eigenvalues;
  const ours = (options) => async () => {
    const before = process.cpuUsage();
    ({ eigenvalues } = await metricSpectrum(map, point, options));
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  const theirs = (way) => async () => {
    const { ms, eigenvalues: found } = await python.ask("measure", { way });
    requireClose(found, truth, 1e-3);
    return ms;
  };
  const own = ours();
  for (let warmup = 0; warmup < 2; warmup++) await own();
  const truth = Array.from(eigenvalues.slice(0, 8), (x) => 2 * x);
  const entries = [
    { way: OURS, turn: own, times: [] },
    ...ways.map((way) => ({ way: `torch: ${way}`, turn: theirs(way), times: [] })),
  ];
  for (let round = 0; round < rounds; round++) {
    for (const entry of entries) {
      const slow = entry.times[0] > SLOW * median(entries[0].times);
      if (!slow) entry.times.push(await entry.turn());
    }
  }
  const [our, ...others] = entries.map(({ times }) => median(times));
  const published = others.filter((_, i) => REFERENCES.includes(ways[i]));
  const rows = entries.map(({ way, times }) => [
    way,
    median(times).toFixed(0),
    quartiles(times),
    (median(times) / our).toFixed(1),
  ]);
  console.log(markdownTable([["way", "median ms of processor time", "quartiles", "times ours"], ...rows]));
  if (published.length > 0) {
    console.log(`\nthe published code's way / ours: ${(Math.min(...published) / our).toFixed(1)}`);
  }
  console.log(`fastest of theirs / ours: ${(Math.min(...others) / our).toFixed(1)}`);
  await compareLinearisation(map, point);
  await map.dispose();
}

/** Ten leading eigenvalues, with the network run once and with every product. */
async function compareLinearisation(map, point) {
  const plain = {
    from: map.from,
    to: map.to,
    bytesPerTangent: map.bytesPerTangent,
    jvp: (...args) => map.jvp(...args),
    vjp: (...args) => map.vjp(...args),
  };
  const times = { linearised: [], plain: [] };
  for (let round = 0; round <= rounds; round++) {
    for (const [name, used] of Object.entries({ linearised: map, plain })) {
      const before = process.cpuUsage();
      await metricSpectrum(used, point, { k: 10 });
      const { user, system } = process.cpuUsage(before);
      // The first opens the sessions.
      if (round > 0) times[name].push((user + system) / 1000);
    }
  }
  const [linearised, direct] = [median(times.linearised), median(times.plain)];
  console.log(
    `ten leading eigenvalues: ${linearised.toFixed(0)} ms linearised, ${direct.toFixed(0)} ms otherwise, ratio ${(direct / linearised).toFixed(2)}`,
  );
}

async function printPeak(memoryBudget) {
  const map = await OnnxMap.create(dcgan(512, [512, 256, 128, 64, 32, 16]), new NodeRuntime({ threads }), {
    memoryBudget,
  });
  const point = Float32Array.from(normal(1, 0, 512));
  await map.evaluate(point, 1);
  const before = process.memoryUsage().rss;
  const start = performance.now();
  const { method } = await metricSpectrum(map, point, { memoryBudget });
  const seconds = (performance.now() - start) / 1000;
  const peak = 1024 * process.resourceUsage().maxRSS;
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
  console.log(
    `peak ${megabytes(peak)}, ${megabytes(peak - before)} above the loaded model, ${seconds.toFixed(0)} s (${method})`,
  );
  await map.dispose();
}

/** Both sides must compute the same, else their times mean nothing. */
function requireClose(found, expected, tolerance) {
  const norm = (values) => Math.hypot(...values);
  const count = Math.min(found.length, expected.length);
  const difference = norm(Array.from({ length: count }, (_, i) => found[i] - expected[i])) / norm(expected);
  if (!(difference < tolerance)) throw new Error(`The two sides' results differ by ${difference}.`);
}
