// Geodesics of the Grassmannian with the canonical metric (arc length √Σθ²): exponential, logarithm, parallel
// transport. A point is a frame Y [n, k] with orthonormal columns, a tangent Δ [n, k] has YᵀΔ = 0.
// Edelman, Arias & Smith (SIAM J. Matrix Anal. Appl. 20, 1998); the logarithm after Bendokat, Zimmermann & Absil,
// "A Grassmann manifold handbook" (Adv. Comput. Math. 50, 2024), algorithm 5.3.

import { type Matrix, matmul, matrix, norm, qr, svd } from "@vielbein/linalg";
import { requireKind } from "../requirements.ts";
import { difference, requireFrame, requireSameShape, scaledColumns } from "./frames.ts";

/**
 * Exp_Y(Δ) `[n, k]`: the end of the geodesic that starts at Y with velocity Δ and lasts unit time,
 * YV·cosΣ·Vᵀ + U·sinΣ·Vᵀ with Δ = UΣVᵀ, orthonormal to rounding.
 *
 * @param y `[n, k]`, columns orthonormal.
 * @param tangent `[n, k]`; a part along Y is removed.
 * @throws {VielbeinError} `SHAPE_MISMATCH`, `INVALID_ARGUMENT`.
 */
export function grassmannExp(y: Matrix, tangent: Matrix): Matrix {
  requireKind("grassmannExp: tangent", "matrix", tangent);
  requireFrame("grassmannExp: y", y);
  requireSameShape("grassmannExp", y, tangent);
  const { u, s, v } = svd(horizontal(y, tangent));
  const along = scaledColumns(matmul(y, v), s.map(Math.cos));
  const across = scaledColumns(u, s.map(Math.sin));
  return qr(matmul(sum(along, across), v, { transposeB: true })).q;
}

/**
 * Log_Y(Z) `[n, k]`: the velocity of a shortest geodesic from span Y to span Z, ‖Log‖_F its length. It is unique
 * unless an angle is π/2; then one of the shortest is returned; YᵀZ may be singular.
 *
 * With YᵀZ = RSQᵀ the principal vectors are YR and ZQ, and Log = (ZQ − YRS)·diag(θ/sinθ)·Rᵀ, θ by atan2: accurate
 * for angles of any size.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH`, `INVALID_ARGUMENT`.
 */
export function grassmannLog(y: Matrix, z: Matrix): Matrix {
  requireFrame("grassmannLog: y", y);
  requireFrame("grassmannLog: z", z);
  requireSameShape("grassmannLog", y, z);
  const { u: r, s: cosines, v: q } = svd(matmul(y, z, { transposeA: true }));
  const across = horizontal(y, difference(matmul(z, q), scaledColumns(matmul(y, r), cosines)));
  const stretch = cosines.map((cosine, j) => {
    const sine = norm(Float64Array.from({ length: across.rows }, (_, i) => across.data[i * across.cols + j]));
    return sine === 0 ? 1 : Math.atan2(sine, cosine) / sine;
  });
  return matmul(scaledColumns(across, stretch), r, { transposeB: true });
}

/**
 * Parallel transport of tangents `vector` `[n, k]` at Y along the geodesic t ↦ Exp_Y(tΔ) to time 1:
 * (−YV·sinΣ·Uᵀ + U·cosΣ·Uᵀ + I − UUᵀ)·Ξ with Δ = UΣVᵀ (Edelman, Arias & Smith 1998, theorem 2.4). The result is a
 * tangent at {@link grassmannExp}`(y, along)`; inner products of tangents are preserved.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH`, `INVALID_ARGUMENT`.
 */
export function parallelTransport(y: Matrix, along: Matrix, vector: Matrix): Matrix {
  requireKind("parallelTransport: along", "matrix", along);
  requireKind("parallelTransport: vector", "matrix", vector);
  requireFrame("parallelTransport: y", y);
  requireSameShape("parallelTransport: along", y, along);
  requireSameShape("parallelTransport: vector", y, vector);
  const { u, s, v } = svd(horizontal(y, along));
  const tangent = horizontal(y, vector);
  const coordinates = matmul(u, tangent, { transposeA: true });
  const turned = sum(
    scaledColumns(
      matmul(y, v),
      s.map((x) => -Math.sin(x)),
    ),
    scaledColumns(
      u,
      s.map((x) => Math.cos(x) - 1),
    ),
  );
  return sum(tangent, matmul(turned, coordinates));
}

/** (I − YYᵀ)A. */
function horizontal(y: Matrix, a: Matrix): Matrix {
  return difference(a, matmul(y, matmul(y, a, { transposeA: true })));
}

function sum(a: Matrix, b: Matrix): Matrix {
  return matrix(
    a.rows,
    a.cols,
    a.data.map((x, at) => x + b.data[at]),
  );
}
