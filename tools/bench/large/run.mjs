// What the leading directions of a large generator cost: five directions of the local basis, w → image, of StyleGAN2 of 256²
// and 1024² with seeded random weights, whose spectra fall more slowly than those of trained ones. Prints the products
// that it took, processor time, the same as evaluations of the network, and the peak of resident memory above what the
// opened model takes. Each size runs in a process of its own.
//
//     node tools/bench/large/run.mjs [256] [1024]

import { execFileSync } from "node:child_process";
import { JacobianAt, leadingTriplets, samplePoints } from "@vielbein/core";
import { decodeModel, encodeModel, OnnxMap } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";
import { stylegan2 } from "../derivatives/networks.mjs";

const [k, w] = [5, "t28"];

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
const peak = () => 1024 * process.resourceUsage().maxRSS;

/** Processor time of a task, in seconds. */
async function timed(task) {
  const start = process.cpuUsage();
  const result = await task();
  const { user, system } = process.cpuUsage(start);
  return { result, seconds: (user + system) / 1e6 };
}

async function measure(size) {
  // One thread, so that processor time is not waiting; in this process, so that its peak is seen.
  const runtime = new NodeRuntime({ threads: 1, isolate: false });
  const bytes = encodeModel(stylegan2(size));
  const map = await OnnxMap.create(decodeModel(bytes, "stylegan2.onnx"), runtime, { from: w });
  const point = (index) => samplePoints({ ...map.from, prior: { kind: "normal" } }, 0, index, 1);
  await map.evaluate(point(0), 1);
  const { seconds: evaluation } = await timed(() => map.evaluate(point(1), 1));
  const opened = peak();
  const { result, seconds } = await timed(() => leadingTriplets(JacobianAt.of(map, point(2)), k));
  const { products, route, singularValues, residuals } = result;
  const residual = Math.max(...residuals) / singularValues[0];
  console.log(
    `${size}²: ${map.to.dim} × ${map.from.dim}, file ${megabytes(bytes.length)}, one evaluation ${evaluation.toFixed(2)} s`,
  );
  console.log(
    `  ${k} directions: ${products} ${route}, residual ${residual.toExponential(1)} of σ₁, ${seconds.toFixed(1)} s = ${(seconds / evaluation).toFixed(0)} evaluations, ${(seconds / evaluation / products).toFixed(2)} for each product`,
  );
  console.log(`  peak ${megabytes(peak())}, ${megabytes(peak() - opened)} above the opened model`);
  await map.dispose();
  await runtime.dispose();
}

const sizes = process.argv.slice(2).map(Number);
if (sizes.length === 1) await measure(sizes[0]);
else {
  for (const size of sizes.length > 0 ? sizes : [256, 1024]) {
    execFileSync(process.execPath, [import.meta.filename, String(size)], { stdio: "inherit" });
  }
}
