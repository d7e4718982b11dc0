// What is left out is what the documentation says: the same result as with the default given, another with another.

import { matrix, normal } from "@vielbein/linalg";
import { expect, test } from "vitest";
import { localDimension } from "../src/dimension/index.ts";
import { boostedTrees, dci, lasso, mig, neighbourBatches, ridge, sap } from "../src/disentanglement/index.ts";
import { haarBand, karcherMean } from "../src/grassmann/index.ts";
import { functionMap, jacobian, metricByDifferences, metricSpectrum } from "../src/index.ts";
import { adam, cmaEs, lbfgs, levenbergMarquardt } from "../src/optimize/index.ts";
import { truncatedNewton } from "../src/optimize/truncated-newton.ts";
import { bootstrap } from "../src/statistics/index.ts";
import { distortionSample, warpagePair, warpageSample } from "../src/tangent-spaces/index.ts";
import { frame } from "./grassmann/frames.ts";

const space = (name: string, dim: number) => ({
  name,
  dim,
  shape: [dim],
  prior: { kind: "normal" } as const,
});
const mixed = normal(1, 0, 60 * 55);
const times = (x: Float64Array) =>
  Array.from({ length: 60 }, (_, i) => x.reduce((total, v, j) => total + mixed[55 * i + j]! * v, 0));
/** x ↦ A·x + sin(A·x), from more than the 50 dimensions that are compared. */
const map = functionMap({
  from: space("x", 55),
  to: space("y", 60),
  evaluate: (x) => times(x).map((v) => v + Math.sin(v)),
  jvp: (x, t) => {
    const at = times(x);
    return times(t).map((v, i) => v * (1 + Math.cos(at[i]!)));
  },
});
/** x ↦ (sin x₀ + x₁, x₀·x₁, eˣ¹). */
const small = functionMap({
  from: space("x", 2),
  to: space("y", 3),
  evaluate: ([x, y]) => [Math.sin(x!) + y!, x! * y!, Math.exp(y!)],
});
const pair = warpagePair(map.from, 0, 0);
const point = pair.point;

/** (1 − x)² + 10(y − x²)² and its least squares. */
const value = async ([x, y]: Float64Array) => (1 - x!) ** 2 + 10 * (y! - x! ** 2) ** 2;
const gradientAt = ([x, y]: Float64Array) =>
  Float64Array.of(2 * (x! - 1) - 40 * x! * (y! - x! ** 2), 20 * (y! - x! ** 2));
const smooth = async (x: Float64Array) => ({ value: await value(x), gradient: gradientAt(x) });
const hessianAt = ([x]: Float64Array) => matrix(2, 2, [2 + 80 * x! ** 2, -40 * x!, -40 * x!, 20]);
const squares = {
  value,
  model: async (x: Float64Array) => ({ gradient: gradientAt(x), hessian: hessianAt(x) }),
};
const newton = {
  value,
  model: async (x: Float64Array) => ({
    gradient: gradientAt(x),
    product: async (c: Float64Array) => {
      const [a, b, , d] = hessianAt(x).data;
      return Float64Array.of(a! * c[0]! + b! * c[1]!, b! * c[0]! + d! * c[1]!);
    },
    move: (c: Float64Array) => c,
  }),
};
const start = Float64Array.of(-1.2, 1);

const rows = 120;
const labelled = (seed: number) => {
  const codes = matrix(rows, 3, normal(seed, 0, 3 * rows));
  const factors = Array.from({ length: 2 * rows }, (_, at) => {
    const [a, b, c] = codes.data.subarray(3 * (at >> 1), 3 * (at >> 1) + 3);
    return at % 2 === 0 ? a! + 0.3 * b! : Math.sign(c! - 0.4 * b!);
  });
  return { codes, factors: matrix(rows, 2, factors), kinds: ["continuous", "discrete"] as const };
};
const [train, held] = [labelled(2), labelled(3)];
const frames = [1, 2, 3].map((seed) => frame(8, 3, seed));
const singular = Array.from({ length: 40 }, (_, i) => Math.exp(-0.15 * i) + 0.01);

type Options = Record<string, unknown>;
type Case = readonly [name: string, run: (options: Options) => unknown, stated: Options, other: Options];

const cases: readonly Case[] = [
  ["adam: steps", (o) => adam(smooth, start, o), { steps: 300 }, { steps: 301 }],
  [
    "adam: learningRate",
    (o) => adam(smooth, start, { steps: 9, ...o }),
    { learningRate: 0.05 },
    { learningRate: 0.1 },
  ],
  ["adam: beta1", (o) => adam(smooth, start, { steps: 9, ...o }), { beta1: 0.9 }, { beta1: 0.8 }],
  ["adam: beta2", (o) => adam(smooth, start, { steps: 9, ...o }), { beta2: 0.999 }, { beta2: 0.99 }],
  ["lbfgs: memory", (o) => lbfgs(quartic, long, { steps: 40, ...o }), { memory: 10 }, { memory: 11 }],
  ["lbfgs: tolerance", (o) => lbfgs(smooth, start, o), { tolerance: 1e-6 }, { tolerance: 1e3 }],
  [
    "levenbergMarquardt: damping",
    (o) => levenbergMarquardt(squares, start, { steps: 3, ...o }),
    { damping: 1e-3 },
    { damping: 1 },
  ],
  [
    "truncatedNewton: tolerance",
    (o) => truncatedNewton(newton, start, { radius: 1, ...o }),
    { tolerance: 1e-6 },
    { tolerance: 1e3 },
  ],
  ["cmaEs: sigma", (o) => cmaEs(several, start, { steps: 5, ...o }), { sigma: 0.5 }, { sigma: 1 }],
  ["cmaEs: seed", (o) => cmaEs(several, start, { steps: 5, ...o }), { seed: 0 }, { seed: 1 }],
  // 4 + ⌊3·ln 2⌋.
  [
    "cmaEs: population",
    (o) => cmaEs(several, start, { steps: 5, ...o }),
    { population: 6 },
    { population: 7 },
  ],
  ["bootstrap: resamples", (o) => bootstrap(9, sum, o), { resamples: 2000 }, { resamples: 2001 }],
  ["bootstrap: seed", (o) => bootstrap(9, sum, o), { seed: 0 }, { seed: 1 }],
  ["karcherMean: restarts", (o) => karcherMean(frames, o), { restarts: 0 }, { restarts: 2 }],
  ["karcherMean: tolerance", (o) => karcherMean(frames, o), { tolerance: 1e-8 }, { tolerance: 0.1 }],
  ["haarBand: draws", (o) => haarBand(9, 2, o), { draws: 200 }, { draws: 201 }],
  ["haarBand: seed", (o) => haarBand(9, 2, o), { seed: 0 }, { seed: 1 }],
  [
    "metricByDifferences: step",
    (o) => metricByDifferences(small, Float32Array.of(0.5, -1), o),
    { step: 1e-3 },
    { step: 2e-3 },
  ],
  [
    "metricSpectrum: tolerance",
    (o) => metricSpectrum(map, point, { k: 2, ...o }),
    { tolerance: 1e-6 },
    { tolerance: 1e-1 },
  ],
  [
    "jacobian: step of differences",
    (o) => jacobian(map, point, { method: "difference", ...o } as never),
    { step: 5e-3 },
    { step: 1e-2 },
  ],
  [
    "warpageSample: ε",
    (o) => warpageSample(map, pair, { k: 2, ...o }),
    { epsilons: [0.1] },
    { epsilons: [0.2] },
  ],
  ["warpageSample: k", (o) => warpageSample(map, pair, o), { k: 50 }, { k: 51 }],
  [
    "warpageSample: sameNorm",
    (o) => warpageSample(map, pair, { k: 2, ...o }),
    { sameNorm: false },
    { sameNorm: true },
  ],
  [
    "distortionSample: ε",
    (o) => distortionSample(map, pair, { k: 2, ...o }),
    { epsilon: 0.1 },
    { epsilon: 0.2 },
  ],
  [
    "distortionSample: sameNorm",
    (o) => distortionSample(map, pair, { k: 2, ...o }),
    { sameNorm: false },
    { sameNorm: true },
  ],
  ["localDimension: alpha", (o) => localDimension(singular, o), { alpha: 0.5 }, { alpha: 5 }],
  ["mig: bins", (o) => mig(train, o), { bins: 20 }, { bins: 21 }],
  ["sap: cost", (o) => sap(train, held, o), { cost: 0.01 }, { cost: 0.001 }],
  ["lasso: alpha", (o) => dci(train, held, { estimator: lasso(o) }), { alpha: 0.02 }, { alpha: 0.04 }],
  ["ridge: alpha", (o) => dci(train, held, { estimator: ridge(o) }), { alpha: 0.02 }, { alpha: 0.04 }],
  [
    "trees: rounds",
    (o) => dci(train, held, { estimator: boostedTrees(o) }),
    { rounds: 100 },
    { rounds: 101 },
  ],
  [
    "trees: depth",
    (o) => dci(train, held, { estimator: boostedTrees({ rounds: 3, ...o }) }),
    { depth: 3 },
    { depth: 4 },
  ],
  [
    "trees: learningRate",
    (o) => dci(train, held, { estimator: boostedTrees({ rounds: 3, ...o }) }),
    { learningRate: 0.1 },
    { learningRate: 0.2 },
  ],
  ["neighbourBatches: size", (o) => neighbourBatches(train, o)(0, 0), { size: 64 }, { size: 65 }],
  ["neighbourBatches: seed", (o) => neighbourBatches(train, o)(0, 0), { seed: 0 }, { seed: 1 }],
];

const sum = (members: Int32Array) => members.reduce((total, i) => total + i, 0);
const several = (points: readonly Float64Array[]) => Promise.all(points.map(value));
/** Σ i·xᵢ⁴ in thirty dimensions, which more memory helps. */
const quartic = async (x: Float64Array) => ({
  value: x.reduce((total, v, i) => total + (i + 1) * v ** 4, 0),
  gradient: x.map((v, i) => 4 * (i + 1) * v ** 3),
});
const long = Float64Array.from(normal(4, 0, 30));

test.each(cases)("%s", async (_, run, stated, other) => {
  const [plain, same, another] = [await run({}), await run(stated), await run(other)];
  expect(same).toEqual(plain);
  expect(another).not.toEqual(plain);
});
