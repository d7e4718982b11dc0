// The lasso of one target: coordinate descent (Friedman, Hastie & Tibshirani, J. Stat. Softw. 33, 2010) comes near, and
// an active-set method (feature-sign search; Lee, Battle, Raina & Ng, "Efficient Sparse Coding Algorithms", NIPS 2006)
// ends at the exact minimum, which coordinate descent alone takes for ever to reach where codes are strongly
// correlated.

import { type Matrix, matrix, rowAt, solve } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";

const SWEEPS = 100;
const STEPS_PER_CODE = 20;
/** Slack of the optimality conditions, relative to α. */
const TOLERANCE = 1e-9;
/** Added to the diagonal of 1: among codes that repeat each other it makes the solution unique. */
const JITTER = 1e-11;

/** The w `[d]` that minimises wᵀGw/2 − cᵀw + α‖w‖₁ for the correlations G of the codes and c of codes and target. */
export function lassoCoefficients(g: Matrix, c: Float64Array, alpha: number): Float64Array {
  const d = g.rows;
  const w = coordinateDescent(g, c, alpha);
  const signs = w.map(Math.sign);
  for (let step = 0; step < STEPS_PER_CODE * d + STEPS_PER_CODE; step++) {
    const active = [...signs.keys()].filter((i) => signs[i] !== 0);
    const goal = minimumOn(active, signs, g, c, alpha);
    // Go there, but only as far as the first coefficient that would change its sign, and drop that.
    let share = 1;
    let dropped = -1;
    active.forEach((i, k) => {
      if (goal[k] * signs[i] > 0) return;
      const reach = w[i] === goal[k] ? 0 : w[i] / (w[i] - goal[k]);
      if (reach >= share) return;
      share = reach;
      dropped = i;
    });
    active.forEach((i, k) => {
      w[i] += share * (goal[k] - w[i]);
    });
    if (dropped >= 0) {
      w[dropped] = 0;
      signs[dropped] = 0;
      continue;
    }
    const rest = residual(g, c, w);
    const worst = rest.reduce(
      (best, x, i) => (signs[i] === 0 && Math.abs(x) > Math.abs(rest[best] ?? 0) ? i : best),
      -1,
    );
    if (worst < 0 || Math.abs(rest[worst]) <= alpha * (1 + TOLERANCE)) return w;
    signs[worst] = Math.sign(rest[worst]);
  }
  throw new VielbeinError(
    "NUMERICAL_FAILURE",
    `lasso: no minimum found in ${STEPS_PER_CODE * d} steps over ${d} codes. Raise alpha (${alpha}), or leave out codes that repeat others.`,
  );
}

/** The minimum over the active coefficients with their signs as they are: G_AA·w = c_A − α·signs. */
function minimumOn(
  active: readonly number[],
  signs: Float64Array,
  g: Matrix,
  c: Float64Array,
  alpha: number,
): Float64Array {
  const k = active.length;
  const own = matrix(k, k);
  active.forEach((i, row) => {
    active.forEach((j, col) => {
      own.data[row * k + col] = g.data[i * g.cols + j] + (i === j ? JITTER : 0);
    });
  });
  const right = Float64Array.from(active, (i) => c[i] - alpha * signs[i]);
  return solve(own, matrix(k, 1, right), { structure: "positive" }).data;
}

/** c − Gw. */
function residual(g: Matrix, c: Float64Array, w: Float64Array): Float64Array {
  return c.map((value, i) => {
    const row = rowAt(g.data, i, g.cols);
    return value - row.reduce((sum, x, j) => sum + x * w[j], 0);
  });
}

/** Cycles through the coefficients: wⱼ ← soft(cⱼ − Σ_{k≠j} Gⱼₖwₖ, α)/Gⱼⱼ. */
function coordinateDescent(g: Matrix, c: Float64Array, alpha: number): Float64Array {
  const d = g.rows;
  const w = new Float64Array(d);
  // c − Gw, updated with every coefficient that moves.
  const rest = c.slice();
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let settled = true;
    for (let j = 0; j < d; j++) {
      const own = g.data[j * (d + 1)];
      if (own === 0) continue;
      const partial = rest[j] + own * w[j];
      const moved = (Math.sign(partial) * Math.max(0, Math.abs(partial) - alpha)) / own - w[j];
      if (moved === 0) continue;
      w[j] += moved;
      for (let k = 0; k < d; k++) rest[k] -= moved * g.data[j * d + k];
      if (Math.abs(moved) > TOLERANCE) settled = false;
    }
    if (settled) break;
  }
  return w;
}
