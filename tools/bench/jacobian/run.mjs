// Full Jacobians: ours (ONNX Runtime, forward mode) beside PyTorch's ways, in alternating turns.
// Usage: node tools/bench/jacobian/run.mjs [--rounds 15] [--threads 1,2] [--only mapping|faces]

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { jacobian } from "@vielbein/core";
import { normal, uniform } from "@vielbein/linalg";
import { mapOfFile, sharedFile } from "../common/maps.mjs";
import { markdownTable, median, quartiles } from "../common/table.mjs";
import { PythonChild } from "./python-child.mjs";

const OURS = "vielbein jacobian";
const WAYS = ["jacfwd", "jacrev", "batched backward"];
/** One backward pass per output: left out where the outputs are thousands. */
const LOOP = "reverse loop";
/** A way this many times slower than ours is timed in `FEW` rounds only, a single call each. */
const SLOW = 5;
const FEW = 3;
/** Both engines' thread pools spin for a while after their last work; the other side waits that out. */
const QUIET_MS = 60;

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "15" },
    threads: { type: "string", default: "1,2" },
    only: { type: "string" },
  },
});
const rounds = Number(flags.rounds);
const folder = await mkdtemp(join(tmpdir(), "vielbein-bench-"));
try {
  for (const threads of flags.threads.split(",").map(Number)) await benchmark(threads);
} finally {
  await rm(folder, { recursive: true });
}

async function benchmark(threads) {
  const python = new PythonChild(fileURLToPath(new URL("torch_side.py", import.meta.url)), threads);
  try {
    const versions = await python.ask("start", { threads });
    for (const network of await networks(python)) {
      if (flags.only && flags.only !== network.key) continue;
      const map = await mapOfFile(network.path, { threads });
      console.log(`\n${network.title}, ${threads} thread${threads > 1 ? "s" : ""}`);
      console.log(
        `Node ${process.versions.node}, torch ${versions.torch}, ${rounds} rounds, load ${loadavg()[0].toFixed(1)}\n`,
      );
      console.log(await compare(map, network, python));
      await map.dispose();
    }
  } finally {
    python.close();
  }
}

async function networks(python) {
  const mapping = join(folder, "mapping.onnx");
  await python.ask("export", { path: mapping });
  const faces = sharedFile("models", "faces_fletcher.onnx");
  return [
    {
      key: "mapping",
      title: "Mapping network 512 → 512",
      path: mapping,
      point: normal(1, 0, 512),
      ways: [...WAYS, LOOP],
    },
    {
      key: "faces",
      title: "DCGAN faces 100 → 3072",
      path: faces,
      point: uniform(1, 0, 100, { low: -1, high: 1 }),
      ways: WAYS,
    },
  ].filter(({ path }) => path);
}

async function compare(map, { key, path, point: exact, ways }, python) {
  const point = Float32Array.from(exact);
  const { value } = await python.ask("load", { network: key, path, point: [...point] });
  requireSame(await map.evaluate(point, 1), value);

  let result;
  const ours = async (calls, warmup) => {
    const times = [];
    for (let call = 0; call < calls + warmup; call++) {
      const before = performance.now();
      result = await jacobian(map, point);
      if (call >= warmup) times.push(performance.now() - before);
    }
    return times;
  };
  const theirs = async (way, calls, warmup) => (await python.ask("measure", { way, calls, warmup })).ms;

  const reference = Math.min(...(await ours(5, 3)));
  const entries = [{ way: OURS, times: [], turn: ours, slow: false }];
  for (const way of ways) {
    const first = Math.min(...(await theirs(way, 2, 1)));
    const { error } = await python.ask("error");
    const slow = first > SLOW * reference;
    entries.push({ way, times: [], slow, error, turn: (calls, warmup) => theirs(way, calls, warmup) });
  }
  for (let round = 0; round < rounds; round++) {
    for (const entry of entries) {
      if (entry.slow && round >= FEW) continue;
      await pause(QUIET_MS);
      entry.times.push(...(await (entry.slow ? entry.turn(1, 0) : entry.turn(3, 1))));
    }
  }
  const file = join(folder, "jacobian.f64");
  await writeFile(file, result.data);
  entries[0].error = (await python.ask("error", { path: file })).error;
  return table(entries);
}

/** Medians, and the best call: the nearer to the median, the quieter the machine was. */
function table(entries) {
  const rows = entries.map((entry) => ({
    ...entry,
    ms: median(entry.times),
    best: Math.min(...entry.times),
  }));
  const [ours, ...theirs] = rows;
  const ratios = (key, other) => (ours[key] / other[key]).toFixed(2);
  const fastest = (key) => theirs.reduce((least, row) => (row[key] < least[key] ? row : least));
  const cells = ({ way, ms, best, times, error }) => [
    way === OURS ? way : `torch: ${way}`,
    ms.toFixed(1),
    quartiles(times),
    best.toFixed(1),
    error.toExponential(1),
  ];
  const header = ["way", "median ms", "quartiles", "best ms", "error", "ours / theirs", "… by the best"];
  const body = theirs.map((row) => [...cells(row), ratios("ms", row), ratios("best", row)]);
  const summary = `ours / fastest of theirs: ${ratios("ms", fastest("ms"))} (by the best ${ratios("best", fastest("best"))})`;
  return `${markdownTable([header, [...cells(ours), "", ""], ...body])}\n\n${summary}`;
}

/** Both sides must compute the same network, else their times mean nothing. */
function requireSame(ours, theirs) {
  const norm = (values) => Math.hypot(...values);
  const difference = norm(Array.from(ours, (value, i) => value - theirs[i])) / norm(theirs);
  if (!(difference < 1e-5)) throw new Error(`The two sides' outputs differ by ${difference}.`);
}
