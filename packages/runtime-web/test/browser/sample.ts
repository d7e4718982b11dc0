// A page that computes the Jacobian of the embedded sample by itself, as a user's page would.

import { jacobian, samplePoints } from "@vielbein/core";
import { decodeModel, OnnxMap } from "@vielbein/onnx";
import { WebRuntime } from "../../src/index.ts";

async function sampleJacobian(provider: "webgpu" | "wasm") {
  const response = await fetch("faces.onnx");
  const model = decodeModel(new Uint8Array(await response.arrayBuffer()), "faces.onnx");
  const runtime = await WebRuntime.create({ provider, fallback: false });
  const map = await OnnxMap.create(model, runtime, { portable: true });
  const result = await jacobian(map, samplePoints(map.from, 0, 0, 1));
  await map.dispose();
  const { name } = runtime;
  await runtime.dispose();
  return { result, name };
}

Object.assign(globalThis, { sampleJacobian });
