// Who refuses what: the function that was called, by its own name or argument and with its own code, before anything
// deeper comes upon the same number.

import { fromRows, identity, type Matrix, matrix } from "@vielbein/linalg";
import { expect, test } from "vitest";
import { kritchmanNadler } from "../src/dimension/index.ts";
import {
  boostedTrees,
  dci,
  densityCoverage,
  factorVae,
  frechetDistance,
  gaussianOf,
  importanceScores,
  type LabelledCodes,
  lasso,
  mig,
  neighbourBatches,
  precisionRecall,
  ridge,
  sap,
} from "../src/disentanglement/index.ts";
import {
  agreedBasis,
  chordalMean,
  distanceProfile,
  grassmannDistance,
  grassmannExp,
  grassmannLog,
  haarBand,
  karcherMean,
  matchDirections,
  parallelTransport,
  subspaceAngles,
  subspaceOverlap,
} from "../src/grassmann/index.ts";
import {
  boundedMap,
  type DirectionSet,
  directionAt,
  functionMap,
  invert,
  jacobian,
  localBasis,
  localBasisAt,
  metricByDifferences,
  metricSpectrum,
  PrincipalComponentsAccumulator,
  regionDirections,
  regionMetricsAt,
  requireDirections,
  requirePoints,
  type SefaOptions,
  sefa,
  stackMaps,
  weightedMap,
} from "../src/index.ts";
import {
  curveTraversal,
  geodesic,
  greatCircle,
  linearTraversal,
  measureChain,
  pathLength,
  restrictToLayers,
  sphericalTraversal,
  straightLine,
  summarizePathLengths,
  symmetricSteps,
} from "../src/paths/index.ts";
import { bootstrap, rankCorrelation } from "../src/statistics/index.ts";
import { summarizeProfiles, warpagePair, warpageSample } from "../src/tangent-spaces/index.ts";

const { NaN: none, POSITIVE_INFINITY: endless } = Number;
const space = (name: string, ...shape: number[]) => ({
  name,
  dim: shape.reduce((product, extent) => product * extent, 1),
  shape,
});
/** Maps R³ → R³, by sines. */
const map = functionMap({
  from: space("x", 3),
  to: space("y", 3),
  evaluate: (x) => Array.from(x, Math.sin),
  jvp: (x, t) => Array.from(t, (v, i) => Math.cos(x[i]!) * v),
  vjp: (x, t) => Array.from(t, (v, i) => Math.cos(x[i]!) * v),
});
const toOther = functionMap({ from: space("x", 3), to: space("y", 2), evaluate: (x) => [x[0]!, x[1]!] });
const fromOther = functionMap({ from: space("x", 2), to: space("y", 3), evaluate: (x) => [...x, 0] });
const at = Float32Array.of(0.1, 0.2, 0.3);
const short = new Float32Array(2);
const odd = Float32Array.of(0, none, 0);
const pair = { point: at, other: at.map((x) => -x), direction: Float64Array.of(1, 0, 0) };
const basis = await localBasisAt(map, at);
const metrics = { inner: identity(3), outer: identity(3) };

const [e1, e2] = [matrix(3, 1, [1, 0, 0]), matrix(3, 1, [0, 1, 0])];
const plane = matrix(3, 2, [1, 0, 0, 1, 0, 0]);
/** The second column is the odd one. */
const second = (value: number) => matrix(3, 2, [1, value, 0, value, 0, value]);
const unit = { mean: new Float64Array(2), covariance: identity(2) };

const data: LabelledCodes = {
  codes: fromRows(Array.from({ length: 12 }, (_, i) => [i, i % 5])),
  factors: fromRows(Array.from({ length: 12 }, (_, i) => [i * i, i % 2])),
  kinds: ["continuous", "discrete"],
};
const broken = ({ rows, cols, data: values }: Matrix, value = none) =>
  matrix(
    rows,
    cols,
    values.map((x, i) => (i === rows * cols - 1 ? value : x)),
  );
const [oddCodes, oddFactors] = [
  { ...data, codes: broken(data.codes) },
  { ...data, factors: broken(data.factors, endless) },
];
const one: LabelledCodes = { codes: matrix(1, 2), factors: matrix(1, 2), kinds: data.kinds };
const narrow = { ...data, codes: matrix(12, 1, data.codes.data.slice(0, 12)) };
const swapped: LabelledCodes = { ...data, kinds: ["discrete", "continuous"] };
const batch = () => matrix(2, 2, [0, 1, 2, 3]);
const votes = { trainingVotes: 2, evaluationVotes: 2 };

const directions: DirectionSet = {
  space: map.from,
  vectors: identity(3),
  names: ["a", "b", "c"],
  method: "m",
};
const layered = { ...directions, space: space("w", 2, 3) };

type Refusal = readonly [call: () => unknown, code: string, message: RegExp];

const argument = "INVALID_ARGUMENT";
const [shape, finite] = ["SHAPE_MISMATCH", "NOT_FINITE"];
/** For both data, and each part of them. */
const pairs = (name: string, score: (train: LabelledCodes, held: LabelledCodes) => unknown) =>
  (
    [
      [oddCodes, data, finite, "train: codes"],
      [oddFactors, data, finite, "train: factors"],
      [data, oddCodes, finite, "test: codes"],
      [data, oddFactors, finite, "test: factors"],
      [one, one, argument, "train: at least two"],
      [data, one, argument, "test: at least two"],
      [data, narrow, shape, "train and test"],
      [data, swapped, shape, "train and test"],
    ] as const
  ).map(
    ([train, held, code, about]): Refusal => [
      () => score(train, held),
      code,
      new RegExp(`^${name}: ${about}`),
    ],
  );

const refusals: Readonly<Record<string, readonly Refusal[]>> = {
  dci: [
    ...pairs("dci", (train, held) => dci(train, held)),
    [
      () => dci({ ...data, factors: matrix(12, 2) }, data),
      argument,
      /^dci: some factor must vary in the training/,
    ],
  ],
  sap: [
    ...pairs("sap", (train, held) => sap(train, held)),
    ...[0, -1, none, endless].map(
      (cost): Refusal => [() => sap(data, data, { cost }), argument, /^sap: cost/],
    ),
  ],
  mig: [
    [() => mig(oddCodes), finite, /^mig: codes/],
    [() => mig(oddFactors), finite, /^mig: factors/],
    [() => mig(one), argument, /^mig: at least two/],
    [() => mig({ ...data, kinds: ["discrete"] }), shape, /^mig: codes \[n, d\]/],
    [() => mig({ ...data, codes: matrix(11, 2) }), shape, /^mig: codes \[n, d\]/],
    [() => mig({ ...data, codes: matrix(12, 0) }), argument, /^mig: at least two/],
    [() => mig({ ...data, factors: matrix(12, 0), kinds: [] }), argument, /^mig: at least two/],
    ...[1, 2.5, none].map((bins): Refusal => [() => mig(data, { bins }), argument, /^mig: bins/]),
  ],
  factorVae: [
    [() => factorVae(oddCodes.codes, 2, batch, votes), finite, /^factorVae: global/],
    [() => factorVae(one.codes, 2, batch, votes), argument, /^factorVae: factors and votes/],
    ...[0, 1.5, none].flatMap((bad): Refusal[] => [
      [() => factorVae(data.codes, bad, batch, votes), argument, /^factorVae: factors/],
      [() => factorVae(data.codes, 2, batch, { ...votes, trainingVotes: bad }), argument, /^factorVae/],
      [() => factorVae(data.codes, 2, batch, { ...votes, evaluationVotes: bad }), argument, /^factorVae/],
    ]),
    [
      () => factorVae(data.codes, 2, batch, { ...votes, minimumDeviation: -1e-9 }),
      argument,
      /^factorVae: factors and votes/,
    ],
    [() => factorVae(data.codes, 2, () => broken(batch()), votes), finite, /^factorVae: a batch/],
    [() => factorVae(data.codes, 2, () => matrix(2, 3), votes), shape, /^factorVae: a batch must/],
    [() => factorVae(data.codes, 2, () => matrix(1, 2), votes), shape, /^factorVae: a batch must/],
  ],
  neighbourBatches: [
    [() => neighbourBatches(oddCodes), finite, /^neighbourBatches: codes/],
    [() => neighbourBatches(oddFactors), finite, /^neighbourBatches: factors/],
    ...[1, 13, 2.5, none].map(
      (size): Refusal => [() => neighbourBatches(data, { size }), argument, /^neighbourBatches: size/],
    ),
  ],
  importanceScores: [
    [() => importanceScores(matrix(2, 1, [1, none])), finite, /^importanceScores/],
    [() => importanceScores(matrix(2, 1, [1, -1e-300])), argument, /^importanceScores.* -1e-300 at 1/],
    [() => importanceScores(matrix(0, 2)), argument, /^importanceScores.*\[0, 2\]/],
    [() => importanceScores(matrix(2, 0)), argument, /^importanceScores.*\[2, 0\]/],
  ],
  "precision and recall": [
    [() => precisionRecall(oddCodes.codes, data.codes), finite, /real/],
    [() => precisionRecall(data.codes, oddCodes.codes), finite, /generated/],
    [() => densityCoverage(oddCodes.codes, data.codes), finite, /real/],
    [() => precisionRecall(data.codes, narrow.codes), shape, /^precisionRecall: real and generated/],
    ...[0, 12, 1.5, none].map(
      (k): Refusal => [() => precisionRecall(data.codes, data.codes, { k }), argument, / k /],
    ),
  ],
  "Fréchet distance": [
    [() => gaussianOf(oddCodes.codes), finite, /^gaussianOf/],
    [() => gaussianOf({ rows: 2, cols: 3, data: new Float64Array(5) }), shape, /^gaussianOf/],
    [() => gaussianOf(one.codes), argument, /^gaussianOf: a covariance/],
    [
      () => frechetDistance({ ...unit, mean: Float64Array.of(0, none) }, unit),
      finite,
      /^frechetDistance: mean/,
    ],
    [
      () => frechetDistance(unit, { ...unit, mean: Float64Array.of(endless, 0) }),
      finite,
      /^frechetDistance: mean/,
    ],
    [() => frechetDistance(unit, { ...unit, mean: new Float64Array(3) }), shape, /^frechetDistance/],
    [() => frechetDistance(unit, { ...unit, covariance: matrix(2, 3) }), shape, /^frechetDistance/],
    [() => frechetDistance({ ...unit, covariance: matrix(3, 2) }, unit), shape, /^frechetDistance/],
    // What is summed in single precision may fall below 0 by 1e-5 of the largest, and no further.
    [
      () => frechetDistance({ ...unit, covariance: matrix(2, 2, [1, 0, 0, -1.1e-5]) }, unit),
      argument,
      /eigenvalue below 0, got -0.000011/,
    ],
  ],
  estimators: [
    ...[0, -1, none, endless].flatMap((alpha): Refusal[] => [
      [() => lasso({ alpha }), argument, /^lasso/],
      [() => ridge({ alpha }), argument, /^ridge/],
    ]),
    ...[
      { depth: 21 },
      { depth: 0 },
      { rounds: 0 },
      { rounds: 1.5 },
      { learningRate: 0 },
      { learningRate: 1.0001 },
    ].map((options): Refusal => [() => boostedTrees(options), argument, /^boostedTrees/]),
  ],
  subspaces: [
    [() => agreedBasis(second(0), [plane]), argument, /^agreedBasis: frame 0/],
    [() => agreedBasis(plane, [second(2)]), argument, /^agreedBasis: frame 1/],
    [() => agreedBasis(plane, []), shape, /^agreedBasis: there must be local bases/],
    [() => agreedBasis(plane, [plane, e1]), shape, /^agreedBasis: .* got 1\./],
    [() => agreedBasis(e1, [e2]), "NUMERICAL_FAILURE", /^agreedBasis: basis 0/],
    [() => karcherMean([plane, e1]), shape, /^karcherMean/],
    [() => karcherMean([e1, identity(1)]), shape, /^karcherMean: all frames/],
    [() => chordalMean([e1, identity(1)]), shape, /^chordalMean: all frames/],
    [() => chordalMean([e1, second(3)]), argument, /^chordalMean: frame 1/],
    [() => chordalMean([e1, e2], 4), argument, /^chordalMean/],
    ...[
      [0, 1],
      [1.5, 1],
      [3, 0],
      [3, 4],
      [3, none],
    ].map(([n, k]): Refusal => [() => haarBand(n!, k!), argument, /^haarBand/]),
    ...[1, 2.5, none].map((draws): Refusal => [() => haarBand(3, 2, { draws }), argument, /draws/]),
    [() => distanceProfile(e1, identity(2)), shape, /^distanceProfile/],
    [() => subspaceOverlap(e1, identity(2)), shape, /^subspaceOverlap/],
    [() => subspaceOverlap(matrix(3, 0), e1), argument, /^subspaceOverlap/],
    [() => subspaceAngles(e1, plane, { unequal: "some" as "padded" }), argument, /^subspaceAngles: unequal/],
    [() => grassmannDistance(Float64Array.of(), "geodesic"), argument, /^Principal angles/],
    [() => grassmannDistance(Float64Array.of(-1e-9), "geodesic"), argument, /^Principal angles/],
    [() => grassmannDistance(Float64Array.of(1.5708), "geodesic"), argument, /^Principal angles/],
    [
      () => grassmannDistance(Float64Array.of(0), "toString" as "geodesic"),
      argument,
      /^grassmannDistance: the name/,
    ],
    [() => matchDirections(e1, identity(2)), shape, /^matchDirections/],
    // Zeros in any column, of either basis.
    [() => matchDirections(second(0), plane), argument, /got column 1 of zeros/],
    [() => matchDirections(plane, matrix(3, 2, [0, 1, 0, 2, 0, 3])), argument, /got column 0 of zeros/],
    [() => grassmannExp(second(1), matrix(3, 2)), argument, /^grassmannExp: y/],
    [() => grassmannExp(e1, matrix(3, 2)), shape, /^grassmannExp/],
    [() => grassmannLog(e1, matrix(3, 1)), argument, /^grassmannLog: z/],
    [() => parallelTransport(e1, matrix(3, 2), e2), shape, /^parallelTransport: along/],
    [() => parallelTransport(e1, e2, matrix(2, 1)), shape, /^parallelTransport: vector/],
  ],
  inversion: [
    [() => invert(map, short, at), shape, /^invert: target/],
    [() => invert(map, odd, at), finite, /^invert: target/],
    [() => invert(map, at, short), shape, /^invert: starts/],
    [() => invert(map, at, new Float32Array(0)), shape, /^invert: starts/],
    [() => invert(map, at, odd), finite, /^invert: starts/],
    ...[-1, none, endless].map(
      (prior): Refusal => [() => invert(map, at, at, { prior }), argument, /^invert: prior/],
    ),
    [
      () => invert(map, at, at, { method: "adam", basis: identity(2) }),
      argument,
      /^invert: basis must be \[3, k\]/,
    ],
    [() => invert(map, at, at, { basis: identity(3) }), argument, /^invert: basis must be .* for levenberg/],
    [
      () => invert(map, at, at, { method: "lbfgs", bounds: [-1, 1] }),
      argument,
      /^invert: bounds are kept to/,
    ],
    ...[
      [1, 1],
      [1, -1],
      [0, endless],
      [none, 1],
    ].map(([low, high]): Refusal => [() => boundedMap(map, low!, high!), argument, /^boundedMap/]),
  ],
  paths: [
    [() => geodesic(map, short, at), shape, /^geodesic: start/],
    [() => geodesic(map, at, odd), finite, /^geodesic: end/],
    [() => geodesic(map, at, short), shape, /^geodesic: end/],
    ...[1, 2.5, none].map(
      (segments): Refusal => [() => geodesic(map, at, at, { segments }), argument, /segments/],
    ),
    [() => measureChain(map, Float32Array.of(...at, ...odd)), finite, /^measureChain/],
    [() => pathLength(map, short, at, 0), shape, /^pathLength: start/],
    [() => pathLength(map, at, odd, 0), finite, /^pathLength: end/],
    ...[0, -1e-4, none].map(
      (epsilon): Refusal => [() => pathLength(map, at, pair.other, 0, { epsilon }), argument, /epsilon/],
    ),
    [() => summarizePathLengths([]), argument, /^summarizePathLengths/],
    [() => linearTraversal(at, [1, 2], [1]), shape, /^linearTraversal/],
    [() => sphericalTraversal(at, [1, 2], 1, 3), shape, /^sphericalTraversal/],
    [() => sphericalTraversal(at, Array.from(at), 1, 3), "NUMERICAL_FAILURE", /^sphericalTraversal/],
    ...[1, 2.5, none].map(
      (count): Refusal => [() => symmetricSteps(1, count), argument, /^symmetricSteps: count/],
    ),
    ...[0, -1, none, endless].map(
      (range): Refusal => [() => symmetricSteps(range, 3), argument, /^symmetricSteps: range/],
    ),
    [() => restrictToLayers(space("z", 3), [1, 0, 0], [0]), "INVALID_SPACE", /^Layers/],
    [() => restrictToLayers(layered.space, [1, 0], [0]), shape, /^Layers/],
    [() => restrictToLayers(layered.space, [1, 0, 0], [2]), "OUT_OF_RANGE", /layers 0 to 1, got 2/],
    [() => restrictToLayers(layered.space, [1, 0, 0], [-1]), "OUT_OF_RANGE", /got -1/],
    [() => restrictToLayers(layered.space, [1, 0, 0], []), "OUT_OF_RANGE", /got none/],
    [() => straightLine(at, short, 2), shape, /ends|points/],
    ...[0, 1.5, none].flatMap((segments): Refusal[] => [
      [() => straightLine(at, pair.other, segments), argument, /segments/],
      [() => greatCircle(Float32Array.of(1, 0), Float32Array.of(0, 1), segments), argument, /segments/],
    ]),
    [() => greatCircle(Float32Array.of(1, 0), Float32Array.of(-1, 0), 2), argument, /great circle/],
    ...[-1, 3, 0.5, none].map(
      (k): Refusal => [() => curveTraversal(map, basis, k), argument, /^curveTraversal: direction: 0 to 2/],
    ),
    ...[0, -1, none, endless].map(
      (length): Refusal => [() => curveTraversal(map, basis, 0, { length }), argument, /: length/],
    ),
    ...[1, 4, 3.5, none].map(
      (frames): Refusal => [() => curveTraversal(map, basis, 0, { frames }), argument, /: frames/],
    ),
    ...[4, 7, none].map(
      (steps): Refusal => [() => curveTraversal(map, basis, 0, { steps, frames: 7 }), argument, /: steps/],
    ),
  ],
  maps: [
    [() => jacobian(map, short), shape, /^jacobian: point/],
    [() => localBasis(map, new Float32Array(4)), shape, /^localBasis: points/],
    ...[0, -1, none, endless].map(
      (step): Refusal => [() => jacobian(map, at, { method: "difference", step }), argument, /step/],
    ),
    [() => jacobian(map, at, { method: "sideways" as "forward" }), argument, /sideways/],
    [() => metricByDifferences(map, short), shape, /^metricByDifferences: point/],
    ...[0, none, endless].map(
      (step): Refusal => [() => metricByDifferences(map, at, { step }), argument, /step/],
    ),
    ...[0, 1, none].map(
      (tolerance): Refusal => [
        () => metricSpectrum(map, at, { k: 1, tolerance }),
        argument,
        /^metricSpectrum: tolerance/,
      ],
    ),
    [() => weightedMap(map, [1, 1]), shape, /^weightedMap/],
    [() => weightedMap(map, [1, -1e-9, 1]), "OUT_OF_RANGE", /-1e-9 at 1/],
    [() => weightedMap(map, [1, 1, endless]), "OUT_OF_RANGE", /Infinity at 2/],
    [() => stackMaps([]), argument, /^stackMaps/],
    [() => stackMaps([map, toOther]), shape, /^stackMaps/],
    [() => stackMaps([map, fromOther]), shape, /^stackMaps/],
    [() => requirePoints("points", at, -1, map.from), argument, /^points/],
    [() => requirePoints("points", at, 0.5, map.from), argument, /^points/],
    [() => requirePoints("points", at, 2, map.from), shape, /^points/],
    [() => warpageSample(map, { ...pair, point: odd }), finite, /^warpage: point/],
    [() => warpageSample(map, { ...pair, other: short }), shape, /^warpage: other/],
    [() => warpageSample(map, { ...pair, other: odd }), finite, /^warpage: other/],
    ...[-0.1, none, endless].map(
      (epsilon): Refusal => [
        () => warpageSample(map, pair, { epsilons: [0.1, epsilon] }),
        argument,
        /every ε/,
      ],
    ),
    [
      () => warpageSample(map, pair, { references: { mine: identity(2) } }),
      shape,
      /^warpage: the directions "mine" lie in a space of 2/,
    ],
    [() => warpagePair(map.from, 0, -1 / 3), argument, /^(samplePoints|normal)/],
  ],
  directions: [
    [() => requireDirections({ ...directions, vectors: identity(2) }), shape, /got vectors of 2/],
    [() => requireDirections({ ...directions, vectors: matrix(3, 0), names: [] }), argument, /got none/],
    [() => requireDirections({ ...directions, vectors: matrix(3, 3) }), argument, /got 3 of length 0/],
    [() => requireDirections({ ...directions, vectors: broken(identity(3)) }), finite, /NaN in direction 2/],
    [() => requireDirections({ ...directions, names: ["a", "b"] }), shape, /one name for each of 3/],
    ...["1a", "a b", "", "a-b", "c"].map(
      (name): Refusal => [
        () => requireDirections({ ...directions, names: [name, "b", "c"] }),
        argument,
        /^Directions: names must be unique/,
      ],
    ),
    [() => requireDirections({ ...directions, point: short }), shape, /point must hold 3 numbers, got 2/],
    [
      () => requireDirections({ ...directions, values: { kind: "σ", values: new Float64Array(2) } as never }),
      shape,
      /values must hold 3 numbers, got 2/,
    ],
    ...[[], [0, 0], [1, 0], [2], [-1], [0.5]].map(
      (layers): Refusal => [() => requireDirections({ ...layered, layers }), argument, /layers must ascend/],
    ),
    [() => requireDirections({ ...directions, layers: [0] }), argument, /layers must ascend/],
    ...[-1, 3, 0.5, none].map((k): Refusal => [() => directionAt(directions, k), argument, /^Direction/]),
    ...[0, 4, 1.5, none].map(
      (k): Refusal => [
        () => regionDirections(metrics, { outside: "ignore", k }),
        argument,
        /^regionDirections: k must be/,
      ],
    ),
    ...[0, 1, none].flatMap((share): Refusal[] => [
      [
        () => regionDirections(metrics, { outside: "keep", tolerance: share }),
        argument,
        /^regionDirections: tolerance/,
      ],
      [
        () => regionDirections(metrics, { outside: "ratio", regularization: share }),
        argument,
        /^regionDirections: regularization/,
      ],
    ]),
    [() => regionDirections(metrics, { outside: "keep" }), "OUT_OF_RANGE", /^Every direction moves the rest/],
    ...[-1e-9, 1.000001, none].map(
      (weight): Refusal => [
        () => regionMetricsAt(map, at, [0, weight, 1]),
        "OUT_OF_RANGE",
        /^Weights of a region/,
      ],
    ),
    [() => sefa([matrix(2, 2, [1, 0, none, 1])]), finite, /^SeFa: every weight must be finite, got NaN/],
    [
      () => sefa([matrix(2, 2, [1, 0, 0, endless])], { normalizeRows: false }),
      finite,
      /^SeFa: every weight must be finite, got Infinity in row 1, column 1/,
    ],
    [() => sefa([identity(2), identity(3)]), shape, /^SeFa: all weights/],
    [() => sefa([matrix(0, 2)]), argument, /^SeFa: at least one/],
    [() => sefa([identity(2)], { method: "qr" as SefaOptions["method"] }), argument, /qr/],
    [() => new PrincipalComponentsAccumulator(3).append(odd), finite, /^Principal components/],
    [() => new PrincipalComponentsAccumulator(3).append(short), shape, /^Principal components/],
  ],
  statistics: [
    [() => bootstrap(2, () => 1, { clusters: [0] }), shape, /^bootstrap: clusters/],
    ...[0, 1.5, none].map((count): Refusal => [() => bootstrap(count, () => 1), argument, /^bootstrap/]),
    ...[1, 2.5, none].map(
      (resamples): Refusal => [() => bootstrap(2, () => 1, { resamples }), argument, /^bootstrap/],
    ),
    [() => rankCorrelation([1, 2, 3], [1, 2]), shape, /^rankCorrelation/],
    [() => rankCorrelation([1, 2], [1, 2]), argument, /^rankCorrelation/],
    [() => rankCorrelation([1, 2, 3], [1, none, 2]), finite, /^rankCorrelation/],
    [() => rankCorrelation([endless, 2, 3], [1, 3, 2]), finite, /^rankCorrelation/],
    [() => rankCorrelation([1, 1, 1], [1, 3, 2]), argument, /^rankCorrelation/],
    ...[0, 1.5].map(
      (permutations): Refusal => [
        () => rankCorrelation([1, 2, 3], [1, 3, 2], { permutations }),
        argument,
        /permutations/,
      ],
    ),
    [() => summarizeProfiles([]), argument, /^summarizeProfiles/],
    ...[0, 1.5, none].map((n): Refusal => [() => kritchmanNadler([2, 1], n), argument, /^kritchmanNadler/]),
    ...[0, -1, 1e300].map(
      (alpha): Refusal => [() => kritchmanNadler([2, 1], 10, { alpha }), argument, /^kritchmanNadler/],
    ),
    [() => kritchmanNadler([], 10), argument, /^kritchmanNadler/],
  ],
};

const rows = Object.entries(refusals).flatMap(([name, list]) =>
  list.map((refusal, i) => [`${name} ${i}`, ...refusal] as const),
);

test.each(rows)("%s", async (_, call, code, message) => {
  await expect(Promise.resolve().then(call)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});
