// A page that opens a map, as a user's page would, of which WebGPU computes an operator wrongly.

import { decodeModel, OnnxMap } from "@vielbein/onnx";
import { WebRuntime } from "../../src/index.ts";

async function firstColumn(bytes: Uint8Array) {
  const runtime = await WebRuntime.create({ provider: "webgpu" });
  const map = await OnnxMap.create(decodeModel(bytes, "silent.onnx"), runtime);
  const point = Float32Array.from({ length: map.from.dim }, (_, i) => Math.cos(i));
  const tangent = Float32Array.from({ length: map.from.dim }, (_, i) => Number(i === 0));
  const column = await map.jvp(point, tangent, 1);
  const value = await map.evaluate(point, 1);
  await map.dispose();
  const { name, remarks } = runtime;
  await runtime.dispose();
  return { column, value, name, remarks };
}

Object.assign(globalThis, { firstColumn });
