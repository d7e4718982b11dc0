// Products of large networks beside torch.func, in one run and in turns: time of a product, and peak of resident memory.
// Each kind of product runs in a fresh process on either side. $PYTHON names an interpreter with torch, onnx and numpy.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { normal } from "@vielbein/linalg";
import { decodeModel, encodeModel, OnnxMap } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";
import { markdownTable, median } from "../common/table.mjs";
import { PythonChild } from "../jacobian/python-child.mjs";
import { networks } from "./networks.mjs";

/** Every so many outputs are compared: all of them would take memory that is measured. */
const stride = 101;

const beside = (name) => fileURLToPath(new URL(name, import.meta.url));
const megabytes = (mib) => `${((mib * 2 ** 20) / 1e6).toFixed(0)} MB`;

/** Prints a table for one of {@link networks}: from its input, which is where both sides start. */
export async function compareProducts(name, { rounds, threads }) {
  const { make, vectors } = networks.get(name);
  const folder = mkdtempSync(join(tmpdir(), "vielbein-bench-"));
  try {
    const path = join(folder, "generator.onnx");
    writeFileSync(path, encodeModel(make()));
    const shape = await inputShape(path);
    const rows = [
      ["", "k", "ours", "torch.func", "time", "ours, in evaluations", "peak, ours", "torch", "memory"],
    ];
    const network = { name, path, shape, threads };
    for (const [kind, k] of [
      ["primal", 1],
      ["jvp", vectors],
      ["vjp", vectors],
    ]) {
      rows.push(await compare(network, kind, k, rounds));
    }
    console.log(
      `\n${name}, ${threads} thread(s), medians of ${rounds}, load ${loadavg()[0].toFixed(1)}; ratios are ours / torch.func\n`,
    );
    console.log(markdownTable(rows));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function inputShape(path) {
  const map = await OnnxMap.create(
    decodeModel(readFileSync(path), "generator.onnx"),
    new NodeRuntime({ threads: 1 }),
    { valuesOnly: true },
  );
  const { shape } = map.from;
  await map.dispose();
  return shape;
}

async function compare({ name, path, shape, threads }, kind, k, rounds) {
  const dim = shape.reduce((product, extent) => product * extent, 1);
  const at = [...normal(1, 0, dim)].map(Math.fround);
  const own = new PythonChild(beside("own_side.mjs"), threads, process.execPath);
  const torch = new PythonChild(beside("../derivatives/torch_side.py"), threads);
  try {
    await torch.ask("start", { threads });
    const { value: theirs } = await torch.ask("load", { network: name, path, point: at, shape, stride });
    const { value: ours } = await own.ask("load", { path, threads, at, stride });
    requireSame(ours, theirs);
    const sides = [own, torch];
    const times = [[], []];
    const evaluations = [];
    for (let round = 0; round < rounds; round++) {
      for (const [i, side] of sides.entries()) {
        const { ms, error } = await side.ask("measure", {
          ...{ kind, k, compiled: false, warmup: round === 0 ? 1 : 0 },
        });
        if (error) throw new Error(error);
        times[i].push(ms);
      }
    }
    const peaks = [(await own.ask("peak")).mib, (await torch.ask("peak")).mib];
    for (let round = 0; round < rounds; round++) {
      evaluations.push((await own.ask("measure", { kind: "primal", k: 1, warmup: 0 })).ms);
    }
    const [mine, other] = times.map(median);
    return [
      ...[kind === "primal" ? "evaluation" : kind, k, `${mine.toFixed(0)} ms`, `${other.toFixed(0)} ms`],
      ...[(mine / other).toFixed(2), (mine / k / median(evaluations)).toFixed(2)],
      ...[...peaks.map(megabytes), (peaks[0] / peaks[1]).toFixed(2)],
    ];
  } finally {
    own.close();
    torch.close();
  }
}

/** Both sides must compute the same network, else their times mean nothing. */
function requireSame(ours, theirs) {
  const difference = Math.hypot(...ours.map((value, i) => value - theirs[i])) / Math.hypot(...theirs);
  if (!(difference < 1e-4)) throw new Error(`torch's output differs from ours by ${difference}`);
}
