// One network in every operator set: the forms of operators differ, the derivative does not.

import { test } from "vitest";
import { int, ints } from "../../src/model/attributes.ts";
import { type Build, expectDerivative } from "../derivative.ts";

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
