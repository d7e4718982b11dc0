// What a large model costs in memory: reads an MLP of about 200 MB from a file, differentiates it and computes a
// local basis. Prints the size of the derived graph as an engine is given it, and the resident memory on the way.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { localBasis, samplePoints } from "@vielbein/core";
import { DataType, decodeModel, encodeModel, jvp, modelSource, OnnxMap, prepare } from "@vielbein/onnx";
import { NodeRuntime, readModelFile } from "@vielbein/runtime-node";

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
  return encodeModel({
    irVersion: 8,
    producerName: "bench",
    producerVersion: "",
    opsets: new Map([["", 17]]),
    metadata: new Map(),
    unknown: [],
    files: new Map(),
    graph: {
      name: "mlp",
      nodes,
      initializers,
      inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", latent] }],
      outputs: [{ name: `h${layers}`, dataType: DataType.FLOAT }],
      valueInfo: [],
      unknown: [],
    },
  });
}

if (process.argv[2]) {
  // In a process of its own, so that writing the model does not count.
  const report = (what) => console.log(`${what}: resident ${megabytes(process.memoryUsage().rss)}`);
  report("start");
  const file = await readModelFile(process.argv[2]);
  const model = decodeModel(file.bytes, file.name);
  report(`read and decoded ${megabytes(file.bytes.length)}`);
  const runtime = new NodeRuntime({ threads: 1 });
  const derivative = jvp(await prepare(model, runtime));
  report("prepared and differentiated");
  console.log(`derived graph: ${modelSource(derivative.model).bytes.length} bytes, weights by reference`);
  const map = await OnnxMap.create(model, runtime);
  await localBasis(map, samplePoints(map.from, 0, 0, 1));
  report("local basis computed");
  await map.dispose();
} else {
  const { execFileSync } = await import("node:child_process");
  const folder = mkdtempSync(join(tmpdir(), "vielbein-memory-"));
  try {
    writeFileSync(join(folder, "mlp.onnx"), mlp());
    execFileSync(process.execPath, [import.meta.filename, join(folder, "mlp.onnx")], { stdio: "inherit" });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
