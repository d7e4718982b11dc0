// Ideal denoisers of mixtures of Gaussians on subspaces as graphs: no training, and everything about them is known.

import { DataType, encodeModel, type Node, type Tensor } from "@vielbein/onnx";
import { int64s, model, node } from "./models.ts";

/** N(mean, U·diag(variances)·Uᵀ), U `[D][d]` with orthonormal columns. */
export interface Component {
  readonly weight: number;
  readonly mean: readonly number[];
  readonly basis: readonly (readonly number[])[];
  readonly variances: readonly number[];
}

/**
 * The network x `[n, D]`, sigma `[1]` → x0 `[n, D]`: `gain` times the mean of y given x = y + σ·ε, y from the mixture.
 */
export function idealDenoiser(
  components: readonly Component[],
  metadata: Readonly<Record<string, string>> = {},
  gain = 1,
): Uint8Array {
  const dim = components[0]!.mean.length;
  const parts = components.map((component, k) => partOf(component, `c${k}/`));
  const stacked = parts.map((_, k) => node("Unsqueeze", [`c${k}/mean_x0`, "axis1"], [`c${k}/row`]));
  const names = (suffix: string) => components.map((_, k) => `c${k}/${suffix}`);
  return encodeModel(
    model(
      {
        nodes: [
          node("Mul", ["sigma", "sigma"], ["s2"]),
          node("Log", ["s2"], ["log_s2"]),
          ...parts.flatMap(({ nodes }) => nodes),
          ...stacked,
          node("Concat", names("logit"), ["logits"], { axis: { type: "int", value: 1 } }),
          node("Softmax", ["logits"], ["weights"], { axis: { type: "int", value: 1 } }),
          node("Unsqueeze", ["weights", "axis1"], ["row_of_weights"]),
          node("Concat", names("row"), ["rows"], { axis: { type: "int", value: 1 } }),
          node("MatMul", ["row_of_weights", "rows"], ["mixed"]),
          node("Squeeze", ["mixed", "axis1"], ["mean"]),
          node("Mul", ["mean", "gain"], ["x0"]),
        ],
        initializers: [
          int64s("axis1", [1]),
          constant("gain", [], [gain]),
          ...parts.flatMap(({ initializers }) => initializers),
        ],
        inputs: [
          { name: "x", dataType: DataType.FLOAT, shape: ["n", dim] },
          { name: "sigma", dataType: DataType.FLOAT, shape: [1] },
        ],
        outputs: [{ name: "x0", dataType: DataType.FLOAT, shape: ["n", dim] }],
      },
      { metadata: new Map(Object.entries(metadata)) },
    ),
  );
}

function constant(name: string, dims: readonly number[], values: readonly number[]): Tensor {
  return { name, dims, dataType: DataType.FLOAT, raw: new Uint8Array(Float32Array.from(values).buffer) };
}

/** The mean of x₀ if it comes from the component, and log π + log N(x; mean, UΛUᵀ + σ²I) but for a constant. */
function partOf({ weight, mean, basis, variances }: Component, p: string): Part {
  const [dim, rank] = [mean.length, variances.length];
  const half = constant(`${p}half`, [], [-0.5]);
  const shared = [
    constant(`${p}mean`, [dim], mean),
    constant(`${p}log_weight`, [], [Math.log(weight)]),
    half,
  ];
  const codimension = constant(`${p}codimension`, [], [dim - rank]);
  const flat = [
    node("Sub", ["x", `${p}mean`], [`${p}centred`]),
    node("ReduceSumSquare", [`${p}centred`, "axis1"], [`${p}square`]),
    node("Mul", ["log_s2", `${p}codimension`], [`${p}log_rest`]),
  ];
  const joined = [
    node("Div", [`${p}outside`, "s2"], [`${p}quadratic`]),
    node("Add", [`${p}quadratic`, `${p}log_determinant`], [`${p}both`]),
    node("Mul", [`${p}both`, `${p}half`], [`${p}halved`]),
    node("Add", [`${p}halved`, `${p}log_weight`], [`${p}logit`]),
  ];
  if (rank === 0) {
    const still = [
      node("Mul", ["x", `${p}zero`], [`${p}nothing`]),
      node("Add", [`${p}nothing`, `${p}mean`], [`${p}mean_x0`]),
      node("Identity", [`${p}square`], [`${p}outside`]),
      node("Identity", [`${p}log_rest`], [`${p}log_determinant`]),
    ];
    return {
      nodes: [...flat, ...still, ...joined],
      initializers: [...shared, codimension, constant(`${p}zero`, [], [0])],
    };
  }
  const along = [
    node("MatMul", [`${p}centred`, `${p}basis`], [`${p}along`]),
    node("Add", [`${p}variances`, "s2"], [`${p}noisy`]),
    node("Div", [`${p}variances`, `${p}noisy`], [`${p}gain`]),
    node("Mul", [`${p}along`, `${p}gain`], [`${p}shrunk`]),
    node("MatMul", [`${p}shrunk`, `${p}turned`], [`${p}moved`]),
    node("Add", [`${p}moved`, `${p}mean`], [`${p}mean_x0`]),
    node("Mul", [`${p}along`, `${p}shrunk`], [`${p}products`]),
    node("ReduceSum", [`${p}products`, "axis1"], [`${p}inside`]),
    node("Sub", [`${p}square`, `${p}inside`], [`${p}outside`]),
    node("Log", [`${p}noisy`], [`${p}logs`]),
    node("ReduceSum", [`${p}logs`], [`${p}log_along`], { keepdims: { type: "int", value: 0 } }),
    node("Add", [`${p}log_along`, `${p}log_rest`], [`${p}log_determinant`]),
  ];
  return {
    nodes: [...flat, ...along, ...joined],
    initializers: [
      ...shared,
      codimension,
      constant(`${p}basis`, [dim, rank], basis.flat()),
      constant(
        `${p}turned`,
        [rank, dim],
        Array.from({ length: rank * dim }, (_, at) => basis[at % dim]![Math.floor(at / dim)]!),
      ),
      constant(`${p}variances`, [rank], variances),
    ],
  };
}

interface Part {
  readonly nodes: readonly Node[];
  readonly initializers: readonly Tensor[];
}
