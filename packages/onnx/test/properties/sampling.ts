// Resizing and sampling of random images: all modes, coordinates and paddings.

import fc from "fast-check";
import { float, int, ints, string } from "../../src/model/attributes.ts";
import { eighths, extent, flag, many, operands } from "./draws.ts";
import { type OperatorProperty, property } from "./property.ts";

const short = fc.integer({ min: 1, max: 2 });
const side = fc.integer({ min: 2, max: 4 });

const resized = fc.record({
  batch: short,
  channels: short,
  size: fc.tuple(side, side),
  target: fc.oneof(
    fc.record({ scales: many(eighths(0.625, 2.5), 2) }),
    fc.record({ sizes: many(fc.integer({ min: 1, max: 6 }), 2) }),
  ),
  mode: fc.constantFrom("nearest", "linear", "cubic"),
  coordinates: fc.constantFrom(
    "half_pixel",
    "asymmetric",
    "align_corners",
    "pytorch_half_pixel",
    "half_pixel_symmetric",
  ),
  nearest: fc.constantFrom("round_prefer_floor", "round_prefer_ceil", "floor", "ceil"),
  excludeOutside: flag,
  coefficient: fc.constantFrom(-0.75, -0.5),
  named: fc.boolean(),
});

/** A plane or a space, and how many points of it are sampled. */
const grids = fc
  .record({
    images: short,
    channels: short,
    size: fc.oneof(fc.tuple(side, side), fc.tuple(short, side, short)),
    points: fc.integer({ min: 1, max: 3 }),
    mode: fc.constantFrom("linear", "nearest", "cubic"),
    padding: fc.constantFrom("zeros", "border", "reflection"),
    corners: flag,
    kinds: operands,
  })
  // Cubic interpolation is defined in the plane only; the nearest pixel's derivative in the grid is zero.
  .map((drawn) => ({
    ...drawn,
    mode: drawn.mode === "cubic" && drawn.size.length > 2 ? "linear" : drawn.mode,
  }))
  .filter(({ mode, kinds }) => mode !== "nearest" || kinds[0] === "variable");

export const sampling: OperatorProperty[] = [
  property(
    "Resize",
    resized,
    (g, { batch, channels, size, target, named, ...how }) => {
      const leading = named ? [] : [1, 1];
      const inputs =
        "scales" in target
          ? ["", g.float32([...leading, ...target.scales])]
          : ["", "", g.int64([...(named ? [] : [batch, channels]), ...target.sizes])];
      return g.op("Resize", [g.variable([batch, channels, ...size]), ...inputs], {
        mode: string(how.mode),
        coordinate_transformation_mode: string(how.coordinates),
        nearest_mode: string(how.nearest),
        cubic_coeff_a: float(how.coefficient),
        exclude_outside: int(how.mode === "cubic" ? how.excludeOutside : 0),
        ...(named ? { axes: ints([2, 3]) } : {}),
      });
    },
    { opset: 19, reference: "affine" },
  ),
  property(
    "GridSample",
    grids,
    (g, { images, channels, size, points, mode, padding, corners, kinds: [image, grid] }) => {
      const rank = size.length;
      const at = [images, ...Array<number>(rank - 1).fill(1), points, rank];
      return g.op(
        "GridSample",
        [g[image]([images, channels, ...size]), g[grid](at, { low: 0.13, high: 2.6 })],
        { mode: string(mode), padding_mode: string(padding), align_corners: int(corners) },
      );
    },
    { opset: 20 },
  ),
  property(
    "AffineGrid",
    fc.record({
      images: short,
      size: fc.oneof(fc.tuple(extent, extent), fc.tuple(short, extent, short)),
      corners: flag,
    }),
    (g, { images, size, corners }) =>
      g.op(
        "AffineGrid",
        [g.variable([images, size.length, size.length + 1]), g.int64([images, 1, ...size])],
        { align_corners: int(corners) },
      ),
    { opset: 20 },
  ),
];
