// Running derived graphs as the engine sees them.

import { readFile } from "node:fs/promises";
import type { RuntimeTensor } from "@vielbein/core/runtime";
import { modelSource } from "../src/file/source.ts";
import { DataType, decodeModel, type Model } from "../src/index.ts";
import { runtime } from "./helpers.ts";
import { pointwise } from "./shared.ts";

/** A graph exported from PyTorch, and the point at which its reference derivatives were taken. */
export async function exported(name: string): Promise<{ model: Model; point: Float32Array }> {
  const file = (suffix: string) => readFile(new URL(`fixtures/${name}${suffix}`, import.meta.url));
  const { z } = pointwise(await file(".npz"));
  return { model: decodeModel(await file("_torchscript.onnx")), point: Float32Array.from(z![0]!) };
}

/** Runs a model once; the shapes of what is fed are those that it declares, an open first extent filled in. */
export async function runGraph(
  model: Model,
  feeds: Readonly<Record<string, Values>>,
): Promise<Record<string, Float32Array>> {
  const session = await runtime.createSession(modelSource(model));
  try {
    const inputs = model.graph.inputs.map(({ name, shape, dataType }): [string, RuntimeTensor] => {
      const values = feeds[name]!;
      const rest = shape!.slice(1).reduce<number>((product, extent) => product * Number(extent), 1);
      const dims = shape!.map((extent) => (typeof extent === "number" ? extent : values.length / rest));
      return [name, tensor(dataType!, dims, values)];
    });
    const results = await session.run(Object.fromEntries(inputs));
    return Object.fromEntries(
      Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]),
    );
  } finally {
    await session.dispose();
  }
}

type Values = ArrayLike<number> | BigInt64Array;

function tensor(dataType: number, dims: number[], values: Values): RuntimeTensor {
  if (values instanceof BigInt64Array) return { type: "int64", dims, data: values };
  if (dataType === DataType.DOUBLE) return { type: "float64", dims, data: Float64Array.from(values) };
  if (dataType === DataType.BOOL) return { type: "bool", dims, data: Uint8Array.from(values) };
  return { type: "float32", dims, data: Float32Array.from(values) };
}
