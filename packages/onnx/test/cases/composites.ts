// Operators that are written out as simpler ones, against what the engine's own kernel computes.

import { type Attribute, DataType } from "../../src/index.ts";
import { float, int, ints } from "../../src/model/attributes.ts";
import { type OperatorCase, operatorCase } from "./case.ts";

type Shape = readonly number[];
type Attributes = Record<string, Attribute>;
type Vectors = readonly (readonly number[])[];

/** Rows of `size` values of a flat array. */
function rows(values: ArrayLike<number>, size: number): number[][] {
  const all = Array.from(values);
  return Array.from({ length: all.length / size }, (_, i) => all.slice(i * size, (i + 1) * size));
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * b[i]!, 0);

interface Attended {
  readonly queries: Vectors;
  readonly keys: Vectors;
  readonly values: Vectors;
  readonly scale: number;
  readonly cap?: number;
  /** Added to the score of query i and key j. */
  readonly bias?: (i: number, j: number) => number;
}

/** softmax(scale·QKᵀ + bias)·V of one head, in float64. */
function attend({ queries, keys, values, scale, cap, bias = () => 0 }: Attended): number[][] {
  return queries.map((query, i) => {
    const scores = keys.map((key, j) => {
      const score = scale * dot(query, key);
      return (cap ? cap * Math.tanh(score / cap) : score) + bias(i, j);
    });
    const weights = scores.map(Math.exp);
    const total = weights.reduce((a, b) => a + b, 0);
    return values[0]!.map((_, c) =>
      weights.reduce((sum, weight, j) => sum + (weight * values[j]![c]!) / total, 0),
    );
  });
}

const mask = [
  [0, -1, 0.5],
  [0.25, 0, -0.5],
];
const choice = [true, true, false, true, false, true];
const causal = (past: number) => (i: number, j: number) => (j <= i + past ? 0 : Number.NEGATIVE_INFINITY);

/** Attention of two heads of size 2 from 2 queries to 3 keys: four-dimensional arguments, all variable. */
function attention(
  about: string,
  attributes: Attributes,
  settings: Partial<Attended>,
  extra?: "mask" | "choice",
) {
  return operatorCase(
    "Attention",
    about,
    (g) => {
      const inputs = [g.variable([1, 2, 2, 2]), g.variable([1, 2, 3, 2]), g.variable([1, 2, 3, 2])];
      if (extra === "mask") inputs.push(g.float(mask.flat(), [2, 3]));
      if (extra === "choice") inputs.push(g.bool(choice, [2, 3]));
      return g.op("Attention", inputs, attributes);
    },
    {
      opset: 23,
      reference: (point) => {
        const [q, k, v] = [point.slice(0, 8), point.slice(8, 20), point.slice(20)];
        const heads = [0, 1].map((h) =>
          attend({
            queries: rows(q.slice(4 * h, 4 * h + 4), 2),
            keys: rows(k.slice(6 * h, 6 * h + 6), 2),
            values: rows(v.slice(6 * h, 6 * h + 6), 2),
            scale: Math.SQRT1_2,
            ...settings,
          }),
        );
        return Float64Array.from(heads.flat(2));
      },
    },
  );
}

/** Columns of head h, of the given size, of rows that hold all heads. */
const head = (all: Vectors, h: number, size: number): number[][] =>
  all.map((row) => row.slice(h * size, (h + 1) * size));

const attentions: OperatorCase[] = [
  attention("default", {}, {}),
  attention("scale", { scale: float(0.75) }, { scale: 0.75 }),
  attention("causal", { is_causal: int(1) }, { bias: causal(0) }),
  attention("an additive mask", {}, { bias: (i, j) => mask[i]![j]! }, "mask"),
  attention(
    "a mask of truth values",
    {},
    { bias: (i, j) => (choice[3 * i + j] ? 0 : Number.NEGATIVE_INFINITY) },
    "choice",
  ),
  attention("softcap", { softcap: float(0.5) }, { cap: 0.5 }),
  operatorCase(
    "Attention",
    "heads in columns, two heads of the query for each of the keys",
    (g) =>
      g.op("Attention", [g.variable([1, 2, 4]), g.variable([1, 3, 2]), g.variable([1, 3, 2])], {
        q_num_heads: int(2),
        kv_num_heads: int(1),
      }),
    {
      opset: 23,
      reference: (point) => {
        const [queries, keys, values] = [
          rows(point.slice(0, 8), 4),
          rows(point.slice(8, 14), 2),
          rows(point.slice(14), 2),
        ];
        const [first, second] = [0, 1].map((h) =>
          attend({ queries: head(queries, h, 2), keys, values, scale: Math.SQRT1_2 }),
        );
        return Float64Array.from(first!.flatMap((row, i) => [...row, ...second![i]!]));
      },
    },
  ),
  operatorCase(
    "Attention",
    "earlier keys and values, all outputs, causal",
    (g) => {
      const inputs = [g.variable([1, 1, 2, 2]), g.variable([1, 1, 2, 2]), g.variable([1, 1, 2, 2])];
      const past = [g.variable([1, 1, 1, 2]), g.variable([1, 1, 1, 2])];
      const outputs = g.ops("Attention", [...inputs, "", ...past], { is_causal: int(1) }, 3);
      return g.op("Concat", outputs, { axis: int(2) });
    },
    {
      opset: 23,
      reference: (point) => {
        const part = (i: number): Vectors => rows(point.slice(i, i + 4), 2);
        const [queries, k, v] = [part(0), part(4), part(8)];
        const keys = [[...point.slice(12, 14)], ...k];
        const values = [[...point.slice(14, 16)], ...v];
        const y = attend({ queries, keys, values, scale: Math.SQRT1_2, bias: causal(1) });
        return Float64Array.from([...y, ...keys, ...values].flat());
      },
    },
  ),
];

const rotary = (about: string, dims: Shape, attributes: Attributes, positions = true): OperatorCase =>
  operatorCase(
    "RotaryEmbedding",
    about,
    (g) => {
      const table = positions ? [4, 1] : [1, 2, 1];
      const width = attributes.rotary_embedding_dim ? 1 : 2;
      const cache = table.with(-1, width);
      const inputs = [g.variable(dims), g.constant(cache), g.constant(cache)];
      if (positions) inputs.push(g.int64([1, 3], [1, 2]));
      return g.op("RotaryEmbedding", inputs, attributes);
    },
    { opset: 23, reference: "affine" },
  );

const responses = [1, 2, 3, 5].map((size) =>
  operatorCase(
    "LRN",
    `size ${size}`,
    (g) =>
      g.op("LRN", [g.variable([2, 4, 1, 2])], {
        size: int(size),
        alpha: float(0.5),
        beta: float(0.75),
        bias: float(1.5),
      }),
    {
      reference: (point) =>
        point.map((x, i) => {
          const [image, channel, column] = [Math.floor(i / 8), Math.floor(i / 2) % 4, i % 2];
          let sum = 0;
          for (let c = channel - Math.floor((size - 1) / 2); c <= channel + Math.ceil((size - 1) / 2); c++) {
            if (c >= 0 && c < 4) sum += point[image * 8 + c * 2 + column]! ** 2;
          }
          return x / (1.5 + (0.5 / size) * sum) ** 0.75;
        }),
    },
  ),
);

export const composites: OperatorCase[] = [
  ...attentions,
  rotary("four axes", [1, 2, 2, 4], {}),
  rotary("interleaved", [1, 2, 2, 4], { interleaved: int(1) }),
  rotary("heads in columns", [1, 2, 8], { num_heads: int(2) }),
  rotary("tables for every position", [1, 2, 2, 4], {}, false),
  rotary("some features only", [1, 2, 2, 4], { rotary_embedding_dim: int(2) }),
  rotary("some features only, interleaved, heads in columns", [1, 2, 8], {
    rotary_embedding_dim: int(2),
    num_heads: int(2),
    interleaved: int(1),
  }),
  ...[-1, 1].map((axis) =>
    operatorCase(
      "RMSNormalization",
      `from axis ${axis}, scale that depends on the point`,
      (g) => {
        const scale = g.variable(axis === 1 ? [3, 2] : [2]);
        return g.op("RMSNormalization", [g.variable([2, 3, 2]), scale], {
          axis: int(axis),
          epsilon: float(0.25),
        });
      },
      {
        opset: 23,
        reference: (point) => {
          const size = axis === 1 ? 6 : 2;
          return Float64Array.from(
            rows(point.slice(size), size).flatMap((x) => {
              const root = Math.sqrt(dot(x, x) / size + 0.25);
              return x.map((value, i) => (point[i]! * value) / root);
            }),
          );
        },
      },
    ),
  ),
  ...responses,
  operatorCase(
    "Mean",
    "three operands that broadcast",
    (g) => g.op("Mean", [g.variable([2, 1]), g.constant([3, 1, 1]), g.variable([4])]),
    { reference: "affine" },
  ),
  operatorCase(
    "MeanVarianceNormalization",
    "over the last axis",
    (g) => g.op("MeanVarianceNormalization", [g.variable([2, 3])], { axes: ints([1]) }),
    {
      reference: (point) =>
        Float64Array.from(
          rows(point, 3).flatMap((x) => {
            const mean = (x[0]! + x[1]! + x[2]!) / 3;
            const centred = x.map((value) => value - mean);
            return centred.map((value) => value / (Math.sqrt(dot(centred, centred) / 3) + 1e-9));
          }),
        ),
    },
  ),
  operatorCase("CastLike", "to double and back", (g) => {
    const x = g.variable([2, 3]);
    const double = g.op("CastLike", [x, g.op("Cast", [g.scalar(0)], { to: int(DataType.DOUBLE) })]);
    return g.op("CastLike", [g.op("Tanh", [double]), x]);
  }),
  rotary("some features only, heads apart and counted", [1, 2, 2, 4], {
    num_heads: int(2),
    rotary_embedding_dim: int(2),
  }),
];
