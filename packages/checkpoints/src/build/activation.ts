// Activations by name, where a file holds weights alone.

import { parseDecimal, VielbeinError } from "@vielbein/core";
import { float } from "@vielbein/onnx/graph";
import { swish } from "./layers.ts";
import type { Name, Network } from "./network.ts";

type Activation = (network: Network, x: Name, parameter: number) => Name;

const activations: Readonly<Record<string, Activation>> = {
  none: (_, x) => x,
  relu: (network, x) => network.op("Relu", [x]),
  leaky_relu: (network, x, slope) => network.op("LeakyRelu", [x], { alpha: float(slope) }),
  elu: (network, x, alpha) => network.op("Elu", [x], { alpha: float(alpha) }),
  silu: swish,
  softplus: (network, x) => network.op("Softplus", [x]),
  tanh: (network, x) => network.op("Tanh", [x]),
  sigmoid: (network, x) => network.op("Sigmoid", [x]),
};

/** Slopes of those that have one, where none is said. */
const PRESETS: Readonly<Record<string, number>> = { leaky_relu: 0.01, elu: 1 };

/** Between the layers of a stack, and behind the last. */
export interface Activations {
  readonly between: (network: Network, x: Name) => Name;
  readonly last: (network: Network, x: Name) => Name;
  /** Values of black and white that the last one leads to; undefined where it has no bounds. */
  readonly range: string | undefined;
}

export const ACTIVATION_GRAMMAR: string = `BETWEEN,LAST of ${Object.keys(activations).join(", ")}; ${Object.keys(PRESETS).join(" and ")} take a slope, as leaky_relu:0.2`;

/** @throws {VielbeinError} `INVALID_ARGUMENT` for an unknown name, and for a slope of an activation that has none. */
export function parseActivations(text: string): Activations {
  const parts = text.split(",");
  if (parts.length !== 2) throw unknown(text);
  const [between, last] = parts.map((part) => {
    const [name, slope, rest] = part.trim().split(":");
    const parameter = slope === undefined ? (PRESETS[name] ?? 0) : parseDecimal(slope);
    const isSlope = slope === undefined || (Object.hasOwn(PRESETS, name) && Number.isFinite(parameter));
    if (!Object.hasOwn(activations, name) || !isSlope || rest !== undefined) throw unknown(text);
    return (network: Network, x: Name) => activations[name](network, x, parameter);
  });
  const range = { tanh: "-1,1", sigmoid: "0,1" }[parts[1].trim()];
  return { between, last, range };
}

/** Whether two texts name the same, with the slopes that are not said. */
export function isSameActivation(one: string, other: string): boolean {
  return full(one) === full(other);
}

function full(text: string): string {
  const parts = text.split(",").map((part) => {
    const [name, slope] = part.trim().split(":");
    const parameter = slope === undefined ? PRESETS[name] : parseDecimal(slope);
    return parameter === undefined ? name : `${name}:${parameter}`;
  });
  return parts.join(",");
}

function unknown(text: string): VielbeinError {
  return new VielbeinError("INVALID_ARGUMENT", `activation: expected ${ACTIVATION_GRAMMAR}, got "${text}".`);
}
