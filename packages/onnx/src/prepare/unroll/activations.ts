// The activations that recurrent operators name.

import { float } from "../../model/attributes.ts";
import type { Attribute, Node } from "../../model/model.ts";
import type { CompositeWriter } from "../composite-writer.ts";

export type Activation = (w: CompositeWriter, x: string) => string;

/**
 * The numbers that an activation takes by default; NaN: the standard and the engine differ, so that they must be
 * stated.
 */
interface Kind {
  readonly name: string;
  readonly alpha?: number;
  readonly beta?: number;
}

const kinds: ReadonlyMap<string, Kind> = new Map(
  [
    { name: "Relu" },
    { name: "Tanh" },
    { name: "Sigmoid" },
    { name: "Softsign" },
    { name: "Softplus" },
    { name: "LeakyRelu", alpha: 0.01 },
    { name: "ThresholdedRelu", alpha: Number.NaN },
    { name: "Elu", alpha: 1 },
    { name: "HardSigmoid", alpha: 0.2, beta: 0.5 },
    { name: "Affine", alpha: Number.NaN, beta: Number.NaN },
    { name: "ScaledTanh", alpha: Number.NaN, beta: Number.NaN },
  ].map((kind: Kind) => [kind.name.toLowerCase(), kind]),
);

/**
 * The activations of a recurrent node, those of its directions one after the other; undefined where the standard does
 * not know one of them, or the node does not state its numbers. Numbers are consumed in the order of the activations
 * that take them.
 */
export function activationsOf(
  node: Node,
  defaults: readonly string[],
  directions: number,
): Activation[] | undefined {
  const stated = node.attributes.get("activations");
  const all = Array.from({ length: directions }, () => defaults).flat();
  const names = stated?.type === "strings" && stated.value.length > 0 ? stated.value : all;
  const [alphas, betas] = ["activation_alpha", "activation_beta"].map((name) => numbersOf(node, name));
  const activations: Activation[] = [];
  for (const name of names) {
    const kind = kinds.get(name.toLowerCase());
    if (!kind) return undefined;
    const alpha = kind.alpha === undefined ? undefined : (alphas.shift() ?? kind.alpha);
    const beta = kind.beta === undefined ? undefined : (betas.shift() ?? kind.beta);
    if (Number.isNaN(alpha) || Number.isNaN(beta)) return undefined;
    activations.push((w, x) => applied(w, { name: kind.name, alpha, beta }, x));
  }
  return activations.length === all.length ? activations : undefined;
}

function numbersOf(node: Node, name: string): number[] {
  const attribute = node.attributes.get(name);
  return attribute?.type === "floats" ? [...attribute.value] : [];
}

interface Chosen {
  readonly name: string;
  readonly alpha: number | undefined;
  readonly beta: number | undefined;
}

function applied(w: CompositeWriter, { name, alpha, beta }: Chosen, x: string): string {
  if (name === "Affine") return w.op("Add", [w.op("Mul", [x, w.scalar(alpha!)]), w.scalar(beta!)]);
  if (name === "ScaledTanh") {
    return w.op("Mul", [w.op("Tanh", [w.op("Mul", [x, w.scalar(beta!)])]), w.scalar(alpha!)]);
  }
  const attributes: Record<string, Attribute> = {};
  if (alpha !== undefined) attributes.alpha = float(alpha);
  if (beta !== undefined) attributes.beta = float(beta);
  return w.op(name, [x], attributes);
}
