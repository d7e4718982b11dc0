// Sampling at the points of a grid: derivatives in the image, in the grid, and in both.

import { int, string } from "../../src/model/attributes.ts";
import { type OperatorCase, operatorCase } from "./case.ts";

type Shape = readonly number[];

interface Grid {
  readonly mode: string;
  readonly padding: string;
  readonly corners?: boolean;
  readonly image?: Shape;
  readonly grid?: Shape;
  readonly opset?: number;
}

/** Points inside and, where they exceed 1 by far, several reflections outside of the image. */
function sampled(about: string, depends: "image" | "grid" | "both", options: Grid): OperatorCase {
  const { mode, padding, corners = false, image = [1, 2, 3, 4], grid = [1, 2, 3, 2], opset = 20 } = options;
  return operatorCase(
    "GridSample",
    `${mode}, ${padding}, ${about}, in ${depends}`,
    (g) => {
      const x = depends === "grid" ? g.constant(image) : g.variable(image);
      const range = { low: 0.13, high: 2.6 };
      const points = depends === "image" ? g.constant(grid, range) : g.variable(grid, range);
      return g.op("GridSample", [x, points], {
        mode: string(mode),
        padding_mode: string(padding),
        align_corners: int(corners ? 1 : 0),
      });
    },
    { opset },
  );
}

const paddings = ["zeros", "border", "reflection"];
const grids = paddings.flatMap((padding) =>
  [false, true].flatMap((corners) => {
    const about = corners ? "corners" : "edges";
    return [
      ...(["image", "grid", "both"] as const).map((depends) =>
        sampled(about, depends, { mode: "linear", padding, corners }),
      ),
      sampled(about, "both", { mode: "cubic", padding, corners, image: [1, 1, 4, 5] }),
      sampled(about, "image", { mode: "nearest", padding, corners }),
      sampled(`${about}, two images`, "both", {
        mode: "linear",
        padding,
        corners,
        image: [2, 2, 2, 3],
        grid: [2, 1, 2, 2],
      }),
      sampled(`${about}, volume`, "both", {
        mode: "linear",
        padding,
        corners,
        image: [1, 1, 2, 3, 2],
        grid: [1, 1, 2, 2, 3],
      }),
    ];
  }),
);

export const sampling: OperatorCase[] = [
  ...grids,
  ...["bilinear", "bicubic"].map(
    (mode): OperatorCase => ({
      // The engine has the older form in single precision only.
      ...sampled("opset 16", "image", { mode, padding: "reflection", opset: 16 }),
      reference: "affine",
    }),
  ),
  sampled("one pixel", "both", { mode: "linear", padding: "border", corners: true, image: [1, 1, 1, 1] }),
  sampled("one pixel", "both", { mode: "linear", padding: "reflection", corners: true, image: [1, 1, 1, 1] }),
  ...[0, 1].flatMap((corners) => [
    operatorCase(
      "AffineGrid",
      `plane, align_corners ${corners}`,
      (g) =>
        g.op("AffineGrid", [g.variable([2, 2, 3]), g.int64([2, 1, 2, 3])], { align_corners: int(corners) }),
      { opset: 20 },
    ),
    operatorCase(
      "AffineGrid",
      `space, align_corners ${corners}`,
      (g) =>
        g.op("AffineGrid", [g.variable([1, 3, 4]), g.int64([1, 1, 2, 3, 2])], {
          align_corners: int(corners),
        }),
      { opset: 20 },
    ),
  ]),
  operatorCase(
    "AffineGrid",
    "as the grid of a spatial transformer",
    (g) => {
      const grid = g.op("AffineGrid", [g.variable([1, 2, 3]), g.int64([1, 1, 3, 3])]);
      return g.op("GridSample", [g.variable([1, 1, 4, 4]), grid], { mode: string("linear") });
    },
    { opset: 20 },
  ),
];
