// StyleGAN2's mapping network with random weights, as it is before training: PixelNorm, then layers of
// √2·LeakyReLU₀.₂(Wx) with W ~ N(0, 1/width) and no biases. Values and derivatives in float64, by matrix products.

import { matmul, matrix, normal, transpose } from "@vielbein/linalg";
import type { DifferentiableMap } from "../src/index.ts";

export function mappingNetwork(width: number, depth: number, seed: number): DifferentiableMap {
  const weights = Array.from({ length: depth }, (_, layer) =>
    matrix(
      width,
      width,
      normal(seed, layer, width * width).map((x) => x / Math.sqrt(width)),
    ),
  );
  const slope = (x: number) => Math.SQRT2 * (x > 0 ? 1 : 0.2);

  /** f(x) and, if given, J·tangents, with points and tangents as columns. */
  const forward = (point: ArrayLike<number>, tangents = matrix(width, 0)) => {
    const z = Float64Array.from(point);
    const root = Math.sqrt(z.reduce((sum, x) => sum + x * x, 0) / width + 1e-8);
    const z1 = matrix(width, 1, z);
    const along = matmul(z1, tangents, { transposeA: true });
    // dP = I/r − z·zᵀ/(width·r³).
    let moved = matrix(
      width,
      tangents.cols,
      tangents.data.map((x, at) => {
        const [i, j] = [Math.floor(at / tangents.cols), at % tangents.cols];
        return x / root - (z[i]! * along.data[j]!) / (width * root ** 3);
      }),
    );
    let value = matrix(
      width,
      1,
      z.map((x) => x / root),
    );
    for (const weight of weights) {
      const linear = matmul(weight, value);
      value = matrix(
        width,
        1,
        linear.data.map((x) => x * slope(x)),
      );
      moved = matmul(weight, moved);
      moved.data.forEach((x, at) => {
        moved.data[at] = x * slope(linear.data[Math.floor(at / moved.cols)]!);
      });
    }
    return { value, moved };
  };

  const space = (name: string) => ({ name, dim: width, shape: [width] });
  return {
    from: space("z"),
    to: space("w"),
    async evaluate(points, count) {
      const values = new Float32Array(count * width);
      for (let i = 0; i < count; i++) {
        values.set(forward(points.subarray(i * width, (i + 1) * width)).value.data, i * width);
      }
      return values;
    },
    async jvp(point, tangents, count) {
      return Float32Array.from(
        transpose(forward(point, transpose(matrix(count, width, tangents))).moved).data,
      );
    },
    async vjp() {
      throw new Error("not needed here");
    },
    async dispose() {},
  };
}
