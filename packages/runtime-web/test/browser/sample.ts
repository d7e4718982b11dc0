// A page that differentiates the embedded sample by itself, as a user's page would.

import { samplePoints } from "@vielbein/core";
import { decodeModel, OnnxMap } from "@vielbein/onnx";
import { WebRuntime } from "../../src/index.ts";

/** The first `count` columns of the Jacobian, one after the other. */
async function sampleColumns(provider: "webgpu" | "wasm", count: number) {
  const response = await fetch("faces.onnx");
  const model = decodeModel(new Uint8Array(await response.arrayBuffer()), "faces.onnx");
  const runtime = await WebRuntime.create({ provider, fallback: false });
  const map = await OnnxMap.create(model, runtime, { to: "image", portable: true });
  const tangents = new Float32Array(count * map.from.dim);
  for (let k = 0; k < count; k++) tangents[k * map.from.dim + k] = 1;
  const columns = await map.jvp(samplePoints(map.from, 0, 0, 1), tangents, count);
  await map.dispose();
  const { name } = runtime;
  await runtime.dispose();
  return { columns, name };
}

Object.assign(globalThis, { sampleColumns });
