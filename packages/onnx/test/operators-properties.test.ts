// Operators whose attributes and shapes interact, over random ones; and the remainder of Taylor's formula.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { int, ints } from "../src/attributes.ts";
import { OnnxMap } from "../src/index.ts";
import { assemble, type Build, expectDerivative, type Reference } from "./derivative.ts";
import { irregular, product, randomStream, relativeError, runtime } from "./helpers.ts";

const few = { numRuns: 30 };
const extent = fc.integer({ min: 1, max: 3 });

function check(reference: Reference) {
  return (build: Build, seed: number): Promise<void> => expectDerivative(build, { reference, seed });
}
const checkDouble = check("float64");
const checkAffine = check("affine");

/** Two shapes that broadcast against each other, of ranks 0 to 5. */
const broadcastable = fc
  .tuple(
    fc.array(fc.tuple(extent, fc.constantFrom("both", "first", "second")), { maxLength: 5 }),
    fc.nat(5),
    fc.nat(5),
  )
  .map(([axes, dropA, dropB]) => {
    const side = (own: string): number[] =>
      axes.map(([size, who]) => (who === "both" || who === own ? size : 1));
    // Leading axes may be absent from one of them.
    return [
      side("first").slice(Math.min(dropA, axes.length)),
      side("second").slice(dropB && axes.length ? 1 : 0),
    ] as const;
  })
  .filter(([a, b]) => product(a) * product(b) <= 400 && product(a) + product(b) <= 40);

test.each(["Add", "Sub", "Mul", "Div", "Max", "Min"])("%s broadcasts in both operands", async (op) => {
  await fc.assert(
    fc.asyncProperty(broadcastable, fc.nat(1e6), async ([a, b], seed) => {
      await checkDouble((g) => g.op(op, [g.variable(a), g.variable(b)]), seed);
    }),
    few,
  );
});

test("MatMul of random batches", async () => {
  await fc.assert(
    fc.asyncProperty(
      broadcastable,
      extent,
      extent,
      extent,
      fc.nat(1e6),
      async ([a, b], rows, inner, columns, seed) => {
        fc.pre(a.length <= 2 && b.length <= 2);
        await checkDouble(
          (g) => g.op("MatMul", [g.variable([...a, rows, inner]), g.variable([...b, inner, columns])]),
          seed,
        );
      },
    ),
    few,
  );
});

test("Transpose by any permutation", async () => {
  const dims = fc.array(extent, { minLength: 1, maxLength: 5 });
  const shuffled = dims.chain((sizes) =>
    fc.tuple(
      fc.constant(sizes),
      fc.shuffledSubarray(
        sizes.map((_, i) => i),
        { minLength: sizes.length },
      ),
    ),
  );
  await fc.assert(
    fc.asyncProperty(shuffled, fc.nat(1e6), async ([sizes, perm], seed) => {
      await checkDouble((g) => g.op("Transpose", [g.variable(sizes)], { perm: ints(perm) }), seed);
    }),
    few,
  );
});

test("Slice with any bounds and steps that leave something", async () => {
  const bound = fc.integer({ min: -6, max: 6 });
  const step = fc.constantFrom(-2, -1, 1, 2, 3);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      bound,
      bound,
      step,
      fc.nat(1e6),
      async (size, start, end, by, seed) => {
        const indices = sliceIndices(size, start, end, by);
        fc.pre(indices > 0);
        await checkDouble(
          (g) => g.op("Slice", [g.variable([2, size]), ...[start, end, 1, by].map((v) => g.int64([v]))]),
          seed,
        );
      },
    ),
    few,
  );
});

/** How many elements Python's [start:end:step] takes of `size`. */
function sliceIndices(size: number, start: number, end: number, step: number): number {
  const clamp = (value: number, low: number, high: number): number =>
    Math.min(high, Math.max(low, value < 0 ? value + size : value));
  const from = step > 0 ? clamp(start, 0, size) : clamp(start, 0, size - 1);
  const to = step > 0 ? clamp(end, 0, size) : clamp(end, -1, size - 1);
  return Math.max(0, Math.ceil((to - from) / step));
}

const window = fc.record({
  batch: fc.integer({ min: 1, max: 2 }),
  group: fc.integer({ min: 1, max: 2 }),
  size: fc.tuple(fc.integer({ min: 3, max: 5 }), fc.integer({ min: 3, max: 5 })),
  kernel: fc.tuple(extent, extent),
  strides: fc.tuple(extent, extent),
  dilations: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
  pads: fc.tuple(fc.nat(1), fc.nat(1), fc.nat(1), fc.nat(1)),
});

test.each(["Conv", "ConvTranspose"])("%s with random windows", async (op) => {
  await fc.assert(
    fc.asyncProperty(
      window,
      fc.nat(1e6),
      async ({ batch, group, size, kernel, strides, dilations, pads }, seed) => {
        const reach = kernel.map((k, i) => dilations[i]! * (k - 1) + 1);
        fc.pre(op === "ConvTranspose" || reach.every((r, i) => r <= size[i]! + pads[i]! + pads[i + 2]!));
        // Padding of a transposed convolution crops; something must be left.
        fc.pre(
          op === "Conv" || reach.every((r, i) => strides[i]! * (size[i]! - 1) + r > pads[i]! + pads[i + 2]!),
        );
        const channels = 2 * group;
        // Two inputs and two outputs for each group, so that the shape serves both operators.
        const weight = [channels, 2, ...kernel];
        await checkAffine(
          (g) =>
            g.op(op, [g.variable([batch, channels, ...size]), g.constant(weight)], {
              group: int(group),
              strides: ints(strides),
              dilations: ints(dilations),
              pads: ints(pads),
            }),
          seed,
        );
      },
    ),
    few,
  );
});

test("MaxPool with random windows", async () => {
  await fc.assert(
    fc.asyncProperty(
      window,
      fc.boolean(),
      fc.nat(1e6),
      async ({ batch, size, kernel, strides, dilations, pads }, ceil, seed) => {
        const reach = kernel.map((k, i) => dilations[i]! * (k - 1) + 1);
        fc.pre(reach.every((r, i) => r <= size[i]! && pads[i]! < kernel[i]! && pads[i + 2]! < kernel[i]!));
        await checkDouble(
          (g) =>
            g.op("MaxPool", [g.variable([batch, 2, ...size], { high: 9 })], {
              kernel_shape: ints(kernel),
              strides: ints(strides),
              dilations: ints(dilations),
              pads: ints(pads),
              ceil_mode: int(ceil ? 1 : 0),
            }),
          seed,
        );
      },
    ),
    few,
  );
});

describe("Taylor: f(x + ht) − f(x) − h·Jt shrinks with h²", () => {
  const smooth: readonly (readonly [string, Build])[] = [
    ["Tanh", (g) => g.op("Tanh", [g.variable([6])])],
    ["Erf", (g) => g.op("Erf", [g.variable([6])])],
    ["Softplus", (g) => g.op("Softplus", [g.variable([6])])],
    ["Gelu", (g) => g.op("Gelu", [g.variable([6])])],
    [
      "InstanceNormalization",
      (g) => g.op("InstanceNormalization", [g.variable([1, 2, 6]), g.constant([2]), g.constant([2])]),
    ],
    ["Softmax", (g) => g.op("Softmax", [g.variable([1, 6])])],
    ["ReduceL2", (g) => g.op("ReduceL2", [g.variable([2, 3]), g.int64([1])])],
    ["Mul", (g) => g.op("Mul", [g.variable([2, 3]), g.variable([3])])],
    ["Pow", (g) => g.op("Pow", [g.variable([3], { positive: true }), g.variable([2, 3])])],
  ];

  test.each(smooth)("%s", async (_op, build) => {
    const { model, point } = assemble(build, "float32", { opset: 20, seed: 5 });
    const map = await OnnxMap.create(model, runtime);
    const x = Float32Array.from(point);
    const t = Float32Array.from(irregular(randomStream(2), x.length));
    const [value, derivative] = [await map.evaluate(x, 1), await map.jvp(x, t, 1)];
    const remainder = async (h: number): Promise<number> => {
      const moved = await map.evaluate(
        x.map((xi, i) => xi + h * t[i]!),
        1,
      );
      return (
        relativeError(
          moved.map((y, i) => y - value[i]!),
          derivative.map((d) => h * d),
          1e-6,
        ) * h
      );
    };
    // Steps far above float32 rounding: the slope between them is 2, but for third-order terms.
    const slope = Math.log2((await remainder(2 ** -5)) / (await remainder(2 ** -6)));
    expect(slope).toBeGreaterThan(1.8);
    expect(slope).toBeLessThan(2.2);
    await map.dispose();
  });
});
