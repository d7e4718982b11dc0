// Sparse tensors are dense once they are read.

import { describe, expect, test } from "vitest";
import { WireWriter } from "../src/file/proto/writer.ts";
import { DataType, decodeModel, encodeModel, type Model, OnnxMap } from "../src/index.ts";
import { makeNode } from "../src/model/attributes.ts";
import { float32Tensor, int64Tensor, numericValues } from "../src/model/tensor.ts";
import { makeModel, relativeError, runtime } from "./helpers.ts";

interface Sparse {
  readonly dims: readonly number[];
  readonly values: readonly number[];
  readonly indices: readonly number[];
  readonly indexDims?: readonly number[];
}

/** A SparseTensorProto. */
function sparse({ dims, values, indices, indexDims = [indices.length] }: Sparse): WireWriter {
  const proto = (tensor: ReturnType<typeof float32Tensor>): WireWriter => {
    const writer = new WireWriter();
    writer.packedInts(1, tensor.dims);
    writer.int(2, tensor.dataType);
    writer.string(8, tensor.name);
    writer.byteString(9, tensor.raw);
    return writer;
  };
  const writer = new WireWriter();
  writer.message(1, proto(float32Tensor("w", values, [values.length])));
  writer.message(2, proto(int64Tensor("wi", indices, indexDims)));
  writer.packedInts(3, dims);
  return writer;
}

const shell = makeModel({
  nodes: [makeNode("MatMul", ["x", "w"], ["h"]), makeNode("Tanh", ["h"], ["y"])],
  inputs: [{ name: "x", dataType: DataType.FLOAT, shape: [1, 3] }],
  outputs: [{ name: "y", dataType: DataType.FLOAT, shape: [1, 3] }],
});

/** tanh(x·W) with a sparse initialiser W. */
function withInitializer(tensor: Sparse): Model {
  const field = new WireWriter();
  field.message(15, sparse(tensor));
  return decodeModel(encodeModel({ ...shell, graph: { ...shell.graph, unknown: [field.finish()] } }));
}

/** The same with W in a Constant node. */
function withConstant(tensor: Sparse): Model {
  const attribute = new WireWriter();
  attribute.string(1, "sparse_value");
  attribute.message(22, sparse(tensor));
  attribute.int(20, 11);
  const constant = makeNode("Constant", [], ["w"], {
    sparse_value: { type: "opaque", value: attribute.finish() },
  });
  return decodeModel(
    encodeModel({ ...shell, graph: { ...shell.graph, nodes: [constant, ...shell.graph.nodes] } }),
  );
}

const dense = [0, 2, 0, 0, 0, 0, -1, 0, 0];
const matrix = { dims: [3, 3], values: [2, -1] };
const flat = { ...matrix, indices: [1, 6] };
const coordinates = { ...matrix, indices: [0, 1, 2, 0], indexDims: [2, 2] };

test.each([
  ["an initialiser, positions", withInitializer(flat)],
  ["an initialiser, coordinates", withInitializer(coordinates)],
  ["a Constant, positions", withConstant(flat)],
  ["a Constant, coordinates", withConstant(coordinates)],
])("%s", async (_what, model) => {
  const attribute = model.graph.nodes[0]!.attributes.get("value");
  const tensor = attribute?.type === "tensor" ? attribute.value : model.graph.initializers[0]!;
  expect([tensor.dims, numericValues(tensor)]).toEqual([[3, 3], dense]);
  const map = await OnnxMap.create(decodeModel(encodeModel(model)), runtime);
  const values = await map.evaluate(Float32Array.of(1, 2, 3), 1);
  expect(relativeError(values, [Math.tanh(-3), Math.tanh(2), 0])).toBeLessThan(1e-6);
  await map.dispose();
});

describe("refused", () => {
  test.each([
    ["an index outside", { ...matrix, indices: [1, 9] }, /index 9 where 9/],
    ["a negative index", { ...matrix, indices: [-1, 2] }, /index -1/],
    ["fewer indices than values", { ...matrix, indices: [1] }, /8 bytes at 1 indices/],
    ["an index given twice", { ...matrix, indices: [6, 6] }, /two values for element 6/],
    ["coordinates of another rank", { ...coordinates, indexDims: [1, 4] }, /indices of shape/],
    ["an impossible shape", { ...flat, dims: [2 ** 62, 8] }, /impossible shape/],
  ])("%s", (_what, tensor, message) => {
    expect(() => withInitializer(tensor)).toThrow(
      expect.objectContaining({ code: "INVALID_MODEL", message: expect.stringMatching(message) }),
    );
  });

  test("a matrix that is far larger than the file, before it is allocated", () => {
    expect(() => withInitializer({ ...flat, dims: [100_000, 100_000] })).toThrow(
      expect.objectContaining({ code: "MEMORY_BUDGET", message: expect.stringContaining("40000000000") }),
    );
  });
});
