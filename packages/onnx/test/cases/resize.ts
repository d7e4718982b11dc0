// Resize is linear in the image in every mode; the engine has it in single precision only.

import type { Attribute } from "../../src/index.ts";
import { float, int, ints, string } from "../../src/model/attributes.ts";
import { type OperatorCase, operatorCase } from "./case.ts";

type Target = { readonly scales: readonly number[] } | { readonly sizes: readonly number[] };

function resized(
  about: string,
  image: readonly number[],
  target: Target,
  attributes: Record<string, Attribute>,
  opset = 18,
): OperatorCase {
  return operatorCase(
    "Resize",
    about,
    (g) => {
      const x = g.variable(image);
      // A crop that begins before the image and ends inside it.
      const roi = about.includes("crop") ? g.float32([0, 0, -0.2, 0.1, 1, 1, 0.7, 1.3]) : "";
      const inputs =
        "scales" in target ? [x, roi, g.float32(target.scales)] : [x, roi, "", g.int64(target.sizes)];
      return g.op("Resize", inputs, attributes);
    },
    { reference: "affine", opset },
  );
}

const targets: readonly (readonly [string, Target])[] = [
  ["whole scales", { scales: [1, 1, 2, 3] }],
  ["fractional scales", { scales: [1, 1, 1.7, 0.6] }],
  ["sizes up", { sizes: [1, 2, 5, 7] }],
  ["sizes down", { sizes: [1, 2, 2, 3] }],
];
const coordinates = ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"];

const modes = ["nearest", "linear", "cubic"].flatMap((mode) =>
  coordinates.flatMap((coordinate) =>
    targets.map(([about, target]) =>
      resized(`${mode}, ${coordinate}, ${about}`, [1, 2, 3, 4], target, {
        mode: string(mode),
        coordinate_transformation_mode: string(coordinate),
      }),
    ),
  ),
);

const rounding = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"].map((nearest) =>
  resized(
    `nearest, ${nearest}`,
    [1, 1, 3, 3],
    { scales: [1, 1, 1.5, 2.5] },
    { mode: string("nearest"), nearest_mode: string(nearest) },
  ),
);

export const resize: OperatorCase[] = [
  ...modes,
  ...rounding,
  resized("default attributes", [1, 2, 2, 2], { scales: [1, 1, 2, 2] }, {}),
  resized("batch of 2", [2, 2, 2, 3], { scales: [1, 1, 2, 2] }, { mode: string("linear") }),
  resized("batch of 2, sizes", [2, 1, 3, 2], { sizes: [2, 1, 4, 5] }, { mode: string("linear") }),
  ...["linear", "cubic"].map((mode) =>
    resized(
      `${mode}, a scale that keeps one extent`,
      [1, 1, 2, 3],
      { scales: [1, 1, 1.125, 2] },
      { mode: string(mode) },
    ),
  ),
  resized("1-D", [1, 2, 4], { scales: [1, 1, 2] }, { mode: string("nearest") }),
  resized("1-D linear", [1, 2, 4], { sizes: [1, 2, 7] }, { mode: string("linear") }),
  resized("3-D nearest", [1, 1, 2, 2, 2], { scales: [1, 1, 2, 1, 2] }, { mode: string("nearest") }),
  resized("3-D linear", [1, 1, 2, 2, 2], { sizes: [1, 1, 3, 2, 4] }, { mode: string("linear") }),
  resized("axes, scales", [1, 2, 3, 3], { scales: [2, 1.5] }, { axes: ints([2, 3]), mode: string("linear") }),
  resized(
    "axes, sizes, negative",
    [1, 2, 3, 3],
    { sizes: [4, 5] },
    { axes: ints([-2, -1]), mode: string("nearest") },
  ),
  resized("channels last", [1, 3, 2, 2], { scales: [1, 2, 2, 1] }, { mode: string("nearest") }),
  resized("channels last, linear", [1, 3, 2, 2], { scales: [1, 2, 2, 1] }, { mode: string("linear") }),
  resized(
    "cubic, exclude_outside and coefficient",
    [1, 1, 3, 4],
    { scales: [1, 1, 2, 2] },
    {
      mode: string("cubic"),
      exclude_outside: int(1),
      cubic_coeff_a: float(-0.5),
    },
  ),
  resized(
    "antialias",
    [1, 1, 6, 6],
    { scales: [1, 1, 0.5, 0.5] },
    { mode: string("linear"), antialias: int(1) },
  ),
  ...["nearest", "linear", "cubic"].flatMap((mode) => [
    resized(
      `${mode}, half_pixel_symmetric`,
      [1, 1, 3, 4],
      { scales: [1, 1, 1.7, 0.6] },
      {
        mode: string(mode),
        coordinate_transformation_mode: string("half_pixel_symmetric"),
      },
      19,
    ),
    ...["not_larger", "not_smaller"].flatMap((policy) =>
      [
        [7, 6],
        [4, 9],
        [2, 3],
      ].map((sizes) =>
        resized(
          `${mode}, ${policy}, to ${sizes}`,
          [1, 2, 3, 4],
          { sizes },
          {
            mode: string(mode),
            axes: ints([2, 3]),
            keep_aspect_ratio_policy: string(policy),
          },
        ),
      ),
    ),
    ...[{ scales: [1, 1, 1.5, 0.75] }, { sizes: [1, 1, 3, 5] }].map((target) =>
      resized(`${mode}, crop beyond the image, ${Object.keys(target)}`, [1, 1, 3, 4], target, {
        mode: string(mode),
        coordinate_transformation_mode: string("tf_crop_and_resize"),
        extrapolation_value: float(7),
      }),
    ),
  ]),
  ...["linear", "cubic"].map((mode) =>
    resized(
      `${mode}, antialias, sizes, axes`,
      [1, 2, 6, 5],
      { sizes: [3, 2] },
      {
        mode: string(mode),
        antialias: int(1),
        axes: ints([2, 3]),
      },
    ),
  ),
  resized(
    "one axis only, the first of two",
    [1, 2, 3, 3],
    { scales: [2.5] },
    { axes: ints([2]), mode: string("cubic") },
  ),
  resized(
    "opset 11",
    [1, 1, 3, 3],
    { scales: [1, 1, 2, 2] },
    {
      mode: string("linear"),
      coordinate_transformation_mode: string("align_corners"),
    },
    13,
  ),
];
