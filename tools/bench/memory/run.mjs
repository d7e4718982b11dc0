// What a large model costs in memory: reads an MLP of about 200 MB from a file, differentiates it and computes a
// local basis. Prints the size of the derived graph as an engine is given it, and the resident memory on the way, for
// the engine on a worker thread (the file in shared memory, or not) and on the calling thread. And what the settings of
// the engine cost on a convolutional network: peak memory and time of 128 tangents of a small VAE decoder. And what it
// takes to inspect a StyleGAN2 of 1024², random weights: to open it, infer its shapes and evaluate it once.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { localBasis, samplePoints } from "@vielbein/core";
import {
  DataType,
  decodeModel,
  encodeModel,
  inspect,
  jvp,
  modelSource,
  OnnxMap,
  prepare,
} from "@vielbein/onnx";
import { NodeRuntime, readModelFile } from "@vielbein/runtime-node";
import { projectFile } from "../common/maps.mjs";
import { modelOf } from "../common/model.mjs";
import { stylegan2 } from "../derivatives/networks.mjs";

const [latent, width, layers] = [64, 2600, 8];
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;

function weight(name, rows, cols) {
  const values = new Float32Array(rows * cols);
  for (let i = 0; i < values.length; i++) values[i] = (1.4 * Math.sin(12.9898 * i + rows)) / Math.sqrt(rows);
  return { name, dims: [rows, cols], dataType: DataType.FLOAT, raw: new Uint8Array(values.buffer) };
}

function node(opType, inputs, outputs) {
  return { opType, domain: "", name: outputs[0], inputs, outputs, attributes: new Map() };
}

function mlp() {
  const nodes = [node("Gemm", ["z", "w"], ["h0"])];
  const initializers = [weight("w", latent, width)];
  for (let i = 0; i < layers; i++) {
    initializers.push(weight(`w${i}`, width, width));
    nodes.push(node("Gemm", [`h${i}`, `w${i}`], [`g${i}`]), node("Tanh", [`g${i}`], [`h${i + 1}`]));
  }
  return encodeModel(
    modelOf("mlp", {
      nodes,
      initializers,
      inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", latent] }],
      outputs: [{ name: `h${layers}`, dataType: DataType.FLOAT }],
    }),
  );
}

const ways = {
  "worker, file in shared memory": { worker: true },
  "worker, file in memory of its own, copied for every session": { worker: true, isCopied: true },
  "calling thread": { worker: false },
};

async function largeModel(path, { worker, isCopied = false }) {
  const report = (what) => console.log(`  ${what}: resident ${megabytes(process.memoryUsage().rss)}`);
  report("start");
  const bytes = isCopied ? readFileSync(path) : (await readModelFile(path)).bytes;
  const model = decodeModel(bytes, "mlp.onnx");
  report(`read and decoded ${megabytes(bytes.length)}`);
  const runtime = new NodeRuntime({ threads: 1, worker });
  const derivative = jvp(await prepare(model, runtime));
  report("prepared and differentiated");
  console.log(`  derived graph: ${modelSource(derivative.model).bytes.length} bytes, weights by reference`);
  const map = await OnnxMap.create(model, runtime);
  await localBasis(map, samplePoints(map.from, 0, 0, 1));
  report("local basis computed");
  console.log(`  peak: ${megabytes(1024 * process.resourceUsage().maxRSS)}`);
  await map.dispose();
}

const settings = {
  "extended, arena": {},
  "extended, arena, memory pattern": { memoryPattern: true },
  "extended, no arena": { arena: false },
  "all, arena": { optimization: "all" },
  "all, no arena": { optimization: "all", arena: false },
  "disabled, arena": { optimization: "disabled" },
};

async function convolutions(setting) {
  const file = await readModelFile(projectFile("tools", "bench", "data", "decoder.onnx"));
  const graph = jvp(await prepare(decodeModel(file.bytes, file.name), new NodeRuntime({ threads: 1 })));
  const session = await new NodeRuntime({ threads: 1, ...setting }).createSession(modelSource(graph.model));
  const k = 128;
  const feeds = {
    [graph.input]: { type: "float32", dims: [1, 16], data: new Float32Array(16).fill(0.3) },
    [graph.inputTangent]: { type: "float32", dims: [k, 1, 16], data: new Float32Array(16 * k).fill(0.1) },
  };
  const times = [];
  for (let i = 0; i < 4; i++) {
    const start = performance.now();
    await session.run(feeds, [graph.outputTangent]);
    if (i > 0) times.push(performance.now() - start);
  }
  const peak = megabytes(1024 * process.resourceUsage().maxRSS);
  console.log(`  peak ${peak}, ${Math.min(...times).toFixed(0)} ms`);
}

async function inspection(path) {
  const { bytes, name } = await readModelFile(path);
  const report = await inspect(
    decodeModel(bytes, name),
    new NodeRuntime({ threads: 1, worker: false, isolate: false }),
  );
  const { spaces, differentiability } = report;
  const peak = megabytes(1024 * process.resourceUsage().maxRSS);
  console.log(
    `  ${megabytes(bytes.length)}, ${spaces.length} spaces, ${differentiability.differentiable}: peak ${peak}`,
  );
}

const [, , task, name, path] = process.argv;
if (task === "inspection") await inspection(path);
else if (task === "large") await largeModel(path, ways[name]);
else if (task === "write") writeFileSync(path, encodeModel(stylegan2(1024)));
else if (task === "convolutions") await convolutions(settings[name]);
else {
  // Each in a process of its own, so that neither writing the model nor the others count.
  const { execFileSync } = await import("node:child_process");
  const folder = mkdtempSync(join(tmpdir(), "vielbein-memory-"));
  const run = (...args) => {
    console.log(args[1]);
    execFileSync(process.execPath, [import.meta.filename, ...args], { stdio: "inherit" });
  };
  try {
    // First, because a child starts with its parent's peak.
    for (const setting of Object.keys(settings)) run("convolutions", setting);
    writeFileSync(join(folder, "mlp.onnx"), mlp());
    for (const way of Object.keys(ways)) run("large", way, join(folder, "mlp.onnx"));
    const generator = join(folder, "stylegan2.onnx");
    run("write", "StyleGAN2, 1024²", generator);
    run("inspection", "inspect", generator);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
