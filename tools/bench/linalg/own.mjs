// What the package gains over itself: the leading singular triplets instead of all, and two workers instead of
// one. Interleaved; prints medians and ratios. Two workers need two idle cores to show anything.

import { backend, matmul, matrix, normal, svd, svds } from "@vielbein/linalg";
import { LinalgPool } from "@vielbein/linalg/pool";

const rounds = Number(process.argv[2] ?? 9);
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** A 512 × 512 matrix with the slowly falling spectrum of a Jacobian, from 1 down to 1e-6. */
function jacobianLike(seed) {
  const n = 512;
  const { u } = svd(matrix(n, n, normal(seed, 0, n * n)));
  const { v } = svd(matrix(n, n, normal(seed, 1, n * n)));
  const scaled = matrix(
    n,
    n,
    u.data.map((x, i) => x * 10 ** ((-6 * (i % n)) / (n - 1))),
  );
  return matmul(scaled, v, { transposeB: true });
}

async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

const a = jacobianLike(1);
const full = [];
const leading = [];
for (let round = 0; round < rounds; round++) {
  full.push(await timed(() => svd(a)));
  leading.push(await timed(() => svds(a, 10)));
}
const { s } = await svds(a, 10);
const exact = svd(a).s;
const error = Math.max(...Array.from(s, (value, i) => Math.abs(value / exact[i] - 1)));
console.log(`backend ${backend().name}, ${rounds} rounds`);
console.log(`svd 512: ${median(full).toFixed(1)} ms`);
console.log(
  `svds 512, k = 10: ${median(leading).toFixed(1)} ms, ratio ${(median(leading) / median(full)).toFixed(2)}, largest relative error ${error.toExponential(1)}`,
);

const one = new LinalgPool({ workers: 1 });
const two = new LinalgPool({ workers: 2 });
const many = (pool) => Promise.all(Array.from({ length: 16 }, () => pool.svd(a)));
await Promise.all([many(one), many(two)]);
const times = { one: [], two: [] };
for (let round = 0; round < Math.max(3, rounds >> 1); round++) {
  times.one.push(await timed(() => many(one)));
  times.two.push(await timed(() => many(two)));
}
console.log(
  `16 SVDs of 512: one worker ${median(times.one).toFixed(0)} ms, two ${median(times.two).toFixed(0)} ms, throughput × ${(median(times.one) / median(times.two)).toFixed(2)}`,
);
await Promise.all([one.close(), two.close()]);
