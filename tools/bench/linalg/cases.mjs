// What is measured. Inputs are row-major float64, written to files by the driver so that every side factorises the same
// numbers; `check` is one number that every side must agree on to nine digits.

/** name → { rows, cols, kind of input, calls per turn, targets: ratio to NumPy of wasm, wasm-relaxed, js } */
export const cases = {
  "SVD 512": { input: "a512", calls: 1, targets: { wasm: 1.6, relaxed: 1.25, js: 7 } },
  "SVD 512, values only": { input: "a512", calls: 1, targets: {} },
  "SVD 2048×512": { input: "a2048x512", calls: 1, targets: { wasm: 2.0, relaxed: 1.6 } },
  "eigh 512": { input: "s512", calls: 2, targets: { wasm: 1.9, relaxed: 1.5 } },
  "eigh 1024": { input: "s1024", calls: 1, targets: { wasm: 2.0, relaxed: 1.7 } },
  "QR 512": { input: "a512", calls: 4, targets: { wasm: 2.1, relaxed: 1.5 } },
  "Cholesky 512": { input: "p512", calls: 20, targets: {} },
  "matmul 512": { input: "a512", calls: 10, targets: {} },
  "matmul 1024": { input: "a1024", calls: 1, targets: { wasm: 4.5, relaxed: 2.6 } },
  "Gram 200k×64": { input: "tall", calls: 1, targets: { wasm: 3, relaxed: 2 } },
  "TSQR 200k×64, R only": { input: "tall", calls: 1, targets: { wasm: 0.5, relaxed: 0.5 } },
  "eigh 4×4": { input: "s4", calls: 2000, targets: {}, micro: true },
};

/** name → shape and how to fill it. */
export const inputs = {
  a512: { rows: 512, cols: 512, kind: "general" },
  a1024: { rows: 1024, cols: 1024, kind: "general" },
  a2048x512: { rows: 2048, cols: 512, kind: "general" },
  tall: { rows: 200000, cols: 64, kind: "general" },
  s4: { rows: 4, cols: 4, kind: "symmetric" },
  s512: { rows: 512, cols: 512, kind: "symmetric" },
  s1024: { rows: 1024, cols: 1024, kind: "symmetric" },
  p512: { rows: 512, cols: 512, kind: "definite" },
};

/** Seeded entries, uniform in (-0.5, 0.5); symmetric, or with a diagonal that makes them positive definite. */
export function fill({ rows, cols, kind }) {
  let state = rows * 31 + cols;
  const data = new Float64Array(rows * cols);
  for (let i = 0; i < data.length; i++) {
    state = (state + 0x6d2b79f5) | 0; // mulberry32
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    data[i] = ((t ^ (t >>> 14)) >>> 0) / 2 ** 32 - 0.5;
  }
  if (kind === "general") return data;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < i; j++) data[i * cols + j] = data[j * cols + i];
    if (kind === "definite") data[i * cols + i] += rows;
  }
  return data;
}
