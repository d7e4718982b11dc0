// Convolution and pooling over random windows: one to three spatial axes, strides, dilations, pads, groups.

import fc from "fast-check";
import type { Attribute } from "../../src/index.ts";
import { int, ints, string } from "../../src/model/attributes.ts";
import { product } from "../helpers.ts";
import { extent, flag, many } from "./draws.ts";
import { type OperatorProperty, property } from "./property.ts";

const short = fc.integer({ min: 1, max: 2 });

/** Along every spatial axis; the window fits into the padded image. */
const windows = fc
  .integer({ min: 1, max: 3 })
  .chain((rank) =>
    fc.record({
      batch: short,
      group: short,
      channels: short,
      size: many(fc.integer({ min: 2, max: rank === 3 ? 3 : 5 }), rank),
      kernel: many(rank === 3 ? short : extent, rank),
      strides: many(extent, rank),
      dilations: many(short, rank),
      pads: many(fc.nat(1), 2 * rank),
      autoPad: fc.constantFrom("NOTSET", "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"),
      outputPadding: flag,
      withBias: fc.boolean(),
      variableWeight: fc.boolean(),
    }),
  )
  .map((drawn) => ({
    ...drawn,
    // Padding of their own is an alternative to automatic padding; SAME and dilations do not go together in the engine.
    dilations: drawn.autoPad.startsWith("SAME") ? drawn.dilations.map(() => 1) : drawn.dilations,
    pads: drawn.autoPad === "NOTSET" ? drawn.pads : drawn.pads.map(() => 0),
  }));
type Windows = typeof windows extends fc.Arbitrary<infer T> ? T : never;

/** The extent that a window covers along each axis. */
const reach = ({ kernel, dilations }: Windows): number[] =>
  kernel.map((size, i) => dilations[i]! * (size - 1) + 1);
const margin = ({ pads, size }: Windows, i: number): number => pads[i]! + pads[i + size.length]!;
const fitting = windows.filter((w) => reach(w).every((r, i) => r <= w.size[i]! + margin(w, i)));
/**
 * Pads are smaller than the kernel, so that every window meets the image; the engine refuses SAME where windows
 * leave gaps, for which the padding comes out negative.
 */
const pooled = fitting.filter(({ autoPad, kernel, strides, pads }) =>
  kernel.every(
    (k, i) =>
      Math.max(pads[i]!, pads[i + kernel.length]!) < k && (!autoPad.startsWith("SAME") || strides[i]! <= k),
  ),
);
/** Padding of a transposed convolution crops; something must be left. */
const transposed = windows.filter((w) =>
  reach(w).every((r, i) => w.strides[i]! * (w.size[i]! - 1) + r > margin(w, i)),
);

const attributes = ({ autoPad, strides, dilations, pads }: Windows): Record<string, Attribute> => ({
  strides: ints(strides),
  dilations: ints(dilations),
  ...(autoPad === "NOTSET" ? { pads: ints(pads) } : { auto_pad: string(autoPad) }),
});

/** Affine in the image; quadratic where the weight depends on the point, so that differences are exact too. */
const convolution = (op: "Conv" | "ConvTranspose", drawn: fc.Arbitrary<Windows>): OperatorProperty =>
  property(
    op,
    drawn.filter(({ size, kernel }) => product(size) <= 27 && product(kernel) <= 9),
    (g, w) => {
      const { batch, group, channels, size, kernel, strides } = w;
      const kind = w.variableWeight ? "variable" : "constant";
      // As many inputs as outputs for each group, so that the shape serves both operators.
      const inputs = [
        g.variable([batch, channels * group, ...size]),
        g[kind]([channels * group, channels, ...kernel]),
      ];
      if (w.withBias) inputs.push(g[kind]([channels * group]));
      // The engine refuses what reaches the stride, even where the dilation is larger.
      const padding = strides.map((stride) => Math.min(w.outputPadding, stride - 1));
      const widened = op === "ConvTranspose" && w.autoPad === "NOTSET";
      return g.op(op, inputs, {
        group: int(group),
        ...attributes(w),
        ...(widened ? { output_padding: ints(padding) } : {}),
      });
    },
    { reference: "affine" },
  );

const image = fc.record({
  batch: short,
  channels: short,
  size: fc.array(extent, { minLength: 1, maxLength: 3 }),
});

export const windowed: OperatorProperty[] = [
  convolution("Conv", fitting),
  convolution("ConvTranspose", transposed),
  property("MaxPool", fc.tuple(pooled, flag, flag), (g, [w, ceil, order]) =>
    g.op("MaxPool", [g.variable([w.batch, w.channels, ...w.size], { high: 9 })], {
      kernel_shape: ints(w.kernel),
      ceil_mode: int(ceil),
      storage_order: int(order),
      ...attributes(w),
    }),
  ),
  property(
    "AveragePool",
    fc.tuple(pooled, flag, flag),
    (g, [w, ceil, counted]) =>
      g.op("AveragePool", [g.variable([w.batch, w.channels, ...w.size])], {
        kernel_shape: ints(w.kernel),
        ceil_mode: int(ceil),
        count_include_pad: int(counted),
        ...attributes(w),
      }),
    { opset: 19, reference: "affine" },
  ),
  property(
    "LpPool",
    fc.tuple(pooled, fc.integer({ min: 1, max: 3 })),
    (g, [w, p]) =>
      g.op("LpPool", [g.variable([w.batch, w.channels, ...w.size])], {
        kernel_shape: ints(w.kernel),
        p: int(p),
        ...attributes(w),
      }),
    { reference: "float32" },
  ),
  property(
    "GlobalAveragePool",
    image,
    (g, { batch, channels, size }) => g.op("GlobalAveragePool", [g.variable([batch, channels, ...size])]),
    { reference: "affine" },
  ),
  property(
    "GlobalMaxPool",
    image,
    (g, { batch, channels, size }) => g.op("GlobalMaxPool", [g.variable([batch, channels, ...size])]),
    ({ batch, channels, size }) => ({
      reference: (point) =>
        Float64Array.from({ length: batch * channels }, (_, i) =>
          Math.max(...point.subarray(i * product(size), (i + 1) * product(size))),
        ),
    }),
  ),
];
