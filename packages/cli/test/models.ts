// Small models for the command line tests, written as graphs.

import { normal } from "@vielbein/linalg";
import {
  type Attribute,
  DataType,
  encodeModel,
  type Graph,
  type Model,
  type Node,
  type Tensor,
} from "@vielbein/onnx";

export function node(
  opType: string,
  inputs: string[],
  outputs: string[],
  attributes: Record<string, Attribute> = {},
  domain = "",
): Node {
  return {
    opType,
    domain,
    name: `${opType.toLowerCase()}_${outputs[0]}`,
    inputs,
    outputs,
    attributes: new Map(Object.entries(attributes)),
  };
}

export function floats(name: string, dims: number[], seed = 1): Tensor {
  const count = dims.reduce((product, extent) => product * extent, 1);
  const values = Float32Array.from(normal(seed, 0, count), (x) => 0.5 * x);
  return { name, dims, dataType: DataType.FLOAT, raw: new Uint8Array(values.buffer) };
}

export function int64s(name: string, values: number[]): Tensor {
  const data = BigInt64Array.from(values, BigInt);
  return { name, dims: [values.length], dataType: DataType.INT64, raw: new Uint8Array(data.buffer) };
}

export function model(graph: Partial<Graph>, changes: Partial<Model> = {}): Model {
  return {
    irVersion: 8,
    producerName: "test",
    producerVersion: "",
    opsets: new Map([["", 17]]),
    metadata: new Map(),
    graph: {
      name: "g",
      nodes: [],
      initializers: [],
      inputs: [],
      outputs: [],
      valueInfo: [],
      unknown: [],
      ...graph,
    },
    unknown: [],
    files: new Map(),
    ...changes,
  };
}

/** z [n, 4] → hidden [n, 16] → image [n, 3, 8, 8] in (0, 1); `tail` nodes may follow, writing `out`. */
export function generator(tail: Node[] = [], out = "image", outType: number = DataType.FLOAT): Model {
  return model({
    nodes: [
      node("Gemm", ["z", "w1", "b1"], ["pre"]),
      node("Tanh", ["pre"], ["hidden"]),
      node("Gemm", ["hidden", "w2"], ["flat"]),
      node("Sigmoid", ["flat"], ["pixels"]),
      node("Reshape", ["pixels", "shape"], ["image"]),
      ...tail,
    ],
    initializers: [
      floats("w1", [4, 16]),
      floats("b1", [16], 2),
      floats("w2", [16, 192], 3),
      int64s("shape", [-1, 3, 8, 8]),
    ],
    inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 4] }],
    outputs: [{ name: out, dataType: outType }],
  });
}

export const generatorBytes: Uint8Array = encodeModel(generator());
