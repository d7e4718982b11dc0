// Quantised models with the straight-through estimator: their values are those of the engine's arithmetic, and their
// derivatives those of a graph without rounding that is the identity within the range of the levels.

import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { modelSource } from "../src/file/source.ts";
import { DataType, decodeModel, differentiability, hvp, type Model, OnnxMap, prepare } from "../src/index.ts";
import { int, ints, makeNode } from "../src/model/attributes.ts";
import type { Node, Tensor } from "../src/model/model.ts";
import { float32Tensor, fromRuntime, numericValues } from "../src/model/tensor.ts";
import { assemble, type Build } from "./derivative.ts";
import { DirectModel, forwardJacobian, type GraphBuilder, relativeError, runtime } from "./helpers.ts";

const straightThrough = { straightThrough: true };

const integers = (
  g: GraphBuilder,
  dataType: number,
  values: readonly number[],
  dims: readonly number[],
): string => {
  const bytes = dataType === DataType.INT32 ? Int32Array.from(values) : Int8Array.from(values);
  return g.initializer({
    name: `levels${g.operators().size}${values}`,
    dims,
    dataType,
    raw: new Uint8Array(bytes.buffer),
  });
};
const bytes = (g: GraphBuilder, values: readonly number[], dims: readonly number[] = []) =>
  integers(g, DataType.UINT8, values, dims);
const signed = (g: GraphBuilder, values: readonly number[], dims: readonly number[] = []) =>
  integers(g, DataType.INT8, values, dims);

const [M, N] = [2, 3];
const weight = [40, -30, 20, 10, 60, -50];

/** Levels of a variable [1, 2], those of the second coordinate beyond the range. */
const levels = (g: GraphBuilder): string[] => {
  const x = g.op("Mul", [g.variable([1, M], { low: 0.9, high: 1, positive: true }), g.float([1, 9], [1, M])]);
  const [scale, zero] = [g.scalar(0.02), bytes(g, [100])];
  return [g.op("QuantizeLinear", [x, scale, zero]), scale, zero];
};
const out = (g: GraphBuilder): string[] => [g.scalar(0.05), bytes(g, [120])];
const dequantized = (g: GraphBuilder, level: string, [scale, zero]: readonly string[]): string =>
  g.op("DequantizeLinear", [level, scale!, zero!]);

/** Slope by which the first coordinate passes; the second is beyond the range. */
const passing = (g: GraphBuilder): Record<string, string> => ({
  matrix: signed(g, weight, [M, N]),
  scale: g.scalar(0.01),
});

interface Quantised {
  readonly about: string;
  readonly build: Build;
  readonly opset?: number;
  /** [outputs, 2]. */
  readonly jacobian: readonly number[];
}

const row = weight.slice(0, N).map((value) => value * 0.01);
const first = (slopes: readonly number[]): number[] => slopes.flatMap((slope) => [slope, 0]);

const cases: readonly Quantised[] = [
  {
    about: "QuantizeLinear, DequantizeLinear",
    build: (g) => dequantized(g, ...split(levels(g))),
    jacobian: [1, 0, 0, 0],
  },
  ...Object.entries({
    FLOAT8E4M3FN: 448,
    FLOAT8E4M3FNUZ: 240,
    FLOAT8E5M2: 57_344,
    FLOAT8E5M2FNUZ: 57_344,
  } as const).map(
    ([type, largest]): Quantised => ({
      about: `levels of ${type}`,
      opset: 19,
      // Of the coordinates one stays below the largest level, and the other one passes it.
      build: (g) => {
        const x = g.op("Mul", [
          g.variable([1, M], { low: 0.9, high: 1, positive: true }),
          g.float([0.5, 2], [1, M]),
        ]);
        const zero = g.initializer({
          name: "zero",
          dims: [],
          dataType: DataType[type],
          raw: Uint8Array.of(0),
        });
        const scale = g.scalar(1 / largest);
        return dequantized(g, g.op("QuantizeLinear", [x, scale, zero]), [scale, zero]);
      },
      jacobian: [0.5, 0, 0, 0],
    }),
  ),
  {
    about: "a scale for every channel",
    build: (g) => {
      const x = g.op("Mul", [
        g.variable([1, M], { low: 0.9, high: 1, positive: true }),
        g.float([1, 9], [1, M]),
      ]);
      const [scale, zero] = [g.float([0.02, 0.5]), signed(g, [10, -3], [M])];
      const level = g.op("QuantizeLinear", [x, scale, zero], { axis: int(-1) });
      return g.op("DequantizeLinear", [level, scale, zero], { axis: int(1) });
    },
    jacobian: [1, 0, 0, 9],
  },
  {
    about: "weights with a scale for every channel",
    build: (g) => {
      const [level, ...own] = levels(g) as [string, string, string];
      const matrix = g.op("DequantizeLinear", [signed(g, weight, [M, N]), g.float([0.01, 0.02, 0.03])], {
        axis: int(1),
      });
      return g.op("MatMul", [dequantized(g, level, own), matrix]);
    },
    jacobian: first([0.4, -0.6, 0.6]),
  },
  {
    about: "operators on levels",
    build: (g) => {
      const [level, ...own] = levels(g) as [string, string, string];
      const moved = g.op(
        "Concat",
        [g.op("Transpose", [level], { perm: ints([1, 0]) }), level].map((x) =>
          g.op("Reshape", [x, g.int64([1, -1])]),
        ),
        { axis: int(1) },
      );
      return dequantized(g, moved, own);
    },
    jacobian: [1, 0, 0, 0, 1, 0, 0, 0],
  },
  {
    about: "QLinearMatMul",
    build: (g) => {
      const { matrix, scale } = passing(g);
      const result = g.op("QLinearMatMul", [...levels(g), matrix!, scale!, signed(g, [0]), ...out(g)]);
      return dequantized(g, result, out(g));
    },
    jacobian: first(row),
  },
  {
    about: "QLinearConv",
    build: (g) => {
      const [level, ...own] = levels(g) as [string, string, string];
      const image = g.op("Reshape", [level, g.int64([1, M, 1, 1])]);
      const filter = signed(g, [40, 10, -30, 60, 20, -50], [N, M, 1, 1]);
      const bias = integers(g, DataType.INT32, [5, -6, 7], [N]);
      const result = g.op("QLinearConv", [
        image,
        ...own,
        filter,
        g.scalar(0.01),
        signed(g, [0]),
        ...out(g),
        bias,
      ]);
      return dequantized(g, g.op("Reshape", [result, g.int64([1, -1])]), out(g));
    },
    jacobian: first(row),
  },
  {
    about: "MatMulInteger behind DynamicQuantizeLinear",
    build: (g) => {
      const [level, scale, zero] = g.ops("DynamicQuantizeLinear", [g.variable([1, M])], {}, 3) as [
        string,
        string,
        string,
      ];
      const { matrix, scale: other } = passing(g);
      const product = g.op("MatMulInteger", [level, matrix!, zero, signed(g, [0])]);
      return g.op("Mul", [
        g.op("Cast", [product], { to: int(DataType.FLOAT) }),
        g.op("Mul", [scale, other!]),
      ]);
    },
    jacobian: [0.4, 0.1, -0.3, 0.6, 0.2, -0.5],
  },
  {
    about: "ConvInteger",
    build: (g) => {
      const [level, , zero] = levels(g) as [string, string, string];
      const image = g.op("Reshape", [level, g.int64([1, M, 1, 1])]);
      const filter = signed(g, [40, 10, -30, 60, 20, -50], [N, M, 1, 1]);
      return g.op("Cast", [g.op("ConvInteger", [image, filter, zero, signed(g, [0])])], {
        to: int(DataType.FLOAT),
      });
    },
    jacobian: first([2000, -1500, 1000]),
  },
  ...(["Add", "Mul"] as const).map((op) => ({
    about: `QLinear${op}`,
    build: (g: GraphBuilder) => {
      const other = [signedLevels(g), g.scalar(0.01), bytes(g, [0])];
      const result = g.op(`com.microsoft::QLinear${op}`, [...levels(g), ...other, ...out(g)]);
      return dequantized(g, result, out(g));
    },
    jacobian: op === "Add" ? [1, 0, 0, 0] : [0.5, 0, 0, 0],
  })),
  {
    about: "QGemm",
    build: (g) => {
      const { matrix, scale } = passing(g);
      const bias = integers(g, DataType.INT32, [5, -6, 7], [N]);
      const operands = [...levels(g), matrix!, scale!, signed(g, [0]), bias, ...out(g)];
      return dequantized(g, g.op("com.microsoft::QGemm", operands), out(g));
    },
    jacobian: first(row),
  },
  {
    about: "DynamicQuantizeMatMul",
    build: (g) => {
      const { matrix, scale } = passing(g);
      return g.op("com.microsoft::DynamicQuantizeMatMul", [g.variable([1, M]), matrix!, scale!]);
    },
    jacobian: [0.4, 0.1, -0.3, 0.6, 0.2, -0.5],
  },
  {
    about: "MatMulIntegerToFloat",
    build: (g) => {
      const [level, scale, zero] = levels(g) as [string, string, string];
      const { matrix, scale: other } = passing(g);
      return g.op("com.microsoft::MatMulIntegerToFloat", [level, matrix!, scale, other!, zero]);
    },
    jacobian: first(row),
  },
];

function split([level, ...own]: readonly string[]): [string, readonly string[]] {
  return [level!, own];
}

function signedLevels(g: GraphBuilder): string {
  return bytes(g, [50, 60], [1, M]);
}

test.each(cases.map(({ about, ...quantised }) => [about, quantised] as const))(
  "%s",
  async (_about, { build, opset = 18, jacobian }) => {
    const { model, point } = assemble(build, "float32", { opset });
    const at = Float32Array.from(point);
    await expect(OnnxMap.create(model, runtime)).rejects.toThrow(/coarse grid.*--straight-through/);
    const map = await OnnxMap.create(model, runtime, straightThrough);
    const direct = await DirectModel.create(model, "float32");
    expect(relativeError(await map.evaluate(at, 1), await direct.run(point))).toBeLessThan(1e-6);
    expect(relativeError(await forwardJacobian(map, at), jacobian)).toBeLessThan(1e-6);
    const cotangent = Float32Array.from({ length: map.to.dim }, (_, i) => i + 1);
    const pulled = [0, 1].map((j) => cotangent.reduce((sum, u, i) => sum + u * jacobian[2 * i + j]!, 0));
    expect(relativeError(await map.vjp(at, cotangent, 1), pulled)).toBeLessThan(1e-6);
    await map.dispose();
    await direct.dispose();
  },
);

test("the second derivative is that of the estimator composed", async () => {
  const { model, point } = assemble(
    (g) => {
      const numbers = dequantized(g, ...split(levels(g)));
      return g.op("Mul", [numbers, numbers]);
    },
    "float32",
    {},
  );
  const graph = await hvp(await prepare(model, runtime, straightThrough), runtime);
  const session = await runtime.createSession(modelSource(graph.model));
  const result = await session.run({
    [graph.input]: { type: "float32", dims: [1, 2], data: Float32Array.from(point) },
    [graph.cotangent]: { type: "float32", dims: [1, 2], data: Float32Array.of(3, 5) },
    [graph.inputTangent]: { type: "float32", dims: [1, 1, 2], data: Float32Array.of(7, 1) },
  });
  expect(Array.from(result[graph.product]!.data as Float32Array)).toEqual([42, 0]);
  await session.dispose();
});

test("what rounds is reported as taken for the identity", async () => {
  const { model } = assemble((g) => dequantized(g, ...split(levels(g))), "float32", {});
  const reports = differentiability(await prepare(model, runtime, straightThrough));
  expect(reports.filter(({ derivative }) => derivative === "straight")).toMatchObject([
    { opType: "QuantizeLinear", reason: expect.stringMatching(/straight-through estimator/) },
  ]);
});

describe("files that ONNX Runtime quantised", () => {
  const fixture = async (name: string): Promise<Model> =>
    decodeModel(await readFile(new URL(`fixtures/${name}.onnx`, import.meta.url)));

  test("with pairs of QuantizeLinear and DequantizeLinear: the derivative of the graph without rounding", async () => {
    const model = await fixture("vae_qdq");
    const map = await OnnxMap.create(model, runtime, straightThrough);
    const at = Float32Array.from({ length: map.from.dim }, (_, i) => Math.sin(1 + 12.9898 * i));
    const smooth = await OnnxMap.create(await withoutRounding(model, at), runtime);
    expect(relativeError(await smooth.evaluate(at, 1), await map.evaluate(at, 1))).toBeLessThan(1e-5);
    expect(relativeError(await forwardJacobian(map, at), await forwardJacobian(smooth, at))).toBeLessThan(
      1e-5,
    );
    await map.dispose();
    await smooth.dispose();
  });

  test.each([
    ["vae_qoperator", "vae_torchscript", 0.1, 0.2],
    ["vit_dynamic", "vit_dynamo", 0.01, 0.01],
  ])("%s: near the file before", async (name, original, ofValue, ofJacobian) => {
    const map = await OnnxMap.create(await fixture(name), runtime, straightThrough);
    const exact = await OnnxMap.create(await fixture(original), runtime);
    const at = Float32Array.from({ length: map.from.dim }, (_, i) => Math.sin(1 + 12.9898 * i));
    expect(relativeError(await map.evaluate(at, 1), await exact.evaluate(at, 1))).toBeLessThan(ofValue);
    const [found, expected] = [await forwardJacobian(map, at), await forwardJacobian(exact, at)];
    expect(relativeError(found, expected)).toBeLessThan(ofJacobian);
    await map.dispose();
    await exact.dispose();
  });
});

/**
 * The graph with every level as a floating-point number m·x/s + c, whose constants are such that at `point` it is what
 * rounding makes of it, and m is 0 beyond the range, else 1.
 */
async function withoutRounding(model: Model, point: Float32Array): Promise<Model> {
  const { model: prepared, constants, input, info } = await prepare(model, runtime, straightThrough);
  const { nodes } = prepared.graph;
  const rounding = nodes.filter(({ opType }) => opType === "QuantizeLinear");
  const wanted = rounding.flatMap(({ inputs, outputs }) => [inputs[0]!, outputs[0]!]);
  const asking = {
    ...prepared,
    graph: { ...prepared.graph, outputs: [...new Set(wanted)].map((name) => ({ name })) },
  };
  const session = await runtime.createSession(modelSource(asking), { optimize: false });
  const results = await session.run({
    [input]: { type: "float32", dims: info.get(input)!.shape, data: point },
  });
  await session.dispose();
  const values = (name: string): number[] =>
    numericValues(results[name] ? fromRuntime(name, results[name]) : constants.get(name)!);
  const added: Tensor[] = [];
  const float = (name: string, numbers: readonly number[], dims: readonly number[]): string => {
    added.push(float32Tensor(name, numbers, dims));
    return name;
  };
  const written = nodes.flatMap((node): Node[] => {
    const [x, scale, zero] = node.inputs as [string, string, string];
    const [y] = node.outputs as [string];
    if (node.opType === "QuantizeLinear") {
      const [step] = values(scale) as [number];
      const [before, after] = [values(x), values(y)];
      const passes = before.map((value) => Number(Math.abs(value / step + values(zero)[0]! - 127.5) < 128));
      const rest = after.map((level, i) => level - (passes[i]! * before[i]!) / step);
      const { shape } = info.get(x)!;
      const slopes = float(
        `${y}_slopes`,
        passes.map((one) => one / step),
        shape,
      );
      return [
        makeNode("Mul", [x, slopes], [`${y}_linear`]),
        makeNode("Add", [`${y}_linear`, float(`${y}_rest`, rest, shape)], [y]),
      ];
    }
    if (node.opType !== "DequantizeLinear") return [node];
    const shift = float(`${y}_zero`, zero ? values(zero) : [0], []);
    return [makeNode("Sub", [x, shift], [`${y}_centred`]), makeNode("Mul", [`${y}_centred`, scale], [y])];
  });
  const { graph } = prepared;
  return {
    ...prepared,
    graph: { ...graph, nodes: written, initializers: [...graph.initializers, ...added] },
  };
}
