// Our side of the products: one JSON command a line on stdin, one JSON line on stdout, as torch_side.py.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { normal } from "@vielbein/linalg";
import { decodeModel, OnnxMap } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";

let map;
let point;
let turn = 0;

const draw = (seed, length) => Float32Array.from(normal(seed, 0, length));

const products = {
  // A point of its own each time: the value at the last one is known and costs nothing.
  primal: () => map.evaluate(draw(1000 + turn++, map.from.dim), 1),
  jvp: (k) => map.jvp(point, draw(k, k * map.from.dim), k),
  vjp: (k) => map.vjp(point, draw(k, k * map.to.dim), k),
};

const commands = {
  async load({ path, threads, at, stride }) {
    // The engine in this process, so that its peak is seen.
    const runtime = new NodeRuntime({ threads, isolate: false, worker: false });
    map = await OnnxMap.create(decodeModel(readFileSync(path), "generator.onnx"), runtime);
    point = Float32Array.from(at);
    const value = await map.evaluate(point, 1);
    return { value: [...value.filter((_, i) => i % stride === 0)] };
  },
  async measure({ kind, k, warmup }) {
    for (let i = 0; i < warmup; i++) await products[kind](k);
    const before = performance.now();
    await products[kind](k);
    return { ms: performance.now() - before };
  },
  peak: () => ({ mib: process.resourceUsage().maxRSS / 1024 }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(await commands[command.command](command))}\n`);
}
process.exit();
