// How long it takes to open deep graphs: the model, and the derivatives of both directions, of residual networks of so
// many nodes. Seconds of processor time; opening includes the first product.

import { parseArgs } from "node:util";
import { OnnxMap } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";
import { markdownTable } from "../common/table.mjs";

const WIDTH = 16;
const { values: flags } = parseArgs({
  options: { nodes: { type: "string", default: "2500,5000,10000,20000" } },
});

/** h ↦ h + tanh(h·W + b), one after the other: four nodes each. */
function residualNetwork(nodes) {
  const graph = { name: "deep", nodes: [], initializers: [], valueInfo: [], unknown: [] };
  const node = (opType, inputs, output) =>
    graph.nodes.push({ opType, domain: "", name: "", inputs, outputs: [output], attributes: new Map() });
  const weights = (name, dims, phase) => {
    const count = dims.reduce((a, b) => a * b, 1);
    const values = Float32Array.from(
      { length: count },
      (_, i) => (4 / nodes) * Math.sin(phase + 12.9898 * i),
    );
    graph.initializers.push({ name, dims, dataType: 1, raw: new Uint8Array(values.buffer) });
  };
  let h = "z";
  for (let i = 0; graph.nodes.length < nodes; i++) {
    weights(`w${i}`, [WIDTH, WIDTH], i);
    weights(`b${i}`, [WIDTH], i + 0.5);
    node("MatMul", [h, `w${i}`], `m${i}`);
    node("Add", [`m${i}`, `b${i}`], `a${i}`);
    node("Tanh", [`a${i}`], `t${i}`);
    node("Add", [h, `t${i}`], `h${i}`);
    h = `h${i}`;
  }
  const info = (name) => ({ name, dataType: 1, shape: [1, WIDTH] });
  return {
    ...{ irVersion: 8, producerName: "", producerVersion: "", functions: [], unknown: [] },
    ...{ opsets: new Map([["", 18]]), metadata: new Map(), files: new Map() },
    graph: { ...graph, inputs: [info("z")], outputs: [info(h)] },
  };
}

async function seconds(task) {
  const before = process.cpuUsage();
  const result = await task();
  const { user, system } = process.cpuUsage(before);
  return { result, time: ((user + system) / 1e6).toFixed(1) };
}

const rows = [["nodes", "model", "J·t", "Jᵀ·u", "both, linearised"]];
for (const nodes of flags.nodes.split(",").map(Number)) {
  const runtime = new NodeRuntime({ threads: 1, worker: false, isolate: false });
  const { result: map, time: opened } = await seconds(() => OnnxMap.create(residualNetwork(nodes), runtime));
  const [point, vector] = [0, 1].map((phase) =>
    Float32Array.from({ length: WIDTH }, (_, i) => Math.sin(phase + i)),
  );
  const forward = await seconds(() => map.jvp(point, vector, 1));
  const reverse = await seconds(() => map.vjp(point, vector, 1));
  const linear = await seconds(async () => {
    const at = await map.linearize(point);
    await at.jvp(vector, 1);
    await at.vjp(vector, 1);
  });
  rows.push([nodes, opened, forward.time, reverse.time, linear.time]);
  await map.dispose();
}
console.log(markdownTable(rows));
