// Floating-point types of fewer digits than float32: how they are read, and that derivatives pass them.

import { describe, expect, test } from "vitest";
import { WireWriter } from "../src/file/proto/writer.ts";
import { DataType, decodeModel, encodeModel, inspect, type Model, OnnxMap } from "../src/index.ts";
import { int, makeNode } from "../src/model/attributes.ts";
import { float32Tensor, numericValues } from "../src/model/tensor.ts";
import { forwardJacobian, irregular, makeModel, randomStream, relativeError, runtime } from "./helpers.ts";

const float = DataType.FLOAT;
const reduced = [
  ["float16", DataType.FLOAT16, 1e-3],
  ["bfloat16", DataType.BFLOAT16, 1e-2],
  ["float8e4m3fn", DataType.FLOAT8E4M3FN, 0.1],
  ["float8e5m2", DataType.FLOAT8E5M2, 0.2],
] as const;

/** tanh(z·W) + z·W, with z·W rounded to `dataType` and back before the tanh unless that is undefined. */
function rounded(dataType: number | undefined): Model {
  const weight = float32Tensor("w", irregular(randomStream(4), 16), [4, 4]);
  const casts =
    dataType === undefined
      ? [makeNode("Identity", ["h"], ["wide"])]
      : [
          makeNode("Cast", ["h"], ["narrow"], { to: int(dataType) }),
          makeNode("Cast", ["narrow"], ["wide"], { to: int(float) }),
        ];
  return {
    ...makeModel({
      opset: 19,
      nodes: [
        makeNode("MatMul", ["z", "w"], ["h"]),
        ...casts,
        makeNode("Tanh", ["wide"], ["t"]),
        makeNode("Add", ["t", "h"], ["y"]),
      ],
      initializers: [weight],
      inputs: [{ name: "z", dataType: float, shape: [1, 4] }],
      outputs: [{ name: "y", dataType: float, shape: [1, 4] }],
    }),
    irVersion: 9,
  };
}

describe.each(reduced)("a cast to %s and back", (name, dataType, tolerance) => {
  test("has the derivative of the network without it, up to rounding", async () => {
    const point = Float32Array.from([0.3, -0.2, 0.5, 0.1]);
    const [with_, without_] = [
      await OnnxMap.create(rounded(dataType), runtime),
      await OnnxMap.create(rounded(undefined), runtime),
    ];
    const expected = await forwardJacobian(without_, point);
    expect(relativeError(await forwardJacobian(with_, point), expected)).toBeLessThan(tolerance);
    const unit = Float32Array.from([1, 0, 0, 0]);
    expect(relativeError(await with_.vjp(point, unit, 1), await without_.vjp(point, unit, 1))).toBeLessThan(
      tolerance,
    );
    for (const map of [with_, without_]) await map.dispose();
  });

  test("is called straight by the report, its return exact", async () => {
    const { differentiability } = await inspect(rounded(dataType), runtime);
    expect(differentiability.operators.Cast).toEqual({ exact: 1, straight: 1, zero: 0, unsupported: 0 });
    expect(differentiability.nodes.find((node) => node.derivative === "straight")?.reason).toContain(name);
  });
});

test.each([
  ["float8e4m3fn", DataType.FLOAT8E4M3FN, 448],
  ["float8e4m3fnuz", DataType.FLOAT8E4M3FNUZ, 240],
  ["float8e5m2", DataType.FLOAT8E5M2, 57344],
  ["float8e5m2fnuz", DataType.FLOAT8E5M2FNUZ, 57344],
])("a cast to %s has slope 0 where it saturates", async (_name, dataType, largest) => {
  const nodes = [
    makeNode("Cast", ["z"], ["narrow"], { to: int(dataType) }),
    makeNode("Cast", ["narrow"], ["y"], { to: int(float) }),
  ];
  const model = makeModel({
    opset: 19,
    nodes,
    inputs: [{ name: "z", dataType: float, shape: [1, 4] }],
    outputs: [{ name: "y", dataType: float, shape: [1, 4] }],
  });
  const map = await OnnxMap.create({ ...model, irVersion: 9 }, runtime);
  const point = Float32Array.of(largest / 2, 2 * largest, -largest / 2, -2 * largest);
  expect([...(await map.evaluate(point, 1))]).toEqual([largest / 2, largest, -largest / 2, -largest]);
  const ones = new Float32Array(4).fill(1);
  for (const product of [await map.jvp(point, ones, 1), await map.vjp(point, ones, 1)]) {
    expect([...product]).toEqual([1, 0, 1, 0]);
  }
  await map.dispose();
});

/** A TensorProto with one typed field. */
function typed(
  dataType: number,
  dims: readonly number[],
  field: number,
  values: readonly number[],
): Uint8Array {
  const writer = new WireWriter();
  writer.packedInts(1, dims);
  writer.int(2, dataType);
  writer.string(8, "w");
  writer.packedInts(field, values);
  return writer.finish();
}

/** The raw bytes of a tensor that stands as the one initialiser of a model. */
function rawOf(tensor: Uint8Array): { raw: number[]; model: Model } {
  const [graph, opset, writer] = [new WireWriter(), new WireWriter(), new WireWriter()];
  graph.byteString(5, tensor);
  opset.int(2, 19);
  writer.message(7, graph);
  writer.message(8, opset);
  const model = decodeModel(writer.finish());
  return { raw: [...model.graph.initializers[0]!.raw], model };
}

test.each([
  ["float16", DataType.FLOAT16, 5, [0x3c00, 0xc000], [0x00, 0x3c, 0x00, 0xc0]],
  ["bfloat16", DataType.BFLOAT16, 5, [0x3f80, 0xc000], [0x80, 0x3f, 0x00, 0xc0]],
  ["float8e4m3fn", DataType.FLOAT8E4M3FN, 5, [0x38, 0xc0], [0x38, 0xc0]],
  ["float8e5m2", DataType.FLOAT8E5M2, 5, [0x3c, 0xc0], [0x3c, 0xc0]],
  ["int8", DataType.INT8, 5, [1, -2], [0x01, 0xfe]],
  ["uint8", DataType.UINT8, 5, [1, 254], [0x01, 0xfe]],
  ["bool", DataType.BOOL, 5, [1, 0], [1, 0]],
  ["int16", DataType.INT16, 5, [1, -2], [1, 0, 0xfe, 0xff]],
  ["uint32", DataType.UINT32, 11, [1, 2 ** 32 - 1], [1, 0, 0, 0, 255, 255, 255, 255]],
  ["int64", DataType.INT64, 7, [1, -2], [1, ...Array(7).fill(0), 0xfe, ...Array(7).fill(255)]],
])("%s in its typed field: one entry for an element", (_name, dataType, field, values, bytes) => {
  const { raw, model } = rawOf(typed(dataType, [2], field, values));
  expect(raw).toEqual(bytes);
  expect([...decodeModel(encodeModel(model)).graph.initializers[0]!.raw]).toEqual(bytes);
});

test.each([
  ["uint4", DataType.UINT4],
  ["int4", DataType.INT4],
])("%s: two elements to an entry", (_name, dataType) => {
  expect(rawOf(typed(dataType, [3], 5, [0x21, 0x03])).raw).toEqual([0x21, 0x03]);
  expect(() => rawOf(typed(dataType, [3], 5, [1, 2, 3]))).toThrow(/3 bytes instead of 2/);
});

test("64-bit integers beyond 2^53 are exact", () => {
  const tensor = new WireWriter();
  tensor.packedInts(1, [1]);
  tensor.int(2, DataType.INT64);
  // 2^53 + 1 as a varint.
  tensor.byteString(7, Uint8Array.of(0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10));
  expect(rawOf(tensor.finish()).raw).toEqual([1, 0, 0, 0, 0, 0, 0x20, 0]);
});

test("complex numbers are pairs of numbers", () => {
  const tensor = new WireWriter();
  tensor.packedInts(1, [1]);
  tensor.int(2, DataType.COMPLEX64);
  tensor.byteString(4, new Uint8Array(Float32Array.of(1, -2).buffer));
  expect(rawOf(tensor.finish()).raw).toHaveLength(8);
});

test("bfloat16 weights are those of the file, read, written and run", async () => {
  const { model: holder } = rawOf(typed(DataType.BFLOAT16, [1, 3], 5, [0x3f80, 0x4000, 0xbf00]));
  const weight = holder.graph.initializers[0]!;
  expect(numericValues(weight)).toEqual([1, 2, -0.5]);
  const model: Model = {
    ...makeModel({
      opset: 19,
      nodes: [
        makeNode("Cast", ["w"], ["wide"], { to: int(float) }),
        makeNode("Sin", ["x"], ["s"]),
        makeNode("Mul", ["s", "wide"], ["y"]),
      ],
      initializers: [weight],
      inputs: [{ name: "x", dataType: float, shape: [1, 3] }],
      outputs: [{ name: "y", dataType: float, shape: [1, 3] }],
    }),
    irVersion: 9,
  };
  const session = await runtime.createSession({ bytes: encodeModel(model) });
  const data = Float32Array.of(0.1, 0.2, 0.3);
  const direct = (await session.run({ x: { type: "float32", dims: [1, 3], data } })).y!.data as Float32Array;
  await session.dispose();
  const map = await OnnxMap.create(decodeModel(encodeModel(model)), runtime);
  for (const values of [direct, await map.evaluate(data, 1)]) {
    expect(relativeError(values, [Math.sin(0.1), 2 * Math.sin(0.2), -0.5 * Math.sin(0.3)])).toBeLessThan(
      1e-6,
    );
  }
  await map.dispose();
});
