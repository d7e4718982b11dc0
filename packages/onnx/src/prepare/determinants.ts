// Determinants and inverses of small matrices as sums over permutations (Leibniz), which products differentiate: det A
// = Σ_σ sign σ · Π_i A[i, σ(i)], and A⁻¹ = adj A / det A, where the entries of adj A are determinants of minors. Done
// once extents are known. For larger matrices sums of n! products are neither exact nor cheap.

import type { PreparedGraph } from "../derive/prepared-graph.ts";
import { operatorName } from "../derive/unsupported.ts";
import { int } from "../model/attributes.ts";
import { DataType, inputOf, type Node, outputOf } from "../model/model.ts";
import { float32Tensor, float64Tensor } from "../model/tensor.ts";
import { GraphEdit, rewriteNodes } from "./graph-edit.ts";

/** Operators that are written out here, with their domain where that is not the standard one. */
export const determinants: readonly string[] = ["Det", "com.microsoft::Inverse"];

/** Rows of the largest matrix that is written out: 24 products of four entries. */
const LARGEST = 4;

/** A product of entries of a matrix, given by their places [row, column], with its sign. */
interface Product {
  readonly sign: number;
  readonly entries: readonly (readonly [row: number, column: number])[];
}

/** The same map with small determinants and inverses written as products. */
export function expandDeterminants(graph: PreparedGraph): PreparedGraph {
  return rewriteNodes(graph, new Rewriter(graph));
}

class Rewriter extends GraphEdit {
  changed = false;

  constructor(graph: PreparedGraph) {
    super(graph, "minor");
  }

  rewrite(node: Node): Node[] | undefined {
    const name = operatorName(node);
    if (!determinants.includes(name)) return undefined;
    const matrix = inputOf(node, 0);
    const n = this.shape(matrix).at(-1) ?? 0;
    if (n < 1 || n > LARGEST) return undefined;
    this.added = [];
    this.changed = true;
    const flat = this.reshape(matrix, [...this.shape(matrix).slice(0, -2), n * n]);
    if (name === "Det") this.#sum(flat, n, [leibniz(range(n), range(n))], outputOf(node, 0));
    else this.#inverse(flat, n, outputOf(node, 0));
    return this.added;
  }

  #inverse(flat: string, n: number, output: string): void {
    const batch = this.shape(flat).slice(0, -1);
    if (n === 1) {
      this.reshape(this.add("Reciprocal", [flat], [...batch, 1]), [...batch, 1, 1], output);
      return;
    }
    const det = this.#sum(flat, n, [leibniz(range(n), range(n))]);
    const cofactors = range(n).flatMap((i) => range(n).map((j) => cofactor(n, j, i)));
    const adjugate = this.#sum(flat, n, cofactors);
    const divisor = this.reshape(det, [...batch, 1]);
    this.reshape(this.add("Div", [adjugate, divisor], [...batch, n * n]), [...batch, n, n], output);
  }

  /** The sums, all with equally many products of equally many entries: `[..., sums]`, or `[...]` for a single sum. */
  #sum(flat: string, n: number, sums: readonly (readonly Product[])[], output?: string): string {
    const batch = this.shape(flat).slice(0, -1);
    const products = sums.flat();
    const [{ entries }] = products as [Product];
    const signs = products.map(({ sign }) => sign);
    const make = this.dataType(flat) === DataType.DOUBLE ? float64Tensor : float32Tensor;
    let product = this.constant(make("", signs, [signs.length]));
    for (const k of entries.keys()) {
      const places = products.map((each) => each.entries[k][0] * n + each.entries[k][1]);
      const shape = [...batch, places.length];
      const factors = this.add("Gather", [flat, this.int64(places)], shape, { axis: int(-1) });
      product = this.add("Mul", [factors, product], shape);
    }
    const terms = products.length / sums.length;
    const kept = sums.length === 1 && output !== undefined ? batch : [...batch, sums.length];
    const grouped = this.reshape(product, [...batch, sums.length, terms]);
    const summed = this.add("ReduceSum", [grouped, this.int64([-1])], [...batch, sums.length], {
      keepdims: int(0),
    });
    return output === undefined ? summed : this.reshape(summed, kept, output);
  }
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** The determinant of the minor of these rows and columns. */
function leibniz(rows: readonly number[], columns: readonly number[]): Product[] {
  const [row, ...others] = rows;
  if (row === undefined) return [{ sign: 1, entries: [] }];
  return columns.flatMap((column, j) =>
    leibniz(
      others,
      columns.filter((each) => each !== column),
    ).map(({ sign, entries }) => ({
      sign: j % 2 === 0 ? sign : -sign,
      entries: [[row, column] as const, ...entries],
    })),
  );
}

/** (−1)^(i+j) times the determinant without row i and column j. */
function cofactor(n: number, i: number, j: number): Product[] {
  const without = (left: number): number[] => range(n).filter((each) => each !== left);
  return leibniz(without(i), without(j)).map((product) => ({
    ...product,
    sign: (i + j) % 2 === 0 ? product.sign : -product.sign,
  }));
}
