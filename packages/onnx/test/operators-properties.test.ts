// Operators whose attributes and shapes interact, over random ones; and the remainder of Taylor's formula.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { int, ints, string } from "../src/attributes.ts";
import { OnnxMap, prepare, vjp } from "../src/index.ts";
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

/** A shape, an axis of it, and an index tensor of another extent along that axis. */
const indexed = fc
  .array(extent, { minLength: 1, maxLength: 3 })
  .chain((dims) => fc.record({ dims: fc.constant(dims), axis: fc.nat(dims.length - 1), count: extent }))
  .chain(({ dims, axis, count }) => {
    const at = dims.map((size, i) => (i === axis ? count : size));
    const index = fc.integer({ min: -dims[axis]!, max: dims[axis]! - 1 });
    return fc.record({
      dims: fc.constant(dims),
      axis: fc.constant(axis),
      at: fc.constant(at),
      indices: fc.array(index, { minLength: product(at), maxLength: product(at) }),
    });
  });

test("GatherElements, and ScatterElements with add, of random shapes and indices", async () => {
  await fc.assert(
    fc.asyncProperty(indexed, fc.nat(1e6), async ({ dims, axis, at, indices }, seed) => {
      const along = { axis: int(axis) };
      await checkDouble((g) => {
        const inputs = [g.variable(dims), g.int64(indices, at), g.variable(at)];
        const sum = g.op("ScatterElements", inputs, { ...along, reduction: string("add") });
        return g.op("GatherElements", [g.op("Sin", [sum]), g.int64(indices, at)], along);
      }, seed);
    }),
    few,
  );
});

test("GatherND, and ScatterND with max, of random depth", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(extent, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 3 }),
      extent,
      fc.nat(1e6),
      async (dims, depth, count, seed) => {
        fc.pre(depth <= dims.length);
        const random = randomStream(seed);
        const indices = Array.from({ length: count * depth }, (_, i) =>
          Math.floor(random() * dims[i % depth]!),
        );
        await checkDouble((g) => {
          const at = g.int64(indices, [count, depth]);
          const inputs = [g.variable(dims), at, g.variable([count, ...dims.slice(depth)])];
          return g.op("GatherND", [g.op("ScatterND", inputs, { reduction: string("max") }), at]);
        }, seed);
      },
    ),
    few,
  );
});

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

/** A network of operators that all operator sets have in one form or another, written as in opset 13. */
const common: Build = (g) => {
  const x = g.variable([2, 4]);
  const h = g.op("Tanh", [g.op("Gemm", [x, g.constant([4, 4]), g.constant([4])])]);
  const [top] = g.ops("TopK", [h, g.int64([2])], {}, 2);
  const p = g.op("Softmax", [g.op("MatMul", [x, g.constant([4, 3])])]);
  const padded = g.op("Pad", [
    g.op("Slice", [h, g.int64([1]), g.int64([3]), g.int64([1])]),
    g.int64([0, 1, 0, 0]),
  ]);
  const squeezed = g.op("Squeeze", [g.op("Unsqueeze", [p, g.int64([1])]), g.int64([1])]);
  const cast = g.op("Cast", [g.op("Greater", [h, g.scalar(0)])], {
    to: int(g.precision === "float64" ? 11 : 1),
  });
  const sum = g.op("ReduceSum", [g.op("Mul", [cast, h]), g.int64([1])]);
  const turned = g.op("Transpose", [g.op("Reshape", [padded, g.int64([2, 3])])], { perm: ints([1, 0]) });
  const flat = [top!, squeezed, sum, g.op("Transpose", [g.op("Expand", [turned, g.int64([3, 2])])])];
  return g.op(
    "Concat",
    flat.map((part) => g.op("Identity", [part])),
    { axis: int(1) },
  );
};

test.each(Array.from({ length: 14 }, (_, i) => 13 + i))("a network of opset %i", async (opset) => {
  await expectDerivative(common, { opset });
});

describe("second derivatives: the Hessian of a component is symmetric and of the size of differences", () => {
  const cubic = { mode: string("cubic"), padding_mode: string("reflection") };
  const twice: readonly (readonly [string, Build, opset?: number])[] = [
    [
      "GridSample",
      (g) => g.op("GridSample", [g.variable([1, 1, 4, 4]), g.variable([1, 1, 2, 2])], cubic),
      20,
    ],
    ["ReduceProd", (g) => g.op("ReduceProd", [g.variable([2, 3]), g.int64([1])])],
    ["LpPool", (g) => g.op("LpPool", [g.variable([1, 1, 5])], { kernel_shape: ints([3]), p: int(3) })],
    [
      "ScatterElements",
      (g) => {
        const inputs = [g.variable([3]), g.int64([0, 1, 0]), g.variable([3])];
        return g.op("ScatterElements", inputs, { reduction: string("mul") });
      },
    ],
    [
      "TopK",
      (g) => {
        const [largest] = g.ops("TopK", [g.variable([2, 4]), g.int64([2])], {}, 2);
        return g.op("Exp", [largest!]);
      },
    ],
    [
      "Attention",
      (g) =>
        g.op(
          "Attention",
          [1, 2, 3].map(() => g.variable([1, 1, 2, 2])),
        ),
      23,
    ],
  ];

  const cases = twice.map(([op, build, opset = 18]) => [op, build, opset] as const);
  test.each(cases)("%s", async (_op, build, opset) => {
    const { model, point } = assemble(build, "float32", { opset });
    const gradient = vjp(await prepare(model, runtime));
    const { shape } = gradient.model.graph.inputs[1]!;
    const dims = [1, ...shape!.slice(1)] as number[];
    const u = Float32Array.from(irregular(randomStream(3), product(dims)));
    const map = await OnnxMap.create(gradient.model, runtime, {
      from: gradient.input,
      to: gradient.inputCotangent,
      inputs: { [gradient.outputCotangent]: { type: "float32", dims, data: u } },
    });
    const x = Float32Array.from(point);
    const v = Float32Array.from(irregular(randomStream(4), x.length));
    const forward = await map.jvp(x, v, 1);
    expect(relativeError(await map.vjp(x, v, 1), forward)).toBeLessThan(1e-5);
    const step = 2 ** -9;
    const moved = (sign: number) =>
      map.evaluate(
        x.map((xi, i) => xi + sign * step * v[i]!),
        1,
      );
    const [ahead, behind] = [await moved(1), await moved(-1)];
    expect(
      relativeError(
        ahead.map((value, i) => (value - behind[i]!) / (2 * step)),
        forward,
      ),
    ).toBeLessThan(5e-3);
    await map.dispose();
  });
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
