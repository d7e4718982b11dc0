// How long SeFa takes on the weights of published sizes, from the ONNX graph to the directions, beside NumPy: the
// symmetric eigenproblem of AᵀA, and `numpy.linalg.eig` as the authors' program has it.
//
//     PYTHON=path/to/python node tools/bench/sefa/run.mjs [--rounds 7]
//
// Needs Python with numpy for the second half; the first runs without.

import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { factorize, stackWeights } from "@vielbein/core";
import { backend, normal } from "@vielbein/linalg";
import { DataType, firstAffineMaps, prepare } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";
import { modelOf } from "../common/model.mjs";
import { markdownTable, median, quartiles } from "../common/table.mjs";
import { PythonChild } from "../jacobian/python-child.mjs";

const rounds = Number(process.argv[process.argv.indexOf("--rounds") + 1]) || 7;
const dim = 512;

/** Outputs of every style, in order. */
const styles = {
  // Input channels of the 17 convolutions, and of the last map to colours.
  "StyleGAN2 at 1024": [...Array(10).fill(512), 256, 256, 128, 128, 64, 64, 32, 32],
  // Scale and offset for the channels of 18 layers.
  "StyleGAN at 1024": [1024, 512, 256, 128, 64, 32].flatMap((n, i) => Array(i === 0 ? 8 : 2).fill(n)),
};

function model(widths) {
  const tensor = (name, dims, raw, dataType) => ({ name, dims, dataType, raw: new Uint8Array(raw.buffer) });
  const node = (opType, inputs, outputs, attributes = []) => ({
    opType,
    domain: "",
    name: outputs[0],
    inputs,
    outputs,
    attributes: new Map(attributes),
  });
  const nodes = [];
  const initializers = [];
  widths.forEach((width, i) => {
    nodes.push(node("Gather", ["w_plus", `i${i}`], [`w${i}`], [["axis", { type: "int", value: 1 }]]));
    nodes.push(node("Gemm", [`w${i}`, `a${i}`], [`s${i}`], [["transB", { type: "int", value: 1 }]]));
    initializers.push(tensor(`i${i}`, [], BigInt64Array.of(BigInt(i)), DataType.INT64));
    const weights = Float32Array.from(normal(1, i, width * dim));
    initializers.push(tensor(`a${i}`, [width, dim], weights, DataType.FLOAT));
  });
  const parts = widths.map((_, i) => `s${i}`);
  nodes.push(node("Concat", parts, ["styles"], [["axis", { type: "int", value: 1 }]]));
  return modelOf("styles", {
    nodes,
    initializers,
    inputs: [{ name: "w_plus", dataType: DataType.FLOAT, shape: [1, widths.length, dim] }],
    outputs: [{ name: "styles", dataType: DataType.FLOAT }],
  });
}

/** CPU time of all threads: other processes on the machine matter little. */
const milliseconds = (f) => {
  const start = process.cpuUsage();
  const result = f();
  const { user, system } = process.cpuUsage(start);
  return [(user + system) / 1e3, result];
};

const runtime = new NodeRuntime({ threads: 1 });
const python = new PythonChild(fileURLToPath(new URL("numpy_side.py", import.meta.url)), 1);
let isRivalThere = true;

console.log(
  `load ${loadavg()[0].toFixed(2)}; CPU time in ms, median (quartiles); NumPy on one thread, in float32 as published\n`,
);
const rows = [
  ["weights", "assembly", "decomposition", "ours together", "NumPy eigh together", "NumPy eig together"],
];
for (const [name, widths] of Object.entries(styles)) {
  const graph = await prepare(model(widths), runtime);
  const total = widths.reduce((sum, width) => sum + width, 0);
  const times = { assembly: [], decomposition: [], together: [], eigh: [], eig: [] };
  for (let round = 0; round <= rounds; round++) {
    const [assembly, stack] = milliseconds(() =>
      stackWeights(firstAffineMaps(graph).map(({ weight }) => weight)),
    );
    const [decomposition, { eigenvalues }] = milliseconds(() => factorize(stack));
    const trace = eigenvalues.reduce((sum, value) => sum + value, 0);
    if (stack.rows !== total || Math.abs(trace - total) > 1e-9 * total) throw new Error(`trace ${trace}`);
    const rival = isRivalThere
      ? await python.ask("sefa", { widths, dim, eig: round < 3 }).catch((error) => {
          console.error(error.message);
          isRivalThere = false;
        })
      : undefined;
    // The first round warms up.
    if (round === 0) continue;
    times.assembly.push(assembly);
    times.decomposition.push(decomposition);
    times.together.push(assembly + decomposition);
    if (rival) times.eigh.push(rival.eigh);
    if (rival?.eig) times.eig.push(rival.eig);
  }
  const shown = (values) =>
    values.length === 0 ? "–" : `${median(values).toFixed(0)} (${quartiles(values)})`;
  rows.push([`${name}, ${total} × ${dim}`, ...Object.values(times).map(shown)]);
}
python.close();
console.log(markdownTable(rows));
console.log(`\n${backend().name}`);
