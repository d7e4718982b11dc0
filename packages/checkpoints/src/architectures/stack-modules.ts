// Plain stacks that were saved as whole modules, `torch.save(module)`: what a state dictionary leaves open is in the file,
// and must be what the graph has. What forward() does beside calling its modules one after another is code, and unseen.

import type { VielbeinError } from "@vielbein/core";
import type { Network } from "../build/network.ts";
import type { Weights } from "../build/weights.ts";
import { notBuilt } from "../errors.ts";

export interface Layer {
  readonly kind: "dense" | "transposed" | "convolution";
  /** Without `.weight`. */
  readonly name: string;
  /** Of the batch normalisation behind it. */
  norm?: string;
  /** Whether the activation stands before that. */
  isActivatedFirst?: boolean;
  readonly channels: number;
  /** Height and width behind it; 1 where there are no pixels yet. */
  readonly size: number;
  readonly stride: number;
  readonly padding: number;
  readonly further: number;
}

/** Modules that change nothing in a trained network but the shape, which follows from the layers. */
const NEUTRAL = new Set(["Identity", "Dropout", "Dropout2d", "Flatten"]);
const NORMS = new Set(["BatchNorm1d", "BatchNorm2d", "SyncBatchNorm"]);
const LAYERS = { dense: "Linear", convolution: "Conv2d", transposed: "ConvTranspose2d" } as const;

type ReadText = (weights: Weights, name: string) => string | undefined;

/** As the option `activation` has them; undefined where a setting is not ours. */
const ACTIVATIONS: ReadonlyMap<string, ReadText> = new Map<string, ReadText>([
  ["ReLU", () => "relu"],
  ["LeakyReLU", (weights, name) => `leaky_relu:${weights.number(`${name}.negative_slope`)}`],
  ["ELU", (weights, name) => `elu:${weights.number(`${name}.alpha`)}`],
  ["SiLU", () => "silu"],
  ["Softplus", (weights, name) => (isPlainSoftplus(weights, name) ? "softplus" : undefined)],
  ["Tanh", () => "tanh"],
  ["Sigmoid", () => "sigmoid"],
]);

/**
 * The activations of the modules, as the option has them; undefined of weights alone, and of modules without any.
 *
 * @throws {VielbeinError} `INVALID_MODEL` where a module is, or does, what a plain stack does not.
 */
export function activationsOfModules(
  network: Network,
  layers: readonly Layer[],
  weights: Weights,
): string | undefined {
  const { modules } = weights;
  if (modules.size === 0) return undefined;
  const found: string[] = [];
  let order = "";
  for (const [name, kind] of modules) {
    const layer = layers.find((each) => each.name === name);
    if (layer) requireLayer(weights, layer, kind);
    const isNorm = layers.some(({ norm }) => norm === name);
    if (isNorm && !NORMS.has(kind)) throw unlike(name, `is a ${kind}`);
    const isContainer = layers.some((each) => name === "" || each.name.startsWith(`${name}.`));
    if (layer || isNorm) order += layer ? "L" : "N";
    else if (!isContainer && !NEUTRAL.has(kind) && !isSquare(weights, name, kind)) {
      const text = ACTIVATIONS.get(kind)?.(weights, name);
      if (text === undefined) throw unlike(name, `is a ${kind}, which a plain stack does not have as it is`);
      found.push(text);
      order += "A";
    }
  }
  network.remark(
    "the modules of the checkpoint are taken one after another; what its code does beside is not seen",
  );
  if (found.length === 0) return undefined;
  const last = found.length === layers.length ? found.at(-1)! : "none";
  const between = found.slice(0, layers.length - 1);
  if (!/^(LN?A)*LN?A?$/.test(order) || new Set(between).size !== 1) {
    throw unlike("", "does not have one and the same activation behind each of its layers");
  }
  return `${between[0]},${last}`;
}

/** PyTorch takes x itself from the threshold on, which at 20 is no other number. */
function isPlainSoftplus(weights: Weights, name: string): boolean {
  return weights.number(`${name}.beta`) === 1 && (weights.number(`${name}.threshold`) ?? 20) >= 20;
}

/** Whether a module makes pixels as high as wide of features, as the graph does. */
function isSquare(weights: Weights, name: string, kind: string): boolean {
  const [height, width] = [1, 2].map((axis) => weights.number(`${name}.unflattened_size.${axis}`));
  return kind === "Unflatten" && height !== undefined && height === width;
}

/** What the graph takes for granted of a layer must be so. */
function requireLayer(
  weights: Weights,
  { name, kind, stride, padding, further }: Layer,
  found: string,
): void {
  if (found !== LAYERS[kind]) throw unlike(name, `is a ${found} where a ${LAYERS[kind]} is due`);
  if (kind === "dense") return;
  const due = { stride, padding, output_padding: further, dilation: 1 };
  for (const [part, value] of Object.entries(due)) {
    for (const axis of [0, 1]) {
      const is = weights.number(`${name}.${part}.${axis}`);
      if (is !== undefined && is !== value) throw unlike(name, `has ${part} ${is} where ${value} is due`);
    }
  }
  for (const [part, value] of Object.entries({ groups: 1, padding_mode: "zeros", padding: "same" })) {
    const is = weights.setting(`${name}.${part}`);
    if (is !== undefined && is !== value) throw unlike(name, `has ${part} ${is} where ${value} is due`);
  }
}

function unlike(name: string, what: string): VielbeinError {
  return notBuilt(
    `it is a whole module that is no plain stack: ${name === "" ? "it" : `its module "${name}"`} ${what}`,
  );
}
