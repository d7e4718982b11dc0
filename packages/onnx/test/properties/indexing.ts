// Operators that pick elements by random indices or put them in place.

import fc from "fast-check";
import { int, string } from "../../src/model/attributes.ts";
import { product } from "../helpers.ts";
import { axisOf, extent, flag, many, operands, shape } from "./draws.ts";
import { type OperatorProperty, property } from "./property.ts";

const reduction = fc.constantFrom("none", "add", "mul", "max", "min");

/** A shape, an axis, and indices along it, no greater than the shape along the other axes. */
const elements = shape(1, 3)
  .chain((dims) => fc.record({ dims: fc.constant(dims), axis: axisOf(dims.length), count: extent }))
  .chain(({ dims, axis, count }) => {
    const at = fc.tuple(...dims.map((size) => fc.integer({ min: 1, max: size })));
    return at.map((smaller) => ({ dims, axis, at: (smaller as number[]).with(axis, count) }));
  })
  .chain(({ dims, axis, at }) =>
    fc.record({
      dims: fc.constant(dims),
      axis: fc.constant(axis),
      at: fc.constant(at),
      indices: many(axisOf(dims.at(axis)!), product(at)),
      reduction,
      operands,
    }),
  );

/** Distinct indices along the axis: without a reduction, updates of one place leave open which of them wins. */
const distinct = elements.filter(({ dims, axis, at, indices, reduction: how }) => {
  if (how !== "none") return true;
  const stride = product(at.slice(at.length + Math.min(axis, axis - at.length)).slice(1));
  const places = indices.map((index, i) => {
    const outer = Math.floor(i / (stride * at.at(axis)!));
    return `${outer} ${(index + dims.at(axis)!) % dims.at(axis)!} ${i % stride}`;
  });
  return new Set(places).size === places.length;
});

/** Indices of `depth` leading axes after `batch` common ones. */
const tuples = shape(1, 4).chain((dims) =>
  fc.tuple(fc.integer({ min: 1, max: dims.length }), fc.nat(1)).chain(([depth, wanted]) => {
    const batch = Math.min(wanted, dims.length - depth);
    return fc
      .record({
        dims: fc.constant(dims),
        depth: fc.constant(depth),
        batch: fc.constant(batch),
        count: extent,
      })
      .chain((drawn) => {
        const places = product(dims.slice(0, batch)) * drawn.count;
        const tuple = fc.tuple(...dims.slice(batch, batch + depth).map((size) => axisOf(size)));
        return fc.record({ drawn: fc.constant(drawn), indices: many(tuple, places), reduction, operands });
      });
  }),
);

export const indexing: OperatorProperty[] = [
  property("GatherElements", elements, (g, { dims, axis, at, indices }) =>
    g.op("GatherElements", [g.variable(dims), g.int64(indices, at)], { axis: int(axis) }),
  ),
  property("ScatterElements", distinct, (g, { dims, axis, at, indices, reduction: how, operands: kinds }) => {
    const inputs = [g[kinds[0]](dims), g.int64(indices, at), g[kinds[1]](at)];
    return g.op("ScatterElements", inputs, { axis: int(axis), reduction: string(how) });
  }),
  property("GatherND", tuples, (g, { drawn: { dims, depth, batch, count }, indices }) =>
    g.op("GatherND", [g.variable(dims), g.int64(indices.flat(), [...dims.slice(0, batch), count, depth])], {
      batch_dims: int(batch),
    }),
  ),
  property(
    "ScatterND",
    tuples.filter(({ drawn: { dims, batch }, indices, reduction: how }) => {
      const places = indices.map((at) => at.map((i, axis) => (i + dims[axis]!) % dims[axis]!).join());
      return batch === 0 && (how !== "none" || new Set(places).size === places.length);
    }),
    (g, { drawn: { dims, depth, count }, indices, reduction: how, operands: kinds }) => {
      const updates = [count, ...dims.slice(depth)];
      const inputs = [g[kinds[0]](dims), g.int64(indices.flat(), [count, depth]), g[kinds[1]](updates)];
      return g.op("ScatterND", inputs, { reduction: string(how) });
    },
  ),
  property(
    "TopK",
    shape()
      .chain((dims) => fc.tuple(fc.constant(dims), axisOf(dims.length)))
      .chain(([dims, axis]) =>
        fc.record({
          dims: fc.constant(dims),
          axis: fc.constant(axis),
          k: fc.integer({ min: 1, max: dims.at(axis)! }),
          largest: flag,
        }),
      ),
    (g, { dims, axis, k, largest }) =>
      g.ops("TopK", [g.variable(dims), g.int64([k])], { axis: int(axis), largest: int(largest) }, 2)[0]!,
  ),
];
