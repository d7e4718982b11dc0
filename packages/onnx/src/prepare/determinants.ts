// Determinants of small matrices as sums over permutations (Leibniz), which products differentiate:
// det A = Σ_σ sign σ · Π_i A[i, σ(i)]. Done once extents are known. For larger matrices sums of n! products are neither
// exact nor cheap.

import type { PreparedGraph } from "../derive/prepared-graph.ts";
import { int } from "../model/attributes.ts";
import { DataType, inputOf, type Node, outputOf } from "../model/model.ts";
import { float32Tensor, float64Tensor } from "../model/tensor.ts";
import { GraphEdit, rewriteNodes } from "./graph-edit.ts";

/** Rows of the largest matrix: 24 products of four. */
const LARGEST = 4;

/** A product of one entry of every row, by their columns, with its sign. */
interface Product {
  readonly sign: number;
  readonly columns: readonly number[];
}

/** The same map with small determinants written as products. */
export function expandDeterminants(graph: PreparedGraph): PreparedGraph {
  return rewriteNodes(graph, new Rewriter(graph));
}

class Rewriter extends GraphEdit {
  changed = false;

  constructor(graph: PreparedGraph) {
    super(graph, "determinant");
  }

  rewrite(node: Node): Node[] | undefined {
    if (node.domain !== "" || node.opType !== "Det") return undefined;
    const matrices = inputOf(node, 0);
    const n = this.shape(matrices).at(-1) ?? 0;
    if (n < 1 || n > LARGEST) return undefined;
    this.added = [];
    this.changed = true;
    const batch = this.shape(matrices).slice(0, -2);
    const flat = this.reshape(matrices, [...batch, n * n]);
    const products = leibniz(Array.from({ length: n }, (_, i) => i));
    const shape = [...batch, products.length];
    const make = this.dataType(flat) === DataType.DOUBLE ? float64Tensor : float32Tensor;
    const signs = products.map(({ sign }) => sign);
    let product = this.constant(make("", signs, [signs.length]));
    for (let row = 0; row < n; row++) {
      const places = this.int64(products.map(({ columns }) => row * n + columns[row]));
      const factors = this.add("Gather", [flat, places], shape, { axis: int(-1) });
      product = this.add("Mul", [factors, product], shape);
    }
    this.add("ReduceSum", [product, this.int64([-1])], batch, { keepdims: int(0) }, outputOf(node, 0));
    return this.added;
  }
}

/** Products with one entry of these columns in every row. */
function leibniz(columns: readonly number[]): Product[] {
  if (columns.length === 0) return [{ sign: 1, columns: [] }];
  return columns.flatMap((column, j) =>
    leibniz(columns.filter((each) => each !== column)).map((rest) => ({
      sign: j % 2 === 0 ? rest.sign : -rest.sign,
      columns: [column, ...rest.columns],
    })),
  );
}
