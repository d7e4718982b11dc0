// Derivatives on a graphics processor: for a person who has one to run once. Prints provider and card, times of an evaluation
// and of products on it and on the CPU, how far the results differ, and, where $PYTHON names an interpreter with torch, the
// times of torch.func on the same card. Providers that do not start are named with the reason.
//
//     PYTHON=python3 node tools/bench/gpu/run.mjs [--provider cuda,webgpu] [--rounds 5] [network ...]

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { normal } from "@vielbein/linalg";
import { decodeModel, encodeModel, OnnxMap } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";
import { markdownTable, median } from "../common/table.mjs";
import { PythonChild } from "../jacobian/python-child.mjs";
import { networks } from "../large/networks.mjs";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    provider: { type: "string", default: "cuda,webgpu" },
    rounds: { type: "string", default: "5" },
  },
});
const rounds = Number(flags.rounds);
const names = positionals.length > 0 ? positionals : ["stylegan2-64", "stylegan2-256", "latent-decoder-64"];

const draw = (seed, length) => Float32Array.from(normal(seed, 0, length));
const torchSide = fileURLToPath(new URL("../derivatives/torch_side.py", import.meta.url));

function card() {
  const query = ["--query-gpu=name,driver_version", "--format=csv,noheader"];
  const { status, stdout } = spawnSync("nvidia-smi", query, { encoding: "utf8" });
  return status === 0 ? stdout.trim() : "no card that nvidia-smi knows";
}

/** A map on a runtime, and what is measured of it: each call at a point of its own, whose value is not known. */
async function side(path, runtime, vectors) {
  const map = await OnnxMap.create(decodeModel(readFileSync(path), "generator.onnx"), runtime);
  const point = draw(1, map.from.dim);
  let turn = 0;
  return {
    map,
    evaluation: () => map.evaluate(draw(1000 + turn++, map.from.dim), 1),
    value: () => map.evaluate(point, 1),
    jvp: () => map.jvp(point, draw(vectors, vectors * map.from.dim), vectors),
    vjp: () => map.vjp(point, draw(vectors, vectors * map.to.dim), vectors),
  };
}

/** Milliseconds, the median of the rounds after one that does not count. */
async function timed(call) {
  const times = [];
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now();
    await call();
    if (round > 0) times.push(performance.now() - start);
  }
  return median(times);
}

function difference(a, b) {
  return Math.hypot(...a.map((x, i) => x - b[i])) / Math.hypot(...b);
}

/** Every so many of long results are compared. */
const some = (values) => [...values.filter((_, i) => i % Math.ceil(values.length / 50_000) === 0)];

async function torchTimes(name, path, { shape, dim }, vectors) {
  if (!process.env.PYTHON) return { reason: "$PYTHON names no interpreter" };
  const child = new PythonChild(torchSide, cpus().length);
  try {
    const { cuda } = await child.ask("start", { threads: cpus().length, device: "cuda" });
    if (!cuda) return { reason: "torch finds no card" };
    await child.ask("load", { network: name, path, point: [...draw(1, dim)], shape, stride: 101 });
    const times = {};
    for (const [row, kind, k] of [
      ["evaluation", "primal", 1],
      ["jvp", "jvp", vectors],
      ["vjp", "vjp", vectors],
    ]) {
      const all = [];
      for (let round = 0; round < rounds; round++) {
        const { ms, error } = await child.ask("measure", {
          ...{ kind, k, compiled: false, warmup: round === 0 ? 1 : 0 },
        });
        if (error) return { reason: error };
        all.push(ms);
      }
      times[row] = median(all);
    }
    return { times };
  } catch (error) {
    return { reason: error.message };
  } finally {
    child.close();
  }
}

async function compare(name, provider, folder) {
  const { make, vectors } = networks.get(name);
  const path = join(folder, `${name}.onnx`);
  writeFileSync(path, encodeModel(make()));
  const runtimes = [await NodeRuntime.create({ providers: [provider] }), new NodeRuntime()];
  const [gpu, cpu] = await Promise.all(runtimes.map((runtime) => side(path, runtime, vectors)));
  const torch = await torchTimes(name, path, gpu.map.from, vectors);
  const rows = [["", "k", provider, "cpu", "torch.func", "differs from cpu by"]];
  for (const kind of ["evaluation", "jvp", "vjp"]) {
    const of = kind === "evaluation" ? "value" : kind;
    const error = difference(some(await gpu[of]()), some(await cpu[of]()));
    const [own, other] = [await timed(gpu[kind]), await timed(cpu[kind])];
    const theirs = torch.times ? `${torch.times[kind].toFixed(1)} ms` : "–";
    const k = kind === "evaluation" ? 1 : vectors;
    rows.push([kind, k, `${own.toFixed(1)} ms`, `${other.toFixed(1)} ms`, theirs, error.toExponential(1)]);
  }
  console.log(`\n${name} on ${provider}, medians of ${rounds}\n\n${markdownTable(rows)}`);
  if (torch.reason) console.log(`\ntorch.func left out: ${torch.reason}`);
  for (const { map } of [gpu, cpu]) await map.dispose();
  for (const runtime of runtimes) await runtime.dispose();
}

const folder = mkdtempSync(join(tmpdir(), "vielbein-bench-"));
try {
  console.log(`${card()}; ${cpus()[0]?.model}, ${cpus().length} threads`);
  for (const provider of flags.provider.split(",")) {
    const problem = await NodeRuntime.create({ providers: [provider] }).then(
      (runtime) => runtime.dispose(),
      (error) => error.message,
    );
    if (problem) console.log(`\n${provider} left out: ${problem}`);
    else for (const name of names) await compare(name, provider, folder);
  }
} finally {
  rmSync(folder, { recursive: true });
}
