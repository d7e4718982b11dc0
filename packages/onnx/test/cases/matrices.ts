// Matrix products, and the normalisations that are products with statistics.

import { float, int } from "../../src/model/attributes.ts";
import type { GraphBuilder } from "../helpers.ts";
import { type OperatorCase, operatorCase } from "./case.ts";

type Shape = readonly number[];

const products: readonly (readonly [string, Shape, Shape])[] = [
  ["matrix, matrix", [2, 3], [3, 4]],
  ["vector, vector", [3], [3]],
  ["vector, matrix", [3], [3, 2]],
  ["matrix, vector", [2, 3], [3]],
  ["vector, batch", [3], [2, 3, 2]],
  ["batch, vector", [2, 2, 3], [3]],
  ["batch, matrix", [2, 2, 3], [3, 2]],
  ["matrix, batch", [2, 3], [2, 3, 2]],
  ["batch, batch", [2, 2, 3], [2, 3, 2]],
  ["batches that broadcast both ways", [2, 1, 2, 3], [2, 3, 2]],
  ["rank 5", [1, 2, 1, 2, 3], [2, 1, 3, 2]],
];

const matmul = products.flatMap(([about, a, b]) => [
  operatorCase("MatMul", `${about}: first`, (g) => g.op("MatMul", [g.variable(a), g.constant(b)])),
  operatorCase("MatMul", `${about}: second`, (g) => g.op("MatMul", [g.constant(a), g.variable(b)])),
  operatorCase("MatMul", `${about}: both`, (g) => g.op("MatMul", [g.variable(a), g.variable(b)])),
]);

const gemm = [0, 1].flatMap((transA) =>
  [0, 1].flatMap((transB) =>
    [undefined, [], [4], [1, 4], [2, 1], [2, 4]].map((bias) => {
      const about = `transA ${transA}, transB ${transB}, bias ${bias ? `[${bias}]` : "absent"}`;
      return operatorCase("Gemm", about, (g) => {
        const a = g.variable(transA ? [3, 2] : [2, 3]);
        const b = g.variable(transB ? [4, 3] : [3, 4]);
        const c = bias ? [g.variable(bias)] : [];
        return g.op("Gemm", [a, b, ...c], {
          transA: int(transA),
          transB: int(transB),
          alpha: float(0.75),
          beta: float(-1.25),
        });
      });
    }),
  ),
);

const gemmWith = (about: string, inputs: (g: GraphBuilder) => string[]): OperatorCase =>
  operatorCase("Gemm", about, (g) =>
    g.op("Gemm", inputs(g), { alpha: float(1.5), beta: float(0.5), transB: int(1) }),
  );

export const matrices: OperatorCase[] = [
  ...matmul,
  ...gemm,
  gemmWith("weights constant", (g) => [g.variable([2, 3]), g.constant([4, 3]), g.constant([4])]),
  gemmWith("only the weight depends on the point", (g) => [
    g.constant([2, 3]),
    g.variable([4, 3]),
    g.constant([4]),
  ]),
  gemmWith("only the bias depends on the point", (g) => [
    g.constant([2, 3]),
    g.constant([4, 3]),
    g.variable([4]),
  ]),
  operatorCase("Gemm", "no attributes", (g) =>
    g.op("Gemm", [g.variable([1, 3]), g.constant([3, 2]), g.constant([2])]),
  ),
  ...[
    [2, 3],
    [2, 3, 2],
    [1, 3, 2, 2],
    [2, 3, 1, 2, 2],
  ].map((dims) =>
    operatorCase("BatchNormalization", `[${dims}]`, (g) =>
      g.op(
        "BatchNormalization",
        [
          g.variable(dims),
          g.constant([3]),
          g.constant([3]),
          g.constant([3]),
          g.constant([3], { positive: true }),
        ],
        { epsilon: float(0.01) },
      ),
    ),
  ),
  operatorCase("BatchNormalization", "default epsilon", (g) =>
    g.op("BatchNormalization", [
      g.variable([1, 2, 2, 2]),
      ...[0, 1, 2].map(() => g.constant([2])),
      g.float([1e-5, 2e-5]),
    ]),
  ),
  ...[
    [1, 2, 5],
    [2, 2, 2, 3],
    [1, 2, 2, 1, 3],
  ].map((dims) => instanceNormalization(dims, 1e-2)),
  instanceNormalization([1, 3, 2, 2], undefined),
  ...[
    [2, 3],
    [2, 3, 2],
  ].flatMap((dims) =>
    [-1, 0, 1].map((axis) =>
      operatorCase("Softmax", `[${dims}] along ${axis}`, (g) =>
        g.op("Softmax", [g.variable(dims)], { axis: int(axis) }),
      ),
    ),
  ),
  ...[
    [[2, 3, 4], -1],
    [[2, 3, 4], 1],
    [[1, 2, 3, 2], 2],
  ].map(([dims, axis]) => layerNormalization(dims as number[], axis as number)),
  operatorCase("LayerNormalization", "scale and bias that depend on the point, broadcast", (g) =>
    g.op("LayerNormalization", [g.variable([2, 3, 2]), g.variable([2]), g.variable([2])], { axis: int(1) }),
  ),
  ...[[0, 1, 2], [1], [2], [0, 2]].map(adaptiveNormalization),
  operatorCase("LayerNormalization", "no bias", (g) =>
    g.op("LayerNormalization", [g.variable([2, 4]), g.constant([4])]),
  ),
  ...[[0, 1, 2], [1, 2], [0, 2], [1]].map(layerOutputs),
  ...(
    [
      ["variable", "variable", "variable"],
      ["constant", "variable", "constant"],
      ["constant", "constant", "variable"],
    ] as const
  ).flatMap(([x, scale, bias]) => [
    operatorCase("BatchNormalization", `${x} data, ${scale} scale, ${bias} bias`, (g) =>
      g.op("BatchNormalization", [
        g[x]([2, 2, 3]),
        g[scale]([2]),
        g[bias]([2]),
        g.constant([2]),
        g.constant([2], { positive: true }),
      ]),
    ),
  ]),
  ...[0, 1, -1].map((axis) =>
    operatorCase("LogSoftmax", `along ${axis}`, (g) =>
      g.op("LogSoftmax", [g.variable([2, 3, 2])], { axis: int(axis) }),
    ),
  ),
  operatorCase("Softmax", "default axis, opset 13", (g) => g.op("Softmax", [g.variable([2, 2, 3])]), {
    opset: 13,
  }),
  ...[0, 1, 2, -1].map((axis) =>
    operatorCase(
      "Softmax",
      `opset 11, flattened from axis ${axis}`,
      (g) => g.op("Softmax", [g.variable([2, 2, 3])], { axis: int(axis) }),
      { opset: 11 },
    ),
  ),
];

function layerNormalization(dims: Shape, axis: number): OperatorCase {
  const inner = dims.slice(axis);
  return operatorCase("LayerNormalization", `[${dims}] from axis ${axis}`, (g) =>
    g.op("LayerNormalization", [g.variable(dims), g.constant(inner), g.constant(inner)], {
      axis: int(axis),
      epsilon: float(0.01),
    }),
  );
}

/** x̂ = (x − mean)/σ for each run of `size` values, with the mean and 1/σ. */
function standardise(point: Float64Array, size: number, epsilon: number) {
  const runs = Array.from({ length: point.length / size }, (_, i) => point.slice(i * size, (i + 1) * size));
  return runs.map((run) => {
    const mean = run.reduce((a, b) => a + b, 0) / size;
    const inverse = 1 / Math.sqrt(run.reduce((sum, x) => sum + (x - mean) ** 2, 0) / size + epsilon);
    return { mean, inverse, values: run.map((x) => (x - mean) * inverse) };
  });
}

/**
 * Normalised values, mean and 1/σ, those of them that are used, joined; in float64 the engine keeps the latter two
 * short.
 */
function layerOutputs(used: readonly number[]): OperatorCase {
  return operatorCase(
    "LayerNormalization",
    `outputs ${used}`,
    (g) => {
      const inputs = [g.variable([2, 3, 2]), g.float(Array<number>(6).fill(2), [3, 2])];
      const outputs = g.ops("LayerNormalization", inputs, { axis: int(1), epsilon: float(0.25) }, 3);
      const flat = used.map((i) => g.op("Reshape", [outputs[i]!, g.int64([2, -1])]));
      return g.op("Concat", flat, { axis: int(1) });
    },
    {
      reference: (point) =>
        Float64Array.from(
          standardise(point, 6, 0.25).flatMap(({ values, mean, inverse }) =>
            used.flatMap((i) => [[...values].map((x) => 2 * x), [mean], [inverse]][i]!),
          ),
        ),
    },
  );
}

/**
 * Image, scale and bias, those of them depending on the point that are `varying`, as in adaptive instance
 * normalisation.
 */
function adaptiveNormalization(varying: readonly number[]): OperatorCase {
  const fixed = [Float64Array.of(1, 2, -1, 0.5, 0, 3), Float64Array.of(1.5, -2), Float64Array.of(0.25, 1)];
  const dims = [[1, 2, 3], [2], [2]];
  return operatorCase(
    "InstanceNormalization",
    `inputs ${varying} depend on the point`,
    (g) => {
      const inputs = dims.map((shape, i) =>
        varying.includes(i) ? g.variable(shape) : g.float([...fixed[i]!], shape),
      );
      return g.op("InstanceNormalization", inputs, { epsilon: float(0.01) });
    },
    {
      reference: (point) => {
        let start = 0;
        const [x, scale, bias] = fixed.map((values, i) => {
          if (!varying.includes(i)) return values;
          start += values.length;
          return point.slice(start - values.length, start);
        }) as [Float64Array, Float64Array, Float64Array];
        return Float64Array.from(
          standardise(x, 3, Math.fround(0.01)).flatMap(({ values }, c) =>
            [...values].map((v) => scale[c]! * v + bias[c]!),
          ),
        );
      },
    },
  );
}

/** The engine has no double kernel: y = scale·(x − mean)/√(var + ε) + bias for every image and channel. */
function instanceNormalization(dims: Shape, epsilon: number | undefined): OperatorCase {
  const [batch, channels] = [dims[0]!, dims[1]!];
  const scale = [0.75, -1.5, 2].slice(0, channels);
  const bias = [0.25, 1, -2].slice(0, channels);
  return operatorCase(
    "InstanceNormalization",
    `[${dims}], epsilon ${epsilon ?? "default"}`,
    (g) =>
      g.op(
        "InstanceNormalization",
        [g.variable(dims), g.float(scale), g.float(bias)],
        epsilon === undefined ? {} : { epsilon: float(epsilon) },
      ),
    {
      reference: (point) => {
        const size = point.length / (batch * channels);
        const result = new Float64Array(point.length);
        for (let start = 0; start < point.length; start += size) {
          const part = point.subarray(start, start + size);
          const mean = part.reduce((a, b) => a + b, 0) / size;
          const variance = part.reduce((sum, x) => sum + (x - mean) ** 2, 0) / size;
          const c = (start / size) % channels;
          const slope = scale[c]! / Math.sqrt(variance + (epsilon ?? 1e-5));
          part.forEach((x, i) => {
            result[start + i] = slope * (x - mean) + bias[c]!;
          });
        }
        return result;
      },
    },
  );
}
