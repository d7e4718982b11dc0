// The process that mutants are tried in. It is sent { bytes } and answers { outcome, detail }; a mutant that ends it is
// told from the others by that.

import { VielbeinError } from "@vielbein/core";
import {
  decodeModel,
  firstAffineMaps,
  inspect,
  layers,
  OnnxMap,
  prepare,
  redrawWeights,
} from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";

// As the command line has it: first contact in a process apart, derivatives on a thread of this one.
const runtime = new NodeRuntime({ threads: 1, trialSeconds: 2 });

/** Largest input and output whose derivative is tried. */
const LARGEST = 4096;

process.on("message", async ({ bytes }) => {
  process.send(await trial(new Uint8Array(Buffer.from(bytes, "base64"))));
});

async function trial(bytes) {
  try {
    return await succeed(bytes);
  } catch (error) {
    if (error instanceof VielbeinError) return { outcome: error.code, detail: error.message };
    return { outcome: "untyped", detail: error?.stack ?? String(error) };
  }
}

async function succeed(bytes) {
  const model = decodeModel(bytes);
  await inspect(model, runtime);
  await optional(() => redrawWeights(model, { kind: "redrawn", seed: 1 }));
  const graph = await prepare(model, runtime);
  layers(graph);
  await optional(() => firstAffineMaps(graph));
  const map = await OnnxMap.create(model, runtime);
  try {
    if (map.from.dim > LARGEST || map.to.dim > LARGEST) return { outcome: "large", detail: "" };
    const result = await agreement(map, 1e-4);
    const isClose = result.outcome === "disagreement" && (await agreement(map, 1e-2)).outcome === "agrees";
    return isClose ? await inDoublePrecision(model, result) : result;
  } finally {
    await map.dispose();
  }
}

/** Where much cancels, single precision leaves few digits: that is no disagreement if double precision has none. */
async function inDoublePrecision(model, result) {
  const map = await OnnxMap.create(model, runtime, { precision: "float64" }).catch((error) => {
    // Without kernels in double precision the result stands.
    if (!(error instanceof VielbeinError)) throw error;
  });
  if (!map) return result;
  try {
    return await agreement(map, 1e-9, Float64Array);
  } finally {
    await map.dispose();
  }
}

/** What may be refused without a word on the rest. */
async function optional(task) {
  try {
    await task();
  } catch (error) {
    if (!(error instanceof VielbeinError)) throw error;
  }
}

/** ⟨u, J·v⟩ = ⟨Jᵀ·u, v⟩, by the derivatives and by the linearisation. */
async function agreement(map, tolerance, Floats = Float32Array) {
  const wave = (n, phase) => Floats.from({ length: n }, (_, i) => 0.5 * Math.sin(phase + 1.3 * i));
  const [point, tangent, cotangent] = [wave(map.from.dim, 1), wave(map.from.dim, 2), wave(map.to.dim, 3)];
  const pushed = await map.jvp(point, tangent, 1);
  const pulled = await map.vjp(point, cotangent, 1);
  const linear = await map.linearize(point);
  const pairs = [
    ["JVP and VJP", dot(cotangent, pushed), dot(pulled, tangent)],
    ["JVP and linearisation", dot(cotangent, await linear.jvp(tangent, 1)), dot(cotangent, pushed)],
    ["VJP and linearisation", dot(await linear.vjp(cotangent, 1), tangent), dot(pulled, tangent)],
  ];
  for (const [what, a, b] of pairs) {
    const size = norm(cotangent) * norm(pushed) + norm(pulled) * norm(tangent);
    if (Math.abs(a - b) <= tolerance * size) continue;
    return { outcome: "disagreement", detail: `${what}: ${a} and ${b}, of size ${size}` };
  }
  return { outcome: "agrees", detail: "" };
}

function dot(a, b) {
  return a.reduce((sum, x, i) => sum + x * b[i], 0);
}

function norm(a) {
  return Math.sqrt(dot(a, a));
}
