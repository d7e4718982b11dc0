// What the leading directions of a large generator cost: five directions of the local basis of StyleGAN2 of 256² and 1024²,
// w → image, and of the decoder of latent diffusion, 4×32×32 → 3×256×256, with seeded random weights. Prints the products
// that it took, processor time, the same as evaluations of the network, and the peak of resident memory above what the
// opened model takes. Then, where $PYTHON names an interpreter, products of each beside torch.func. Each runs in a
// process of its own.
//
//     PYTHON=python3 node tools/bench/large/run.mjs [--rounds 3] [--threads 1] [network ...]

import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { JacobianAt, leadingTriplets, samplePoints } from "@vielbein/core";
import { decodeModel, encodeModel, OnnxMap } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";
import { networks, published } from "./networks.mjs";
import { compareProducts } from "./products.mjs";

const k = 5;
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "3" },
    threads: { type: "string", default: "1" },
    /** Set by this script for its own child. */
    leading: { type: "boolean", default: false },
  },
});

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
const peak = () => 1024 * process.resourceUsage().maxRSS;

/** Processor time of a task, in seconds. */
async function timed(task) {
  const start = process.cpuUsage();
  const result = await task();
  const { user, system } = process.cpuUsage(start);
  return { result, seconds: (user + system) / 1e6 };
}

async function findLeading(name) {
  // One thread, so that processor time is not waiting; in this process, so that its peak is seen.
  const runtime = new NodeRuntime({ threads: 1, isolate: false });
  const { make, from } = networks.get(name);
  const bytes = encodeModel(make());
  const map = await OnnxMap.create(decodeModel(bytes, "generator.onnx"), runtime, { from });
  const point = (index) => samplePoints({ ...map.from, prior: { kind: "normal" } }, 0, index, 1);
  await map.evaluate(point(0), 1);
  const { seconds: evaluation } = await timed(() => map.evaluate(point(1), 1));
  const opened = peak();
  const { result, seconds } = await timed(() => leadingTriplets(JacobianAt.of(map, point(2)), k));
  const { products, route, singularValues, residuals } = result;
  const residual = Math.max(...residuals) / singularValues[0];
  console.log(
    `${name}: ${map.to.dim} × ${map.from.dim}, file ${megabytes(bytes.length)}, one evaluation ${evaluation.toFixed(2)} s`,
  );
  console.log(
    `  ${k} directions: ${products} ${route}, residual ${residual.toExponential(1)} of σ₁, ${seconds.toFixed(1)} s = ${(seconds / evaluation).toFixed(0)} evaluations, ${(seconds / evaluation / products).toFixed(2)} for each product`,
  );
  console.log(`  peak ${megabytes(peak())}, ${megabytes(peak() - opened)} above the opened model`);
  await map.dispose();
  await runtime.dispose();
}

const names = positionals.length > 0 ? positionals : published;
if (flags.leading) await findLeading(names[0]);
else {
  for (const name of names) {
    execFileSync(process.execPath, [import.meta.filename, "--leading", name], { stdio: "inherit" });
    if (!process.env.PYTHON) console.error("torch.func left out: $PYTHON names no interpreter");
    else await compareProducts(name, { rounds: Number(flags.rounds), threads: Number(flags.threads) });
  }
}
