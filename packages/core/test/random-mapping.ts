// The mapping network of StyleGAN2 as it is initialised: x ← √2·LeakyReLU₀.₂(W·x) with W ~ N(0, 1/dim), behind the
// normalisation of the code, biases zero. Exact Jacobians by matrix products.

import { type Matrix, matmul, matrix, normal } from "@vielbein/linalg";
import type { DifferentiableMap } from "../src/index.ts";

export function randomMapping(dim: number, layers: number, seed: number): DifferentiableMap {
  const space = { dim, shape: [dim] };
  const weights = Array.from({ length: layers }, (_, layer) =>
    matrix(
      dim,
      dim,
      normal(seed, layer, dim * dim).map((x) => x / Math.sqrt(dim)),
    ),
  );
  const scaleRows = (a: Matrix, factors: Float64Array): Matrix =>
    matrix(
      a.rows,
      a.cols,
      a.data.map((x, at) => x * factors[Math.floor(at / a.cols)]!),
    );

  /** f(x) and J(x)·T for tangents as columns. */
  const push = (point: ArrayLike<number>, tangents: Matrix): { value: Matrix; columns: Matrix } => {
    const x = matrix(dim, 1, Float64Array.from(point));
    const length = Math.sqrt(x.data.reduce((sum, v) => sum + v * v, 0));
    const radial = matmul(x, tangents, { transposeA: true }).data;
    let value = matrix(
      dim,
      1,
      x.data.map((v) => (v * Math.sqrt(dim)) / length),
    );
    let columns = matrix(
      dim,
      tangents.cols,
      tangents.data.map((t, at) => {
        const along = (x.data[Math.floor(at / tangents.cols)]! * radial[at % tangents.cols]!) / length ** 2;
        return ((t - along) * Math.sqrt(dim)) / length;
      }),
    );
    for (const weight of weights) {
      value = matmul(weight, value);
      const slopes = value.data.map((v) => Math.SQRT2 * (v > 0 ? 1 : 0.2));
      columns = scaleRows(matmul(weight, columns), slopes);
      value = scaleRows(value, slopes);
    }
    return { value, columns };
  };

  return {
    from: { name: "z", ...space },
    to: { name: "w", ...space },
    async evaluate(points, count) {
      const result = new Float32Array(count * dim);
      for (let i = 0; i < count; i++) {
        result.set(push(points.subarray(i * dim, (i + 1) * dim), matrix(dim, 0)).value.data, i * dim);
      }
      return result;
    },
    async jvp(point, tangents, count) {
      const rows = Float64Array.from(tangents);
      const { columns } = push(
        point,
        matrix(
          dim,
          count,
          Float64Array.from(
            { length: dim * count },
            (_, at) => rows[(at % count) * dim + Math.floor(at / count)]!,
          ),
        ),
      );
      return Float32Array.from(
        { length: count * dim },
        (_, at) => columns.data[(at % dim) * count + Math.floor(at / dim)]!,
      );
    },
    async vjp() {
      throw new Error("not needed");
    },
    async dispose() {},
  };
}
