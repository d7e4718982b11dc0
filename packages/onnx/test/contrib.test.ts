// Operators of ONNX Runtime's own domain, which its optimiser writes in place of standard ones: their value is that of
// the engine's kernel, or of a graph of standard operators where it has none; their derivatives are those of this value.

import { describe, expect, test } from "vitest";
import { type Attribute, DataType, OnnxMap, UnsupportedOperatorError } from "../src/index.ts";
import { float, int, ints, string } from "../src/model/attributes.ts";
import { assemble, type Build } from "./derivative.ts";
import { DirectModel, type GraphBuilder, relativeError, runtime } from "./helpers.ts";
import { expectSample } from "./properties/property.ts";

type Attributes = Record<string, Attribute>;

const floats = (value: readonly number[]): Attribute => ({ type: "floats", value });

interface ContribCase {
  readonly op: string;
  readonly about: string;
  readonly build: Build;
  /** The same value by standard operators, where the engine has no kernel for the processor. */
  readonly plain?: Build | undefined;
}

const contrib = (op: string, about: string, build: Build, plain?: Build): ContribCase => ({
  op,
  about,
  build,
  plain,
});

/** All elements in one row. */
const flat = (g: GraphBuilder, parts: readonly string[]): string =>
  g.op(
    "Concat",
    parts.map((part) => g.op("Reshape", [part, g.int64([1, -1])])),
    { axis: int(1) },
  );

/** An operator on operands of these shapes, all of them variable. */
const on = (op: string, about: string, shapes: readonly (readonly number[])[], attributes: Attributes = {}) =>
  contrib(op, about, (g) =>
    g.op(
      `com.microsoft::${op}`,
      shapes.map((shape) => g.variable(shape)),
      attributes,
    ),
  );

// Far from singular, where the engine has lost digits; and far from 1, where determinants overflow.
const inverses = [1, 2, 3, 4, 6].flatMap((n) =>
  [1, 1e-12, 1e12].map((scale) =>
    contrib("Inverse", `two of ${n} rows, times ${scale}`, (g) => {
      const identity = g.float(
        Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 4 * n : 0)),
        [n, n],
      );
      const matrices = g.op("Mul", [g.op("Add", [g.variable([2, n, n]), identity]), g.float([scale], [])]);
      return g.op("Mul", [g.op("com.microsoft::Inverse", [matrices]), g.float([scale], [])]);
    }),
  ),
);

const products = [
  on(
    "FusedMatMul",
    "alpha",
    [
      [2, 3],
      [3, 2],
    ],
    { alpha: float(0.75) },
  ),
  on(
    "FusedMatMul",
    "both transposed, batches",
    [
      [2, 3, 2],
      [2, 2, 3],
    ],
    { transA: int(1), transB: int(1) },
  ),
  on(
    "FusedMatMul",
    "B transposed, broadcast",
    [
      [2, 2, 3],
      [2, 3],
    ],
    { transB: int(1) },
  ),
  on(
    "FusedMatMul",
    "batch axes of A last but one",
    [
      [2, 3, 4],
      [3, 4, 2],
    ],
    { transBatchA: int(1) },
  ),
  on(
    "FusedMatMul",
    "A transposed, batch axes last",
    [
      [4, 3, 2],
      [3, 4, 2],
    ],
    { transA: int(1), transBatchA: int(1) },
  ),
  on(
    "FusedMatMul",
    "B transposed, batch axes last",
    [
      [3, 2, 4],
      [2, 3, 4],
    ],
    { transB: int(1), transBatchB: int(1) },
  ),
  on("FusedGemm", "Relu", [[2, 3], [3, 2], [2]], { activation: string("Relu") }),
  on("FusedGemm", "LeakyRelu, transposed", [[3, 2], [2, 3], [2]], {
    activation: string("LeakyRelu"),
    activation_alpha: float(0.25),
    transA: int(1),
    transB: int(1),
    alpha: float(0.5),
    beta: float(2),
  }),
  on(
    "FusedGemm",
    "Tanh",
    [
      [2, 3],
      [3, 2],
    ],
    { activation: string("Tanh") },
  ),
];

const image = { kernel_shape: ints([2, 2]), strides: ints([2, 2]), pads: ints([1, 0, 0, 1]) };
const convolutions = [
  on("FusedConv", "Sigmoid", [[1, 2, 4, 4], [2, 2, 2, 2], [2]], { ...image, activation: string("Sigmoid") }),
  on("FusedConv", "LeakyRelu behind a sum", [[1, 2, 4, 4], [2, 2, 2, 2], [2], [1, 2, 2, 2]], {
    ...image,
    activation: string("LeakyRelu"),
    activation_params: floats([0.25]),
  }),
  on(
    "FusedConv",
    "HardSigmoid",
    [
      [1, 2, 4, 4],
      [2, 2, 2, 2],
    ],
    {
      ...image,
      activation: string("HardSigmoid"),
      activation_params: floats([0.0625, 0.5]),
    },
  ),
  on(
    "FusedConv",
    "Clip",
    [
      [1, 1, 3, 3],
      [1, 1, 2, 2],
    ],
    {
      activation: string("Clip"),
      activation_params: floats([-0.5, 1.5]),
    },
  ),
];

const gelus = [
  on("Gelu", "both signs", [[2, 3]]),
  on("BiasGelu", "a bias", [[2, 3], [3]]),
  on("FastGelu", "without a bias", [[2, 3]]),
  on("FastGelu", "a bias", [[2, 3], [3]]),
  on("QuickGelu", "alpha", [[2, 3]], { alpha: float(1.25) }),
  contrib(
    "BiasSplitGelu",
    "halves",
    (g) => g.op("com.microsoft::BiasSplitGelu", [g.variable([1, 2, 4]), g.variable([4])]),
    (g) => {
      const sum = g.op("Add", [g.variable([1, 2, 4]), g.variable([4])]);
      const [a, b] = g.ops("Split", [sum], { axis: int(2), num_outputs: int(2) }, 2);
      return g.op("Mul", [a!, g.op("com.microsoft::Gelu", [b!])]);
    },
  ),
  contrib(
    "BiasAdd",
    "three operands",
    (g) => g.op("com.microsoft::BiasAdd", [g.variable([1, 2, 3]), g.variable([3]), g.variable([1, 2, 3])]),
    (g) => g.op("Sum", [g.variable([1, 2, 3]), g.variable([3]), g.variable([1, 2, 3])]),
  ),
];

const epsilon = { epsilon: float(0.125) };
const rows = [1, 2, 4];
const normalizations = [
  contrib("SimplifiedLayerNormalization", "the last axis", (g) =>
    g.op("SimplifiedLayerNormalization", [g.variable(rows), g.variable([4])], { ...epsilon, axis: int(-1) }),
  ),
  on("SkipLayerNormalization", "scale only", [rows, rows, [4]], epsilon),
  ...[0, 3].map((output) =>
    contrib("SkipLayerNormalization", `all inputs, output ${output}`, (g) => {
      const inputs = [rows, rows, [4], [4], [4]].map((shape) => g.variable(shape));
      const isWanted = (index: number) => index === 0 || index === 3;
      return g.ops("com.microsoft::SkipLayerNormalization", inputs, epsilon, 4, isWanted)[output]!;
    }),
  ),
  on("SkipSimplifiedLayerNormalization", "a bias", [rows, rows, [4], [4]], epsilon),
  ...[0, 1].flatMap((activation) =>
    ["GroupNorm", "SkipGroupNorm"].map((op) =>
      contrib(
        op,
        `activation ${activation}`,
        (g) => {
          const skip = op === "GroupNorm" ? [] : [g.variable([1, 2, 2, 4]), g.variable([4])];
          const [x, scale, shift] = [g.variable([1, 2, 2, 4]), g.variable([4]), g.variable([4])];
          const attributes = { ...epsilon, groups: int(2), activation: int(activation) };
          return g.op(`com.microsoft::${op}`, [x, scale, shift, ...skip], attributes);
        },
        (g) => {
          const skip = op === "GroupNorm" ? [] : [g.variable([1, 2, 2, 4]), g.variable([4])];
          const [x, scale, shift] = [g.variable([1, 2, 2, 4]), g.variable([4]), g.variable([4])];
          const sum = g.op("Transpose", [g.op("Sum", [x, ...skip])], { perm: ints([0, 3, 1, 2]) });
          const normal = g.op("GroupNormalization", [sum, scale, shift], { ...epsilon, num_groups: int(2) });
          const last = g.op("Transpose", [normal], { perm: ints([0, 2, 3, 1]) });
          return activation ? g.op("Mul", [last, g.op("Sigmoid", [last])]) : last;
        },
      ),
    ),
  ),
];

const heads = { num_heads: int(2) };
/** Of float32. */
const LOWEST = -3.4028234663852886e38;
const int32 = (g: GraphBuilder, values: readonly number[], dims: readonly number[]): string =>
  g.initializer({
    name: `int32 ${dims.join()}`,
    dims,
    dataType: DataType.INT32,
    raw: new Uint8Array(Int32Array.from(values).buffer),
  });
const mask = (g: GraphBuilder, values: readonly number[] = [1, 0, 1]) => int32(g, values, [1, values.length]);

/** The parts of [batch, positions, heads, count, size] as [batch, positions, heads·size]. */
const unpacked = (g: GraphBuilder, x: string, count: number): string[] =>
  g
    .ops("Split", [x], { axis: int(3), num_outputs: int(count) }, count)
    .map((part) => g.op("Reshape", [part, g.int64([0, 0, -1])]));

const attentions = [
  on(
    "MultiHeadAttention",
    "queries, keys and values",
    [
      [1, 2, 4],
      [1, 3, 4],
      [1, 3, 4],
    ],
    heads,
  ),
  on("MultiHeadAttention", "a bias, values of another size", [[1, 2, 4], [1, 3, 4], [1, 3, 6], [14]], heads),
  on(
    "MultiHeadAttention",
    "causal, scale",
    [
      [1, 3, 4],
      [1, 3, 4],
      [1, 3, 4],
    ],
    {
      ...heads,
      unidirectional: int(1),
      scale: float(0.4),
    },
  ),
  on(
    "MultiHeadAttention",
    "causal, more keys than queries",
    [
      [1, 3, 4],
      [1, 5, 4],
      [1, 5, 4],
    ],
    { ...heads, unidirectional: int(1) },
  ),
  contrib("MultiHeadAttention", "no key admitted, the lowest number", (g) => {
    const [q, k, v] = [
      [1, 2, 4],
      [1, 3, 4],
      [1, 3, 4],
    ].map((shape) => g.variable(shape));
    const attributes = { ...heads, mask_filter_value: float(LOWEST) };
    return g.op("com.microsoft::MultiHeadAttention", [q!, k!, v!, "", mask(g, [0, 0, 0])], attributes);
  }),
  contrib("MultiHeadAttention", "a mask and an addend of the scores", (g) => {
    const [q, k, v, addend] = [
      [1, 2, 4],
      [1, 3, 4],
      [1, 3, 4],
      [1, 2, 2, 3],
    ].map((shape) => g.variable(shape));
    return g.op("com.microsoft::MultiHeadAttention", [q!, k!, v!, "", mask(g), addend!], heads);
  }),
  contrib(
    "MultiHeadAttention",
    "packed keys and values",
    (g) =>
      g.op("com.microsoft::MultiHeadAttention", [g.variable([1, 2, 4]), g.variable([1, 3, 2, 2, 2])], heads),
    (g) => {
      const query = g.variable([1, 2, 4]);
      return g.op(
        "com.microsoft::MultiHeadAttention",
        [query, ...unpacked(g, g.variable([1, 3, 2, 2, 2]), 2)],
        heads,
      );
    },
  ),
  contrib(
    "MultiHeadAttention",
    "all packed",
    (g) => g.op("com.microsoft::MultiHeadAttention", [g.variable([1, 3, 2, 3, 2])], heads),
    (g) => g.op("com.microsoft::MultiHeadAttention", unpacked(g, g.variable([1, 3, 2, 3, 2]), 3), heads),
  ),
  on("Attention", "equal parts", [[1, 3, 4], [4, 12], [12]], heads),
  on("Attention", "parts of other sizes, causal", [[1, 3, 4], [4, 14], [14]], {
    ...heads,
    qkv_hidden_sizes: ints([4, 4, 6]),
    unidirectional: int(1),
  }),
  contrib("Attention", "a mask", (g) => {
    const [x, weight, bias] = [[1, 3, 4], [4, 12], [12]].map((shape) => g.variable(shape));
    return g.op("com.microsoft::Attention", [x!, weight!, bias!, mask(g)], heads);
  }),
  contrib("Attention", "causal, the first key excluded by the lowest number", (g) => {
    const [x, weight, bias] = [[1, 3, 4], [4, 12], [12]].map((shape) => g.variable(shape));
    const attributes = { ...heads, unidirectional: int(1), mask_filter_value: float(LOWEST) };
    return g.op("com.microsoft::Attention", [x!, weight!, bias!, mask(g, [0, 1, 1])], attributes);
  }),
  ...[0, 2].map((past) =>
    contrib("GroupQueryAttention", `rotated, ${past} earlier positions`, (g) => {
      const own = past === 0 ? 3 : 1;
      const [q, k, v] = [32, 16, 16].map((size) => g.variable([1, own, size]));
      const caches = [0, 1].map(() =>
        past === 0 ? g.float([], [1, 1, 0, 16]) : g.variable([1, 1, past, 16]),
      );
      const lengths = [int32(g, [past + own - 1], [1]), int32(g, [past + own], [])];
      const tables = [g.constant([4, 8]), g.constant([4, 8])];
      const attributes = { ...heads, kv_num_heads: int(1), do_rotary: int(1) };
      const inputs = [q!, k!, v!, ...caches, ...lengths, ...tables];
      return flat(g, g.ops("com.microsoft::GroupQueryAttention", inputs, attributes, 3));
    }),
  ),
  contrib("MultiHeadAttention", "causal, two earlier positions, a mask, what is kept", (g) => {
    const [q, k, v] = [0, 1, 2].map(() => g.variable([1, 3, 4]));
    const past = [0, 1].map(() => g.variable([1, 2, 2, 2]));
    const inputs = [q!, k!, v!, "", mask(g, [1, 0, 1, 1, 1]), "", ...past];
    const attributes = { ...heads, unidirectional: int(1) };
    return flat(g, g.ops("com.microsoft::MultiHeadAttention", inputs, attributes, 3));
  }),
  contrib("Attention", "causal, two earlier positions, what is kept", (g) => {
    const [x, weight, bias] = [[1, 3, 4], [4, 12], [12]].map((shape) => g.variable(shape));
    const inputs = [x!, weight!, bias!, "", g.variable([2, 1, 2, 2, 2])];
    return flat(g, g.ops("com.microsoft::Attention", inputs, { ...heads, unidirectional: int(1) }, 2));
  }),
  contrib("Attention", "nothing earlier, what is kept", (g) => {
    const inputs = [[1, 3, 4], [4, 12], [12]].map((shape) => g.variable(shape));
    return flat(g, g.ops("com.microsoft::Attention", inputs, heads, 2));
  }),
  ...[0, 1].map((interleaved) =>
    contrib("GroupQueryAttention", `rotated, interleaved ${interleaved}`, (g) => {
      const [q, k, v] = [
        [1, 3, 32],
        [1, 3, 16],
        [1, 3, 16],
      ].map((shape) => g.variable(shape));
      const lengths = [int32(g, [2], [1]), int32(g, [3], [])];
      const caches = [g.constant([4, 8]), g.constant([4, 8])];
      const attributes = {
        ...heads,
        kv_num_heads: int(1),
        do_rotary: int(1),
        rotary_interleaved: int(interleaved),
        softcap: float(0.75),
      };
      const inputs = [q!, k!, v!, "", "", ...lengths, ...caches];
      return g.ops("com.microsoft::GroupQueryAttention", inputs, attributes, 3)[0]!;
    }),
  ),
  contrib("GroupQueryAttention", "packed", (g) => {
    const lengths = [int32(g, [1], [1]), int32(g, [2], [])];
    const inputs = [g.variable([1, 2, 32]), "", "", "", "", ...lengths];
    return g.ops("com.microsoft::GroupQueryAttention", inputs, { ...heads, kv_num_heads: int(1) }, 3)[0]!;
  }),
  contrib("RotaryEmbedding", "consecutive positions, heads apart", (g) =>
    g.op("com.microsoft::RotaryEmbedding", [
      g.variable([1, 2, 3, 4]),
      g.int64([1]),
      g.constant([5, 2]),
      g.constant([5, 2]),
    ]),
  ),
  contrib("RotaryEmbedding", "positions, heads in columns, interleaved", (g) =>
    g.op(
      "com.microsoft::RotaryEmbedding",
      [g.variable([1, 2, 8]), g.int64([3, 1], [1, 2]), g.constant([5, 2]), g.constant([5, 2])],
      { ...heads, interleaved: int(1) },
    ),
  ),
  contrib("RotaryEmbedding", "heads apart and counted, some features", (g) =>
    g.op(
      "com.microsoft::RotaryEmbedding",
      [g.variable([1, 2, 2, 4]), g.int64([3, 1], [1, 2]), g.constant([5, 1]), g.constant([5, 1])],
      { ...heads, rotary_embedding_dim: int(2) },
    ),
  ),
  contrib("RotaryEmbedding", "heads in columns, not counted", (g) =>
    g.op("com.microsoft::RotaryEmbedding", [
      g.variable([1, 2, 8]),
      g.int64([3, 1], [1, 2]),
      g.constant([5, 2]),
      g.constant([5, 2]),
    ]),
  ),
];

const packedWeights = [4, 8].flatMap((bits) =>
  [false, true].map((hasZeros) =>
    contrib("MatMulNBits", `${bits} bits, ${hasZeros ? "" : "no "}zero points`, (g) => {
      const [rows, columns, size] = [40, 3, 16];
      const bytes = (length: number, dims: readonly number[]): string =>
        g.initializer({
          name: `packed${length}`,
          dims,
          dataType: DataType.UINT8,
          raw: Uint8Array.from({ length }, (_, i) => (89 * i + 37) % 256),
        });
      const blob = (size * bits) / 8;
      const zeroBytes = Math.ceil((3 * bits) / 8);
      const zeros = hasZeros ? [bytes(columns * zeroBytes, [columns, zeroBytes])] : [];
      const scales = g.constant([columns, 3], { low: 0.01, high: 0.1, positive: true });
      return g.op(
        "com.microsoft::MatMulNBits",
        [g.variable([1, 40]), bytes(columns * 3 * blob, [columns, 3, blob]), scales, ...zeros],
        { K: int(rows), N: int(columns), bits: int(bits), block_size: int(size) },
      );
    }),
  ),
);

const nchwc = (op: string) => `com.microsoft.nchwc::${op}`;

/** Channels are multiples of 16, so that the size of a block is that of the engine here. */
const blocked = [
  contrib("Conv", "plain input, then blocks, a sum and an activation", (g) => {
    const x = g.variable([1, 3, 3, 3]);
    const first = g.op(nchwc("Conv"), [x, g.constant([16, 3, 2, 2]), g.constant([16])], {
      kernel_shape: ints([2, 2]),
    });
    const inputs = [first, g.constant([16, 16, 1, 1]), "", first];
    const second = g.op(nchwc("Conv"), inputs, {
      activation: string("LeakyRelu"),
      activation_params: floats([0.25]),
    });
    return g.op(nchwc("ReorderOutput"), [second], { channels: int(16) });
  }),
  contrib("Conv", "depthwise, channels last outside", (g) => {
    const x = g.op(nchwc("ReorderInput"), [g.variable([1, 2, 2, 16])], { channels_last: int(1) });
    const y = g.op(nchwc("Conv"), [x, g.constant([16, 1, 2, 2])], {
      group: int(16),
      kernel_shape: ints([2, 2]),
    });
    return g.op(nchwc("ReorderOutput"), [y], { channels: int(16), channels_last: int(1) });
  }),
  ...["AveragePool", "GlobalAveragePool", "Upsample"].map((op) =>
    contrib(op, "blocks", (g) => {
      const x = g.op(nchwc("ReorderInput"), [g.variable([1, 16, 2, 2])]);
      const attributes: Attributes =
        op === "AveragePool"
          ? { kernel_shape: ints([2, 1]) }
          : op === "Upsample"
            ? { scales: ints([1, 1, 2, 1]) }
            : {};
      return g.op(nchwc("ReorderOutput"), [g.op(nchwc(op), [x], attributes)], { channels: int(16) });
    }),
  ),
];

const families = {
  products,
  inverses,
  convolutions,
  gelus,
  normalizations,
  attentions,
  packedWeights,
  blocked,
};

describe.each(Object.entries(families))("%s", (_family, cases) => {
  test.each(cases.map((one) => [one.op, one.about, one] as const))("%s: %s", async (_op, _about, one) => {
    const { build, plain = build } = one;
    const check = { opset: 21, seed: 3 };
    const { model, point } = assemble(build, "float32", check);
    const map = await OnnxMap.create(model, runtime);
    const direct = await DirectModel.create(assemble(plain, "float32", check).model, "float32");
    for (const scale of [1, -0.7, 1.3]) {
      const at = Float32Array.from(point, (x) => scale * x);
      expect(relativeError(await map.evaluate(at, 1), await direct.run(at))).toBeLessThan(2e-6);
    }
    await direct.dispose();
    await map.dispose();
    await expectSample({ about: "", build, ...check, reference: "float32" });
  });
});

test("attention of groups whose rows are shorter than the length is refused", async () => {
  const { model } = assemble(
    (g) => {
      const inputs = [g.variable([1, 2, 32]), "", "", "", "", int32(g, [0], [1]), int32(g, [2], [])];
      const attributes = { ...heads, kv_num_heads: int(1) };
      return g.ops("com.microsoft::GroupQueryAttention", inputs, attributes, 3)[0]!;
    },
    "float32",
    {},
  );
  await expect(OnnxMap.create(model, runtime)).rejects.toThrow(
    /Cannot differentiate .*GroupQueryAttention .*`seqlens_k` = length − 1/,
  );
});

test.each(["weights", "scales", "zero points", "groups"])(
  "packed weights of which the point decides on the %s are refused, not read as if they were stated",
  async (computed) => {
    const { model } = assemble(
      (g) => {
        const x = g.variable([1, 16]);
        const stated = (length: number, dims: readonly number[]): string =>
          g.initializer({
            name: `bytes${length}`,
            dims,
            dataType: DataType.UINT8,
            raw: new Uint8Array(length),
          });
        const drawn = (count: number, dims: readonly number[], to: number): string => {
          const part = g.op("Slice", [x, g.int64([0]), g.int64([count]), g.int64([1])]);
          return g.op("Cast", [g.op("Reshape", [part, g.int64(dims)])], { to: int(to) });
        };
        const inputs = [
          x,
          computed === "weights" ? drawn(16, [2, 1, 8], DataType.UINT8) : stated(16, [2, 1, 8]),
          computed === "scales" ? drawn(2, [2, 1], DataType.FLOAT) : g.constant([2, 1]),
          computed === "zero points" ? drawn(2, [2, 1], DataType.UINT8) : stated(2, [2, 1]),
          ...(computed === "groups" ? [drawn(16, [16], DataType.INT32)] : []),
        ];
        const sizes = { K: int(16), N: int(2), bits: int(4), block_size: int(16) };
        return g.op("com.microsoft::MatMulNBits", inputs, sizes);
      },
      "float32",
      {},
    );
    await expect(OnnxMap.create(model, runtime)).rejects.toThrow(/Cannot differentiate .*MatMulNBits/);
  },
);

test.each<[string, Build, RegExp]>([
  [
    "keys with heads apart",
    (g) =>
      g.op(
        "com.microsoft::MultiHeadAttention",
        [g.variable([1, 2, 4]), g.constant([1, 2, 3, 2]), g.constant([1, 2, 3, 2])],
        heads,
      ),
    /MultiHeadAttention .*as they are laid out here/,
  ],
  [
    "a vector that is transposed",
    (g) => g.op("com.microsoft::FusedMatMul", [g.variable([4]), g.constant([4, 3])], { transA: int(1) }),
    /FusedMatMul .*as they are laid out here/,
  ],
  [
    "rotation of some features",
    (g) => {
      const keys = [g.constant([1, 3, 32]), g.constant([1, 3, 32])];
      const tables = [g.constant([4, 8]), g.constant([4, 8])];
      const inputs = [
        g.variable([1, 3, 64]),
        ...keys,
        "",
        "",
        int32(g, [2], [1]),
        int32(g, [3], []),
        ...tables,
      ];
      const attributes = { ...heads, kv_num_heads: int(1), do_rotary: int(1) };
      return g.ops("com.microsoft::GroupQueryAttention", inputs, attributes, 3)[0]!;
    },
    /GroupQueryAttention .*as they are laid out here/,
  ],
  [
    "an activation without its number",
    (g) =>
      g.op("com.microsoft::FusedConv", [g.variable([1, 1, 3, 3]), g.constant([1, 1, 2, 2])], {
        activation: string("LeakyRelu"),
      }),
    /FusedConv .*`activation_params`/,
  ],
])("%s: refused by name, with what helps", async (_, build, reason) => {
  const { model } = assemble(build, "float32", {});
  const refusal = { code: "UNSUPPORTED_OPERATOR", message: expect.stringMatching(reason) };
  await expect(OnnxMap.create(model, runtime)).rejects.toMatchObject(refusal);
});

test("what is not written out is refused with what helps", async () => {
  const { model } = assemble(
    (g) => g.op("com.microsoft::BifurcationDetector", [g.variable([1, 2])]),
    "float32",
    {},
  );
  await expect(OnnxMap.create(model, runtime)).rejects.toThrow(
    new UnsupportedOperatorError(
      model.graph.nodes[1]!,
      1,
      18,
      "this file was saved by an optimiser, which wrote this operator in place of standard ones; use the original",
    ),
  );
});
