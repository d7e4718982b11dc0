// The models that are mutated: small, and between them every part of the format and of the differentiator.

import { DataType, encodeModel } from "@vielbein/onnx";

const int = (value) => ({ type: "int", value });
const float = (value) => ({ type: "float", value });
const ints = (value) => ({ type: "ints", value });
const string = (value) => ({ type: "string", value });
const tensor = (value) => ({ type: "tensor", value });

function node(opType, inputs, outputs, attributes = {}, domain = "") {
  return {
    opType,
    domain,
    name: `${opType}_${outputs[0]}`,
    inputs,
    outputs,
    attributes: new Map(Object.entries(attributes)),
  };
}

const raw = (array) => new Uint8Array(array.buffer);
const floats = (name, dims, start = 0) => {
  const count = dims.reduce((a, b) => a * b, 1);
  const values = Float32Array.from({ length: count }, (_, i) => Math.sin(start + 1 + 1.7 * i));
  return { name, dims, dataType: DataType.FLOAT, raw: raw(values) };
};
const int64 = (name, values, dims = [values.length]) => ({
  name,
  dims,
  dataType: DataType.INT64,
  raw: raw(BigInt64Array.from(values, BigInt)),
});

function model(nodes, initializers, shape, { opset = 18, functions = [], opsets = [], inputs = [] } = {}) {
  return {
    irVersion: 9,
    producerName: "fuzz",
    producerVersion: "",
    opsets: new Map([["", opset], ...opsets]),
    metadata: new Map([["vielbein.range", "-1,1"]]),
    graph: {
      name: "fuzz",
      nodes,
      initializers,
      inputs: [{ name: "z", dataType: DataType.FLOAT, shape }, ...inputs],
      outputs: [{ name: "y", dataType: DataType.FLOAT, shape: undefined }],
      valueInfo: [],
      unknown: [],
    },
    functions,
    unknown: [],
    files: new Map(),
  };
}

function body(nodes, outputs, initializers = [], inputs = []) {
  const named = (names) => names.map((name) => ({ name }));
  return {
    type: "graph",
    value: {
      name: "body",
      nodes,
      initializers,
      inputs,
      outputs: named(outputs),
      valueInfo: [],
      unknown: [],
    },
  };
}

/** A field of a protobuf message: bytes or a text. */
function field(number, content) {
  const bytes = Buffer.from(content);
  const tag = number * 8 + 2;
  return Buffer.concat([
    Buffer.from(tag < 128 ? [tag] : [(tag % 128) + 128, tag >> 7]),
    Buffer.from([bytes.length]),
    bytes,
  ]);
}

/** `my::Act(a) = LeakyRelu(a)`, its slope the attribute `slope`; functions are written back as they were read. */
function act() {
  const alpha = Buffer.concat([field(1, "alpha"), field(21, "slope"), Buffer.from([0xa0, 1, 1])]);
  const leaky = Buffer.concat([field(1, "a"), field(2, "b"), field(4, "LeakyRelu"), field(5, alpha)]);
  const encoded = [
    field(1, "Act"),
    field(4, "a"),
    field(5, "b"),
    field(6, "slope"),
    field(7, leaky),
    field(9, [0x10, 18]),
    field(10, "my"),
  ];
  return { encoded: Buffer.concat(encoded) };
}

const perceptron = model(
  [
    node("Gemm", ["z", "w", "b"], ["h"], { alpha: float(0.5), transB: int(1) }),
    node("LeakyRelu", ["h"], ["a"], { alpha: float(0.2) }),
    node("ReduceMean", ["a", "axes"], ["m"], { keepdims: int(1) }),
    node("Sub", ["a", "m"], ["c"]),
    node("Softmax", ["c"], ["s"], { axis: int(-1) }),
    node("Concat", ["s", "c"], ["y"], { axis: int(1) }),
  ],
  [floats("w", [5, 4]), floats("b", [5], 3), int64("axes", [1])],
  ["n", 4],
);

const generator = model(
  [
    node("MatMul", ["z", "p"], ["f"]),
    node("Reshape", ["f", "shape"], ["x"]),
    node("MatMul", ["z", "q"], ["style"]),
    node("Reshape", ["style", "style_shape"], ["style5"]),
    node("Mul", ["style5", "w"], ["ws"]),
    node("Pow", ["ws", "two"], ["sq"]),
    node("ReduceSum", ["sq", "sum_axes"], ["sums"], { keepdims: int(1) }),
    node("Sqrt", ["sums"], ["norm"]),
    node("Div", ["ws", "norm"], ["wd"]),
    node("Reshape", ["wd", "kernel_shape"], ["kernel"]),
    node("Conv", ["x", "kernel"], ["y0"], {
      pads: ints([1, 1, 1, 1]),
      strides: ints([1, 1]),
      kernel_shape: ints([3, 3]),
    }),
    node("Resize", ["y0", "", "scales"], ["up"], { mode: string("linear") }),
    node("Slice", ["up", "starts", "ends", "slice_axes"], ["cut"]),
    node("Transpose", ["cut"], ["t"], { perm: ints([0, 2, 3, 1]) }),
    node("Tanh", ["t"], ["y"]),
  ],
  [
    floats("p", [2, 12]),
    floats("q", [2, 3], 2),
    floats("w", [1, 2, 3, 3, 3], 5),
    { name: "two", dims: [], dataType: DataType.FLOAT, raw: raw(Float32Array.of(2)) },
    int64("shape", [1, 3, 2, 2]),
    int64("style_shape", [1, 1, 3, 1, 1]),
    int64("kernel_shape", [2, 3, 3, 3]),
    int64("sum_axes", [2, 3, -1]),
    { name: "scales", dims: [4], dataType: DataType.FLOAT, raw: raw(Float32Array.of(1, 1, 2, 2)) },
    int64("starts", [1]),
    int64("ends", [9223372036854775807n]),
    int64("slice_axes", [2]),
  ],
  [1, 2],
);

const branching = model(
  [
    node("Constant", [], ["k"], { value: tensor(floats("k", [1, 3])) }),
    node("If", ["yes"], ["i"], {
      then_branch: body([node("Act", ["z"], ["r"], { slope: float(0.3) }, "my")], ["r"]),
      else_branch: body([node("Neg", ["z"], ["r2"])], ["r2"]),
    }),
    node("Split", ["i"], ["s0", "s1", "s2"], { axis: int(1), num_outputs: int(3) }),
    node("Gather", ["i", "picked"], ["g"], { axis: int(1) }),
    node("Max", ["s0", "s1", "s2"], ["max"]),
    node("Where", ["mask", "g", "max"], ["w"]),
    node("Mul", ["w", "k"], ["wk"]),
    node("Shape", ["wk"], ["extents"]),
    node("Cast", ["extents"], ["e"], { to: int(DataType.FLOAT) }),
    node("ReduceProd", ["e"], ["count"], { keepdims: int(0) }),
    node("Div", ["wk", "count"], ["d"]),
    node("Einsum", ["d", "d"], ["outer"], { equation: string("ni,nj->nij") }),
    node("Flatten", ["outer"], ["flat"]),
    node("LayerNormalization", ["flat", "scale"], ["y"], { axis: int(-1) }),
  ],
  [
    { name: "yes", dims: [], dataType: DataType.BOOL, raw: Uint8Array.of(1) },
    { name: "mask", dims: [1, 3], dataType: DataType.BOOL, raw: Uint8Array.of(1, 0, 1) },
    int64("picked", [2, 0, -1]),
    floats("scale", [9], 4),
  ],
  [1, 3],
  {
    opsets: [["my", 1]],
    functions: [act()],
  },
);

const old = model(
  [
    node("Unsqueeze", ["z"], ["u"], { axes: ints([2]) }),
    node("Pad", ["u"], ["p"], { pads: ints([0, 0, 1, 0, 0, 1]), value: float(0.5) }),
    node("Upsample", ["p", "scales"], ["up"], { mode: string("nearest") }),
    node("MaxPool", ["up"], ["mp"], { kernel_shape: ints([2]), strides: ints([2]) }),
    node("Squeeze", ["mp"], ["sq"], { axes: ints([0]) }),
    node("ReduceSum", ["sq"], ["rs"], { axes: ints([1]), keepdims: int(1) }),
    node("Slice", ["sq"], ["sl"], { starts: ints([0]), ends: ints([2]), axes: ints([1]) }),
    node("Clip", ["sl"], ["cl"], { min: float(-0.5), max: float(0.5) }),
    node("Dropout", ["cl"], ["dr"], { ratio: float(0.5) }),
    node("Add", ["dr", "rs"], ["y"]),
  ],
  [{ name: "scales", dims: [3], dataType: DataType.FLOAT, raw: raw(Float32Array.of(1, 1, 2)) }],
  [1, 3],
  { opset: 9 },
);

const looping = model(
  [
    node("Loop", ["trips", "go"].concat(["start"]), ["last"], {
      body: body(
        [node("Identity", ["c"], ["c2"]), node("Add", ["v", "one"], ["v2"])],
        ["c2", "v2"],
        [],
        [
          { name: "i", dataType: DataType.INT64, shape: [] },
          { name: "c", dataType: DataType.BOOL, shape: [] },
          { name: "v", dataType: DataType.FLOAT, shape: [1] },
        ],
      ),
    }),
    node("Mul", ["z", "last"], ["m"]),
    node("Cast", ["m"], ["half"], { to: int(DataType.FLOAT16) }),
    node("Cast", ["half"], ["wide"], { to: int(DataType.FLOAT) }),
    node("GlobalAveragePool", ["wide"], ["gap"]),
    node("Expand", ["gap", "shape"], ["x"]),
    node("CumSum", ["x", "axis"], ["cs"]),
    node("ScatterND", ["cs", "where", "what"], ["sc"]),
    node("Exp", ["sc"], ["y"]),
  ],
  [
    int64("trips", [3], []),
    { name: "go", dims: [], dataType: DataType.BOOL, raw: Uint8Array.of(1) },
    floats("start", [1]),
    floats("one", [1], 2),
    int64("shape", [1, 2, 3]),
    int64("axis", [2], []),
    int64("where", [0, 1], [1, 2]),
    floats("what", [1, 3], 7),
  ],
  [1, 2, 4],
);

/** The models as files, by name. */
export const seeds = { perceptron, generator, branching, old, looping };

export function seedBytes() {
  return Object.fromEntries(Object.entries(seeds).map(([name, seed]) => [name, encodeModel(seed)]));
}
