// Why exactness matters: errors against float64 of our forward Jacobian and of central differences of the
// same float32 network. Needs no Python.
// Usage: node tools/bench/differences/run.mjs

import { readFile } from "node:fs/promises";
import { jacobian } from "@vielbein/core";
import { matrix, normal, svd } from "@vielbein/linalg";
import { readNpz } from "@vielbein/linalg/npy";
import { decodeModel, encodeModel, OnnxMap } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";
import { differenceJacobian } from "../common/float64.mjs";
import { mappingJacobian, mappingLayers, mappingModel } from "../common/mapping-network.mjs";
import { mapOfFile, projectFile, sharedFile } from "../common/maps.mjs";
import { markdownTable } from "../common/table.mjs";

const STEPS = [1, 0.1, 1e-2, 3e-3, 1e-3, 1e-4];
const LEADING = 10;

for (const prepare of [mapping, faces, decoder]) {
  const network = await prepare();
  if (!network) continue;
  console.log(`\n${network.title}\n`);
  console.log(await errors(network));
  await network.map.dispose();
}

async function mapping() {
  const layers = mappingLayers();
  // Through the bytes of a file, as a user's model would come.
  const model = decodeModel(encodeModel(mappingModel(layers)), "mapping.onnx");
  const point = Float32Array.from(normal(1, 0, 512));
  return {
    title: "Mapping network 512 → 512 (LeakyReLU), random weights",
    map: await OnnxMap.create(model, new NodeRuntime()),
    point,
    truth: mappingJacobian(layers, point),
  };
}

async function faces() {
  const [model, golden] = [
    sharedFile("models", "faces_fletcher.onnx"),
    sharedFile("golden", "faces_fletcher.npz"),
  ];
  if (!model || !golden) return undefined;
  const { z, J } = readNpz(await readFile(golden));
  const [, m, n] = J.shape;
  return {
    title: "DCGAN faces 100 → 3072 (LeakyReLU), trained",
    map: await mapOfFile(model),
    point: Float32Array.from(z.data.subarray(0, n)),
    truth: matrix(m, n, J.data.subarray(0, m * n)),
  };
}

async function decoder() {
  const path = projectFile("tools", "bench", "data", "decoder.onnx");
  if (!path) return undefined;
  const map = await mapOfFile(path);
  const point = Float32Array.from(normal(1, 0, map.from.dim));
  return {
    title: `VAE decoder of faces ${map.from.dim} → ${map.to.dim} (smooth), trained`,
    map,
    point,
    truth: differenceJacobian(decodeModel(await readFile(path)), point),
  };
}

async function errors({ map, point, truth }) {
  const rows = [["way", "step", "error of J", `error of σ_1 … σ_${LEADING}`]];
  const exact = svd(truth, { vectors: "none" }).s;
  const add = (way, step, found) => {
    const { s } = svd(found, { vectors: "none" });
    const worst = Math.max(...exact.subarray(0, LEADING).map((value, i) => Math.abs(s[i] / value - 1)));
    rows.push([way, step, distance(found, truth).toExponential(1), worst.toExponential(1)]);
  };
  add("forward (exact)", "–", await jacobian(map, point, { method: "forward" }));
  for (const step of STEPS) {
    add("central difference", step, await jacobian(map, point, { method: "difference", step }));
  }
  return markdownTable(rows);
}

/** ‖a − b‖ / ‖b‖, Frobenius. */
function distance(a, b) {
  let [difference, norm] = [0, 0];
  for (let i = 0; i < b.data.length; i++) {
    difference += (a.data[i] - b.data[i]) ** 2;
    norm += b.data[i] ** 2;
  }
  return Math.sqrt(difference / norm);
}
