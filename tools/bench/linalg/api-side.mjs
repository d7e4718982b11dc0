// The public API of @vielbein/linalg, as its users call it: results are fresh arrays. Build the package first.
//   node api-side.mjs wasm|wasm-relaxed|js <folder of inputs>

import * as la from "../../../packages/linalg/dist/index.js";
import { serve } from "./side.mjs";

const wanted = process.argv[2];
await la.initialize({ backend: wanted });

const way = (run, check) => ({
  prepare: (data, rows, cols) => ({ a: la.matrix(rows, cols, data) }),
  call(state) {
    state.result = run(state.a);
  },
  check: ({ result }) => check(result),
});

const svd = way(
  (a) => la.svd(a),
  ({ s }) => s[0],
);
const eigh = way(
  (a) => la.eigh(a),
  ({ values }) => Math.max(...values),
);
const matmul = way(
  (a) => la.matmul(a, a),
  ({ data }) => data[0],
);

const CHUNK = 512;
function* chunks({ rows, cols, data }) {
  for (let first = 0; first < rows; first += CHUNK) {
    const count = Math.min(CHUNK, rows - first);
    yield { rows: count, cols, data: data.subarray(first * cols, (first + count) * cols) };
  }
}

await serve(
  {
    "SVD 512": svd,
    "SVD 512, values only": way(
      (a) => la.svd(a, { vectors: "none" }),
      ({ s }) => s[0],
    ),
    "SVD 2048×512": svd,
    "eigh 512": eigh,
    "eigh 1024": eigh,
    "eigh 4×4": eigh,
    "QR 512": way(
      (a) => la.qr(a),
      ({ r }) => Math.abs(r.data[0]),
    ),
    "Cholesky 512": way(
      (a) => la.cholesky(a),
      ({ data }) => data.at(-1),
    ),
    "matmul 512": matmul,
    "matmul 1024": matmul,
    "Gram 200k×64": way(
      (a) => la.gram(a),
      ({ data }) => data[0],
    ),
    "TSQR 200k×64, R only": way(
      (a) => {
        const qr = new la.StreamingQr(a.cols);
        for (const chunk of chunks(a)) qr.append(chunk);
        return qr.result().r;
      },
      (r) => Math.abs(r.data[0]),
    ),
  },
  { name: `api-${wanted}` },
);
