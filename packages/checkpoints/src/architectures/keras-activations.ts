// Keras's activations by their names.

import { float, int } from "@vielbein/onnx/graph";
import { swish } from "../build/layers.ts";
import type { Name, Network } from "../build/network.ts";
import { type Layer, physicalAxis, type Value } from "./keras-values.ts";

type Activation = (network: Network, x: Name, shape: readonly number[]) => Name;

const simple =
  (opType: string): Activation =>
  (network, x) =>
    network.op(opType, [x]);

const activations: Readonly<Record<string, Activation>> = {
  linear: (_, x) => x,
  relu: simple("Relu"),
  tanh: simple("Tanh"),
  sigmoid: simple("Sigmoid"),
  softplus: simple("Softplus"),
  softsign: simple("Softsign"),
  exponential: simple("Exp"),
  elu: simple("Elu"),
  selu: simple("Selu"),
  swish,
  silu: swish,
  leaky_relu: (network, x) => network.op("LeakyRelu", [x], { alpha: float(0.2) }),
  gelu: (network, x) => {
    const error = network.op("Erf", [network.op("Mul", [x, network.constant([Math.SQRT1_2])])]);
    const share = network.op("Add", [error, network.constant([1])]);
    return network.op("Mul", [network.op("Mul", [x, network.constant([0.5])]), share]);
  },
  softmax: (network, x, shape) => network.op("Softmax", [x], { axis: int(physicalAxis(-1, shape)) }),
};

const RANGES: Readonly<Record<string, string>> = { tanh: "-1,1", sigmoid: "0,1" };

/** The value behind an activation, which a configuration names or leaves out. */
export function activated({ network, config }: Layer, x: Value, name: unknown): Value {
  if (name === undefined || name === null) return x;
  if (typeof name !== "string" || !Object.hasOwn(activations, name)) {
    throw config.wrong(`has the activation ${JSON.stringify(name)}, which is not read`);
  }
  if (name === "linear") return x;
  return { tensor: activations[name](network, x.tensor, x.shape), shape: x.shape, range: RANGES[name] };
}
