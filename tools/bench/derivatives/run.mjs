// What k derivatives cost beside one evaluation, ours and others', in alternating turns. Usage: node
// tools/bench/derivatives/run.mjs [--rounds 5] [--threads 1] [--counts 1,4,16] [--only dcgan-64,…] [--memory]

import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { normal } from "@vielbein/linalg";
import { encodeModel, OnnxMap } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";
import { markdownTable, median, quartiles } from "../common/table.mjs";
import { PythonChild } from "../jacobian/python-child.mjs";
import { JaxSide } from "./jax-side.mjs";
import { dcgan, stylegan2 } from "./networks.mjs";

const networks = new Map([
  ["dcgan-64", dcgan],
  ["stylegan2-64", () => stylegan2(64)],
  ["stylegan2-256", () => stylegan2(256)],
]);
/** Both engines' thread pools spin for a while after their last work; the other side waits that out. */
const QUIET_MS = 60;
const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    threads: { type: "string", default: "1" },
    counts: { type: "string", default: "1,4,16" },
    only: { type: "string" },
    /** Also the peak of resident memory, in a fresh process for each. */
    memory: { type: "boolean", default: false },
    /** Bytes that a run should keep to. */
    budget: { type: "string", default: String(2 ** 31) },
    /** Set by this script for its own child, which measures memory: what it runs. */
    peak: { type: "string" },
  },
});
const [rounds, threads, memoryBudget] = [flags.rounds, flags.threads, flags.budget].map(Number);
const counts = flags.counts.split(",").map(Number);
/** Vectors by seed and length. */
const drawn = new Map();
const chosen = flags.only?.split(",") ?? [...networks.keys()];

if (flags.peak) await printPeak(chosen[0], flags.peak, counts[0]);
else {
  // Memory first: a child starts with its parent's peak, so the parent must still be small.
  const peaks = new Map(flags.memory ? chosen.map((name) => [name, peaksOf(name)]) : []);
  for (const name of chosen) await benchmark(name, peaks.get(name));
}

function open(model) {
  return OnnxMap.create(model, new NodeRuntime({ threads }), { memoryBudget });
}

async function benchmark(name, peaks) {
  const folder = await mkdtemp(join(tmpdir(), "vielbein-bench-"));
  try {
    const model = networks.get(name)();
    const path = join(folder, `${name}.onnx`);
    await writeFile(path, encodeModel(model));
    const map = await open(model);
    const sides = [ours(map), ...(await torchSides(name, path, map)), ...(await jaxSides(path, map))];
    console.log(`\n${name}, ${threads} thread(s), ${rounds} rounds, load ${loadavg()[0].toFixed(1)}\n`);
    console.log(markdownTable(await table(sides)));
    for (const line of peaks ?? []) console.log(line);
    for (const side of sides) await side.close();
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Medians; the ratio is that of a tangent's share to one evaluation by the same side. */
async function table(sides) {
  const entries = sides.flatMap((side) =>
    [["primal", 1], ...["jvp", "vjp"].flatMap((kind) => counts.map((k) => [kind, k]))].map(([kind, k]) => ({
      ...{ side, kind, k, times: [] },
    })),
  );
  for (let round = 0; round < rounds; round++) {
    for (const entry of entries) {
      if (entry.error) continue;
      await pause(QUIET_MS);
      const { ms, error } = await entry.side.measure(entry.kind, entry.k, round === 0 ? 1 : 0);
      if (error) entry.error = error;
      else entry.times.push(ms);
    }
  }
  const rows = [["side", "what", "k", "median ms", "quartiles", "per vector / primal"]];
  for (const { side, kind, k, times, error } of entries) {
    const primal = median(entries.find((entry) => entry.side === side && entry.kind === "primal").times);
    const ratio = kind === "primal" ? "" : (median(times) / k / primal).toFixed(2);
    const cells = error ? [error, "", ""] : [median(times).toFixed(1), quartiles(times), ratio];
    rows.push([side.name, kind, kind === "primal" ? "" : k, ...cells]);
  }
  return rows;
}

function ours(map) {
  let turn = 0;
  const call = {
    // A point of its own each time: the value at the last one is known and costs nothing.
    primal: () => map.evaluate(vectors(1000 + turn++, map.from.dim), 1),
    jvp: (k) => map.jvp(point(map), vectors(k, k * map.from.dim), k),
    vjp: (k) => map.vjp(point(map), vectors(k, k * map.to.dim), k),
  };
  return {
    name: "vielbein",
    close: () => map.dispose(),
    measure: async (kind, k, warmup) => {
      for (let i = 0; i < warmup; i++) await call[kind](k);
      const before = performance.now();
      await call[kind](k);
      return { ms: performance.now() - before };
    },
  };
}

/** Normal numbers, drawn once, so that drawing is not timed. */
function vectors(seed, length) {
  const key = `${seed} ${length}`;
  if (!drawn.has(key)) drawn.set(key, Float32Array.from(normal(seed, 0, length)));
  return drawn.get(key);
}

function point(map) {
  return vectors(1, map.from.dim);
}

/** PyTorch with and without compilation, where $PYTHON names an interpreter. */
async function torchSides(name, path, map) {
  if (!process.env.PYTHON) {
    console.error("torch left out: $PYTHON names no interpreter");
    return [];
  }
  const python = new PythonChild(fileURLToPath(new URL("torch_side.py", import.meta.url)), threads);
  await python.ask("start", { threads });
  const { value } = await python.ask("load", { network: name, path, point: [...point(map)] });
  requireSame("torch", await map.evaluate(point(map), 1), value);
  return [false, true].map((compiled) => ({
    name: compiled ? "torch.compile" : "torch",
    close: () => python.close(),
    measure: (kind, k, warmup) => python.ask("measure", { kind, k, compiled, warmup }),
  }));
}

/** jax-js, where $VIELBEIN_JAX_JS names a folder in which its packages are installed. */
async function jaxSides(path, map) {
  try {
    const side = await JaxSide.open(process.env.VIELBEIN_JAX_JS, path, map.from.dim, map.to.dim);
    requireSame("jax-js", await map.evaluate(point(map), 1), await side.value(point(map)));
    return [side];
  } catch (error) {
    console.error(`jax-js left out: ${error.message}`);
    return [];
  }
}

/** All sides must compute the same network, else their times mean nothing. */
function requireSame(other, ours, theirs) {
  const norm = Math.hypot(...theirs);
  const difference = Math.hypot(...Array.from(ours, (value, i) => value - theirs[i])) / norm;
  if (!(difference < 1e-4)) throw new Error(`its output differs from ours by ${difference} (${other})`);
}

/** Lines on the peak of resident memory of fresh processes over that of one evaluation, which holds the weights. */
function peaksOf(name) {
  const peak = (kind, k) => {
    const options = ["--peak", kind, "--counts", String(k), "--only", name, "--threads", flags.threads];
    const script = [process.argv[1], ...options, "--budget", flags.budget];
    return Number(execFileSync(process.execPath, script));
  };
  const primal = peak("primal", 1);
  const budget = (memoryBudget / 2 ** 20).toFixed(0);
  return ["jvp", "vjp"].flatMap((kind) =>
    counts.map((k) => {
      const over = peak(kind, k) - primal;
      return `${kind}, k = ${k}: ${over.toFixed(0)} MiB over the evaluation's ${primal.toFixed(0)} MiB; budget ${budget} MiB`;
    }),
  );
}

async function printPeak(name, kind, k) {
  const map = await open(networks.get(name)());
  await ours(map).measure(kind, k, 1);
  console.log(process.resourceUsage().maxRSS / 1024);
  await map.dispose();
  process.exit();
}
