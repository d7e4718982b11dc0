import { readFileSync } from "node:fs";
import { jacobian } from "@vielbein/core";
import { normal } from "@vielbein/linalg";
import { encodeModel, modelSource } from "@vielbein/onnx";
import * as ort from "onnxruntime-node";
import { mapOfFile } from "./common/maps.mjs";
import { median } from "./common/table.mjs";

const threads = Number(process.argv[3] ?? 1);
const map = await mapOfFile(process.argv[2], { threads });
const n = map.from.dim,
  m = map.to.dim;
const z = Float32Array.from(normal(1, 0, n));
const eye = new Float32Array(n * n);
for (let i = 0; i < n; i++) eye[i * n + i] = 1;
const cols = await map.jvp(z, eye, n);
const d = map.derivative;
const bytes = encodeModel(d.model);
const dims = map.graph.info.get(d.input).shape;
const base = {
  executionProviders: ["cpu"],
  logSeverityLevel: 3,
  intraOpNumThreads: threads,
  graphOptimizationLevel: "extended",
};
const variants = {
  ext: {},
  all: { graphOptimizationLevel: "all" },
  basic: { graphOptimizationLevel: "basic" },
  disabled: { graphOptimizationLevel: "disabled" },
  nospin: { extra: { session: { intra_op: { allow_spinning: "0" } } } },
  nopattern: { enableMemPattern: false },
  noarena: { enableCpuMemArena: false },
  ftz: { extra: { session: { set_denormal_as_zero: "1" } } },
};
const S = {};
for (const k in variants) S[k] = await ort.InferenceSession.create(bytes, { ...base, ...variants[k] });
const T = {};
const push = (k, v) => (T[k] ??= []).push(v);
const blk = (cols) => {
  const data = new Float64Array(m * n),
    B = Number(16);
  for (let i0 = 0; i0 < m; i0 += B) {
    const i1 = Math.min(m, i0 + B);
    for (let j0 = 0; j0 < n; j0 += B) {
      const j1 = Math.min(n, j0 + B);
      for (let i = i0; i < i1; i++) {
        for (let j = j0; j < j1; j++) data[i * n + j] = cols[j * m + i];
      }
    }
  }
  return data;
};
const blk2 = (cols) => {
  const data = new Float64Array(m * n),
    B = 8;
  for (let j0 = 0; j0 < n; j0 += B) {
    const j1 = Math.min(n, j0 + B);
    for (let i = 0; i < m; i++) {
      for (let j = j0; j < j1; j++) data[i * n + j] = cols[j * m + i];
    }
  }
  return data;
};
const plain = (cols) => {
  const data = new Float64Array(m * n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) data[i * n + j] = cols[j * m + i];
  return data;
};
const chk = (c) => {
  for (let i = 0; i < c.length; i++) if (!Number.isFinite(c[i])) return i;
  return -1;
};
const chk2 = (c) => {
  let s = 0;
  for (let i = 0; i < c.length; i++) s += c[i] * 0;
  return s === 0 ? -1 : chk(c);
};
const chk3 = (c) => {
  let a = 0,
    b = 0,
    e = 0,
    f = 0;
  const l = c.length & ~3;
  for (let i = 0; i < l; i += 4) {
    a += c[i] * 0;
    b += c[i + 1] * 0;
    e += c[i + 2] * 0;
    f += c[i + 3] * 0;
  }
  return a + b + e + f === 0 ? -1 : chk(c);
};
for (let r = 0; r < 25; r++) {
  for (const k in S) {
    for (let q = 0; q < 2; q++) {
      const feeds = {
        [d.input]: new ort.Tensor("float32", z, dims),
        [d.inputTangent]: new ort.Tensor("float32", eye, [n, ...dims]),
      };
      const a = performance.now();
      await S[k].run(feeds, [d.outputTangent]);
      if (q) push(k, performance.now() - a);
    }
  }
  for (const [k, f] of Object.entries({ plain, blk, blk2, chk, chk2, chk3 })) {
    const a = performance.now();
    f(cols);
    push(k, performance.now() - a);
  }
}
for (const k in T) console.log(k.padEnd(10), median(T[k]).toFixed(2), Math.min(...T[k]).toFixed(2));
const P = await ort.InferenceSession.create(bytes, {
  ...base,
  enableProfiling: true,
  profileFilePrefix: "/tmp/prof",
});
for (let r = 0; r < 12; r++)
  await P.run(
    {
      [d.input]: new ort.Tensor("float32", z, dims),
      [d.inputTangent]: new ort.Tensor("float32", eye, [n, ...dims]),
    },
    [d.outputTangent],
  );
P.endProfiling();
