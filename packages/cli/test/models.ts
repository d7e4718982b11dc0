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

export function floats(name: string, dims: number[], seed = 1, scale = 0.5): Tensor {
  const count = dims.reduce((product, extent) => product * extent, 1);
  const values = Float32Array.from(normal(seed, 0, count), (x) => scale * x);
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

/**
 * z [n, 4], normalised → mapped → w [n, 6] → two styles that scale a learned `constant` [n, 3] → hidden → image
 * [n, 3, 4, 4]: as style-based generators are built.
 */
export function styled(changes: Partial<Model> = {}): Model {
  return model(
    {
      nodes: [
        node("Mul", ["z", "z"], ["squares"]),
        node("ReduceMean", ["squares"], ["mean"], {
          axes: { type: "ints", value: [1] },
        }),
        node("Sqrt", ["mean"], ["length"]),
        node("Div", ["z", "length"], ["normalized"]),
        node("Gemm", ["normalized", "m1", "b1"], ["mapped"]),
        node("LeakyRelu", ["mapped"], ["active"]),
        node("Gemm", ["active", "m2", "b2"], ["w"]),
        node("Gemm", ["w", "s1", "one3"], ["style1"]),
        node("Gemm", ["w", "s2", "one5"], ["style2"]),
        node("Identity", ["learned"], ["constant"]),
        node("Mul", ["style1", "constant"], ["scaled"]),
        node("Gemm", ["scaled", "c1"], ["pre"]),
        node("Tanh", ["pre"], ["features"]),
        node("Mul", ["style2", "features"], ["hidden"]),
        node("Gemm", ["hidden", "c2"], ["flat"]),
        node("Tanh", ["flat"], ["pixels"]),
        node("Reshape", ["pixels", "shape"], ["image"]),
      ],
      initializers: [
        floats("m1", [4, 6]),
        floats("b1", [6], 2),
        floats("m2", [6, 6], 3),
        floats("b2", [6], 4),
        floats("s1", [6, 3], 5),
        floats("one3", [3], 6),
        floats("s2", [6, 5], 7),
        floats("one5", [5], 8),
        floats("learned", [1, 3], 9),
        floats("c1", [3, 5], 10),
        floats("c2", [5, 48], 11),
        int64s("shape", [-1, 3, 4, 4]),
      ],
      inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 4] }],
      outputs: [{ name: "image", dataType: DataType.FLOAT }],
    },
    changes,
  );
}

/** z [n, 4] → x [n, ...shape] in (−1, 1). */
export function shaped(shape: readonly number[], metadata: Readonly<Record<string, string>> = {}): Model {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return model(
    {
      nodes: [
        node("Gemm", ["z", "w"], ["flat"]),
        node("Tanh", ["flat"], ["bent"]),
        node("Reshape", ["bent", "shape"], ["x"]),
      ],
      initializers: [floats("w", [4, size]), int64s("shape", [-1, ...shape])],
      inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 4] }],
      outputs: [{ name: "x", dataType: DataType.FLOAT }],
    },
    { metadata: new Map(Object.entries(metadata)) },
  );
}

export const generatorBytes: Uint8Array = encodeModel(generator());

/** z [1, 5] → w [1, 4] → w_plus [1, 3, 4] → three styles → image [1, 1, side, side]: a code for each layer. */
export function layered(side = 4): Model {
  return model({
    nodes: [
      node("Gemm", ["z", "m"], ["mixed"]),
      node("Tanh", ["mixed"], ["w"]),
      node("Unsqueeze", ["w", "axis"], ["w3"]),
      node("Expand", ["w3", "plus"], ["w_plus"]),
      ...[0, 1, 2].flatMap((i) => [
        node("Gather", ["w_plus", `i${i}`], [`code${i}`], { axis: { type: "int", value: 1 } }),
        node("Squeeze", [`code${i}`, "axis"], [`row${i}`]),
        node("Gemm", [`row${i}`, `a${i}`], [`style${i}`]),
        node("Sigmoid", [`style${i}`], [`bent${i}`]),
      ]),
      node("Concat", ["bent0", "bent1", "bent2"], ["styles"], { axis: { type: "int", value: 1 } }),
      node("Gemm", ["styles", "out"], ["flat"]),
      node("Reshape", ["flat", "shape"], ["image"]),
    ],
    initializers: [
      floats("m", [5, 4], 1),
      int64s("axis", [1]),
      int64s("plus", [1, 3, 4]),
      ...[0, 1, 2].flatMap((i) => [int64s(`i${i}`, [i]), floats(`a${i}`, [4, 6], 10 + i)]),
      floats("out", [18, side * side], 20),
      int64s("shape", [-1, 1, side, side]),
    ],
    inputs: [{ name: "z", dataType: DataType.FLOAT, shape: [1, 5] }],
    outputs: [{ name: "image", dataType: DataType.FLOAT }],
  });
}

export const layeredBytes: Uint8Array = encodeModel(layered());

/**
 * z [1, latent] → image [1, 3, side, side], side = 8·2^levels: `depth` convolutions of `channels` channels at every size, whose
 * activations have all to be kept for the derivative.
 */
export function pyramid(latent: number, channels: number, levels: number, depth: number): Model {
  const side = 8 << levels;
  const nodes = [node("MatMul", ["z", "w"], ["flat"]), node("Reshape", ["flat", "shape"], ["x"])];
  const initializers = [
    floats("w", [latent, 64 * channels], 1, latent ** -0.5),
    int64s("shape", [1, channels, 8, 8]),
    {
      name: "scales",
      dims: [4],
      dataType: DataType.FLOAT,
      raw: new Uint8Array(Float32Array.of(1, 1, 2, 2).buffer),
    },
  ];
  let x = "x";
  for (let level = 0; level < levels; level++) {
    nodes.push(node("Resize", [x, "", "scales"], [`up${level}`]));
    x = `up${level}`;
    for (let i = 0; i < depth; i++) {
      const name = `${level}_${i}`;
      const scale = 1.5 * (9 * channels) ** -0.5;
      initializers.push(floats(`c${name}`, [channels, channels, 3, 3], nodes.length, scale));
      nodes.push(
        node("Conv", [x, `c${name}`], [`y${name}`], { pads: { type: "ints", value: [1, 1, 1, 1] } }),
        node("Sigmoid", [`y${name}`], [`s${name}`]),
        node("Mul", [`y${name}`, `s${name}`], [`x${name}`]),
      );
      x = `x${name}`;
    }
  }
  initializers.push(floats("rgb", [3, channels, 1, 1], nodes.length));
  nodes.push(node("Conv", [x, "rgb"], ["image"]));
  return model({
    nodes,
    initializers,
    inputs: [{ name: "z", dataType: DataType.FLOAT, shape: [1, latent] }],
    outputs: [{ name: "image", dataType: DataType.FLOAT, shape: [1, 3, side, side] }],
  });
}
