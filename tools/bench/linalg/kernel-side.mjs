// The kernel's raw exports (packages/linalg/kernel/api.h). A call includes the copy of the input into the heap.
//   node kernel-side.mjs lapack.wasm|lapack-relaxed.wasm|lapack.js <folder of inputs>

import { readFileSync } from "node:fs";

import { serve } from "./side.mjs";

const file = process.argv[2];
const built = new URL("../../../packages/linalg/kernel/built/", import.meta.url);
const la = file.endsWith(".js")
  ? (await import(new URL(file, built))).instantiate()
  : new WebAssembly.Instance(new WebAssembly.Module(readFileSync(new URL(file, built))), {}).exports;

const view = (pointer, length) => new Float64Array(la.memory.buffer, pointer, length);
const alloc = (length) => la.la_alloc(8 * length);
const must = (info) => {
  if (info !== 0) throw new Error(`info ${info}`);
};

// A way whose call is: copy the input, run, with buffers made once.
const decomposition = (buffers, run, check) => ({
  prepare(data, rows, cols) {
    const state = { data, rows, cols, a: alloc(data.length) };
    for (const [name, length] of Object.entries(buffers(rows, cols))) state[name] = alloc(length);
    return state;
  },
  call(state) {
    view(state.a, state.data.length).set(state.data);
    run(state);
  },
  check: (state) => check(state, view),
});

const svd = (job) =>
  decomposition(
    (m, n) => ({ s: Math.min(m, n), u: m * Math.min(m, n), v: n * Math.min(m, n) }),
    // A row-major [m, n] is a column-major [n, m].
    ({ rows, cols, a, s, u, v }) => must(la.la_gesdd(job, cols, rows, a, s, v, u)),
    ({ s }) => view(s, 1)[0],
  );

const eigh = decomposition(
  (n) => ({ w: n }),
  ({ rows, a, w }) => must(la.la_syevd(1, rows, a, w)),
  ({ rows, w }) => view(w, rows)[rows - 1],
);

const tallRows = 512;

await serve(
  {
    "SVD 512": svd(1),
    "SVD 512, values only": svd(0),
    "SVD 2048×512": svd(1),
    "eigh 512": eigh,
    "eigh 1024": eigh,
    "eigh 4×4": eigh,
    "QR 512": decomposition(
      (m, n) => ({ c: m * n, tau: n, r: n * n }),
      ({ rows, cols, a, c, tau, r }) => {
        la.la_transpose(cols, rows, a, c);
        must(la.la_geqrf(rows, cols, c, tau));
        la.la_extract_r(rows, cols, c, r);
        must(la.la_orgqr(rows, cols, cols, c, tau));
      },
      ({ r }) => Math.abs(view(r, 1)[0]),
    ),
    "Cholesky 512": decomposition(
      () => ({}),
      ({ rows, a }) => must(la.la_potrf(1, rows, a)),
      ({ a, data }) => view(a, data.length).at(-1),
    ),
    ...Object.fromEntries(
      ["matmul 512", "matmul 1024"].map((name) => [
        name,
        decomposition(
          (m) => ({ c: m * m }),
          ({ rows: n, a, c }) => la.la_gemm(0, 0, n, n, n, 1, a, n, a, n, 0, c, n),
          ({ c }) => view(c, 1)[0],
        ),
      ]),
    ),
    "Gram 200k×64": chunked((state, pointer, rows) =>
      la.la_syrk(0, state.cols, rows, 1, pointer, state.cols, 1, state.r, state.cols),
    ),
    "TSQR 200k×64, R only": chunked((state, pointer, rows) =>
      must(la.la_tsqr_step(state.cols, state.r, rows, pointer)),
    ),
  },
  {
    name: file
      .replace("lapack.wasm", "wasm")
      .replace("lapack-", "")
      .replace("lapack.", "")
      .replace(".wasm", ""),
  },
);

/** Tall input goes through the heap in chunks. */
function chunked(step) {
  return {
    prepare: (data, rows, cols) => ({
      data,
      rows,
      cols,
      chunk: alloc(tallRows * cols),
      r: alloc(cols * cols),
    }),
    call(state) {
      const { data, rows, cols, chunk, r } = state;
      view(r, cols * cols).fill(0);
      for (let first = 0; first < rows; first += tallRows) {
        const count = Math.min(tallRows, rows - first);
        view(chunk, count * cols).set(data.subarray(first * cols, (first + count) * cols));
        step(state, chunk, count);
      }
    },
    check: ({ r }) => Math.abs(view(r, 1)[0]),
  };
}
