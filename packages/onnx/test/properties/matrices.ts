// Products of matrices: random batches, transpositions and index equations.

import fc from "fast-check";
import { float, int, string } from "../../src/model/attributes.ts";
import { broadcastable, eighths, extent, flag, operands } from "./draws.ts";
import { type OperatorProperty, property } from "./property.ts";

/** Each operand has some of the letters; the result has some of those, in any order, or the default. */
const equations = fc
  .record({
    sizes: fc.record({ a: extent, b: extent, c: extent, d: extent }),
    terms: fc.array(fc.array(fc.constantFrom(..."abcd"), { minLength: 1, maxLength: 3 }), {
      minLength: 1,
      maxLength: 3,
    }),
  })
  .chain(({ sizes, terms }) =>
    fc.record({
      dims: fc.constant(terms.map((term) => term.map((letter) => sizes[letter as keyof typeof sizes]))),
      equation: fc
        .option(fc.shuffledSubarray([...new Set(terms.flat())]))
        .map((result) => terms.map((term) => term.join("")).join() + (result ? `->${result.join("")}` : "")),
    }),
  );

export const matrices: OperatorProperty[] = [
  property(
    "MatMul",
    fc.record({
      batches: broadcastable.filter(([a, b]) => a.length <= 2 && b.length <= 2),
      rows: fc.option(extent),
      inner: extent,
      columns: fc.option(extent),
      kinds: operands,
    }),
    // Without rows or columns the operand is a vector, which has no batch.
    (g, { batches: [a, b], rows, inner, columns, kinds: [first, second] }) =>
      g.op("MatMul", [
        g[first](rows === null ? [inner] : [...a, rows, inner]),
        g[second](columns === null ? [inner] : [...b, inner, columns]),
      ]),
  ),
  property(
    "Gemm",
    fc.record({
      size: fc.tuple(extent, extent, extent),
      transA: flag,
      transB: flag,
      alpha: eighths(-2, 2),
      beta: eighths(-2, 2),
      bias: fc.option(fc.constantFrom("scalar", "row", "column", "full")),
      kinds: operands,
      biasKind: fc.constantFrom("variable" as const, "constant" as const),
    }),
    (g, { size: [m, k, n], transA, transB, alpha, beta, bias, kinds: [first, second], biasKind }) => {
      const inputs = [g[first](transA ? [k, m] : [m, k]), g[second](transB ? [n, k] : [k, n])];
      const shapes = { scalar: [], row: [n], column: [m, 1], full: [m, n] };
      if (bias !== null) inputs.push(g[biasKind](shapes[bias as keyof typeof shapes]));
      return g.op("Gemm", inputs, {
        transA: int(transA),
        transB: int(transB),
        alpha: float(alpha),
        beta: float(beta),
      });
    },
  ),
  property("Einsum", equations, (g, { dims, equation }) =>
    g.op(
      "Einsum",
      dims.map((each) => g.variable(each)),
      { equation: string(equation) },
    ),
  ),
];
