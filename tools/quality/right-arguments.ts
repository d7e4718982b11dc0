// A right value for each type that public functions are given, so that one argument at a time can be wrong.

import { functionMap, JacobianAt, VielbeinError } from "@vielbein/core";
import { Cloud, nearestNeighbours } from "@vielbein/core/intrinsic-dimension";
import { identity, matrix, norm } from "@vielbein/linalg";

const space = { name: "plane", dim: 2, shape: [2] };
const map = functionMap({ from: space, to: space, evaluate: ([x = 0, y = 0]) => [-y, x] });
const tensor = { name: "z", dataType: 1, dims: [2], raw: new Uint8Array(8) };
const graph = {
  name: "graph",
  nodes: [{ opType: "Relu", domain: "", name: "", inputs: ["z"], outputs: ["image"], attributes: new Map() }],
  initializers: [],
  inputs: [{ name: "z", dataType: 1, shape: [1, 2] }],
  outputs: [{ name: "image", dataType: 1, shape: [1, 2] }],
  valueInfo: [],
  unknown: [],
};
const model = {
  irVersion: 8,
  producerName: "",
  producerVersion: "",
  opsets: new Map([["", 18]]),
  metadata: new Map(),
  graph,
  unknown: [],
  files: new Map(),
};
const points = matrix(
  20,
  3,
  Float64Array.from({ length: 60 }, (_, i) => Math.sin(i * i)),
);
const layout = { layout: "chw", channelsLast: false, channels: 3, height: 2, width: 2 };
const picture = { width: 2, height: 2, data: new Uint8ClampedArray(16) };
const numbers = Float32Array.of(1, 2);
const runtime = {
  name: "none",
  createSession: () => Promise.reject(new VielbeinError("BACKEND_UNAVAILABLE", "No engine.")),
};

/** By the type as the declaration writes it, the first pattern that matches. */
const VALUES: readonly [RegExp, () => unknown][] = [
  [/^readonly (Matrix|Frame)\[\]$|^Chunks$/, () => [identity(2), identity(2)]],
  [/^(Pick<)?Matrix\b/, () => identity(2)],
  [/^MatrixStack$/, () => ({ count: 1, rows: 2, cols: 2, data: new Float64Array(4) })],
  [/^(Pick<)?DifferentiableMap/, () => map],
  [/^readonly DifferentiableMap/, () => [map]],
  [/^JacobianAt/, () => JacobianAt.of(map, numbers)],
  [/^Cloud$/, () => Cloud.of(points)],
  [/^Neighbours$/, () => nearestNeighbours(points, 3)],
  [/^(Pick<)?Space\b/, () => space],
  [/^(Pick<)?PointSpectrum/, () => spectrum],
  [/^readonly PointSpectrum/, () => [spectrum, spectrum]],
  [/^DirectionSet$/, () => ({ space, vectors: identity(2), names: ["a", "b"], method: "mine" })],
  [/^RegionMetrics$/, () => ({ inner: identity(2), outer: identity(2) })],
  [
    /^LabelledCodes$/,
    () => ({ codes: points, factors: matrix(20, 1, points.data.slice(40)), kinds: ["continuous"] }),
  ],
  [/^Gaussian$/, () => ({ mean: Float64Array.of(0, 0), covariance: identity(2) })],
  [/^(Pick<)?Model\b/, () => model],
  [/^(Pick<)?Graph\b/, () => graph],
  [
    /^(Pick<)?PreparedGraph\b/,
    () => ({
      model,
      info: new Map(
        graph.inputs.concat(graph.outputs).map(({ name }) => [name, { shape: [1, 2], dataType: 1 }]),
      ),
      constants: new Map(),
      input: "z",
      output: "image",
      parameters: [],
      rules: new Map(),
      opset: 18,
      positions: new Map(),
    }),
  ],
  [/^Runtime$/, () => runtime],
  [/^Tensor$/, () => tensor],
  [/^NpyArray$/, () => ({ shape: [2], data: numbers })],
  [/^(Pick<)?ImageLayout/, () => layout],
  [/^RgbaImage$/, () => picture],
  [/^readonly RgbaImage\[\]$/, () => [picture]],
  [/^readonly (Float32Array|ArrayLike<number>)\[\]$/, () => [numbers, numbers]],
  [/^ReadonlyMap</, () => new Map()],
  [/^(readonly )?[sS]tring\[\]$/, () => ["z"]],
  [/^Uint8Array$/, () => new Uint8Array(8)],
  [
    /^(Float32Array|FloatArray|Float64Array|Values|Float32Array \| Values|ArrayLike<number>|readonly number\[\])$/,
    () => numbers,
  ],
  [/^Int32Array$/, () => Int32Array.of(1, 2)],
  [
    /^DifferentiableObjective$/,
    () => (x: Float64Array) => Promise.resolve({ value: norm(x) ** 2, gradient: x.map((each) => 2 * each) }),
  ],
  [/^BlackBox$/, () => (points: Float64Array[]) => Promise.resolve(points.map((x) => norm(x)))],
  [/^FixedFactorBatch$/, () => () => identity(2)],
  [
    /^LeastSquaresObjective$/,
    () => ({
      value: (x: Float64Array) => Promise.resolve(0.5 * norm(x) ** 2),
      model: (x: Float64Array) => Promise.resolve({ gradient: x, hessian: identity(x.length) }),
    }),
  ],
  [/=>|Objective$/, () => () => undefined],
  [/^PixelRange$/, () => [-1, 1]],
  [/^"/, () => undefined],
  [/^number$/, () => 2],
  [/^string$/, () => "z"],
];
const spectrum = { eigenvalues: Float64Array.of(2, 1), eigenvectors: identity(2) };

/** A right value of a type; `{}` where none is cheap. */
export function rightFor(type: string): unknown {
  const [, value] = VALUES.find(([pattern]) => pattern.test(type)) ?? [];
  return value ? value() : /^\[|\[\]$/.test(type) ? [] : {};
}
