// Shapes of tensors that follow from what the file states, before anything runs: a few bytes can ask for any amount of
// memory by a constant that is a shape, a number of repetitions, a scale or a width.

import type { TrialLimits } from "@vielbein/core/runtime";
import { intsAttribute, type Node, type Tensor } from "../model/model.ts";
import type { Scope } from "../model/scope.ts";
import { elementCount, numericValues } from "../model/tensor.ts";
import { requireFits } from "./trial.ts";

interface Stated {
  readonly shape: (name: string | undefined) => readonly number[] | undefined;
  /** Values of a small constant. */
  readonly values: (name: string | undefined) => readonly number[] | undefined;
}

/** The shape of a node's first output, where it can be told. */
type ShapeRule = (node: Node, stated: Stated) => readonly number[] | undefined;

/** More elements than any shape has extents, with some to spare. */
const SMALL = 64;

const sameShape: ShapeRule = ({ inputs }, { shape }) => shape(inputs[0]);

const rules: ReadonlyMap<string, ShapeRule> = new Map([
  ...["Identity", "Cast", "EyeLike", "Relu", "LeakyRelu", "Sigmoid", "Tanh", "Exp", "Neg", "Abs", "Sqrt"].map(
    (opType): [string, ShapeRule] => [opType, sameShape],
  ),
  ["ConstantOfShape", ({ inputs }, { values }) => values(inputs[0])],
  ["Expand", expanded],
  ["Tile", tiled],
  ["Range", counted],
  ["Resize", resized],
  ["Pad", padded],
  ["OneHot", oneHot],
  ["Unsqueeze", unsqueezed],
]);

/** @throws {VielbeinError} `MEMORY_BUDGET` for a node whose result is known to exceed what a trial may take. */
export function requireStatedSizesFit(
  nodes: readonly Node[],
  constants: ReadonlyMap<string, Tensor>,
  inputShapes: ReadonlyMap<string, readonly number[]>,
  types: Scope<number>,
  trial: TrialLimits,
): void {
  const shapes = new Map(inputShapes);
  const stated: Stated = {
    shape: (name = "") => shapes.get(name) ?? constants.get(name)?.dims,
    values: (name = "") => {
      const tensor = constants.get(name);
      return tensor && elementCount(tensor.dims) <= SMALL ? numericValues(tensor) : undefined;
    },
  };
  for (const node of nodes) {
    const [output] = node.outputs;
    const shape = node.domain === "" ? rules.get(node.opType)?.(node, stated) : undefined;
    // Anything else is for the engine to refuse.
    if (!output || !shape?.every((extent) => extent >= 0 && extent < Number.POSITIVE_INFINITY)) continue;
    requireFits(`Tensor "${output}" (of ${node.opType})`, shape, types.get(output), trial);
    shapes.set(output, shape);
  }
}

/** Broadcast from the last axis on. */
function expanded({ inputs }: Node, { shape, values }: Stated): number[] | undefined {
  const [own, wanted] = [shape(inputs[0]) ?? [], values(inputs[1])];
  return wanted?.map((extent, axis) => Math.max(extent, own[axis + own.length - wanted.length] ?? 1));
}

function tiled({ inputs }: Node, { shape, values }: Stated): number[] | undefined {
  const repeats = values(inputs[1]);
  return repeats && shape(inputs[0])?.map((extent, axis) => extent * repeats[axis]);
}

function counted({ inputs }: Node, { values }: Stated): number[] | undefined {
  const [start, limit, delta] = inputs.map((name) => values(name)?.[0] ?? Number.NaN);
  return [Math.max(0, Math.ceil((limit - start) / delta))];
}

function resized(node: Node, { shape, values }: Stated): number[] | undefined {
  const own = shape(node.inputs[0]);
  if (!own) return undefined;
  const axes = intsAttribute(node, "axes") ?? own.map((_, axis) => axis);
  const sizes = values(node.inputs[3]);
  const scales = values(node.inputs[2]);
  return own.map((extent, axis) => {
    const i = axes.findIndex((one) => (one + own.length) % own.length === axis);
    return sizes?.[i] ?? Math.floor(extent * (scales?.[i] ?? 1));
  });
}

function padded({ inputs }: Node, { shape, values }: Stated): number[] | undefined {
  const [own, pads] = [shape(inputs[0]), values(inputs[1])];
  const axes = inputs[3] ? values(inputs[3]) : own?.map((_, axis) => axis);
  if (!own || !pads || !axes) return undefined;
  return own.map((extent, axis) => {
    const i = axes.findIndex((one) => (one + own.length) % own.length === axis);
    return i < 0 ? extent : extent + pads[i] + pads[i + axes.length];
  });
}

function oneHot({ inputs }: Node, { shape, values }: Stated): number[] | undefined {
  const depth = values(inputs[1])?.[0];
  return depth === undefined ? undefined : [...(shape(inputs[0]) ?? []), depth];
}

function unsqueezed({ inputs }: Node, { shape, values }: Stated): number[] | undefined {
  const [own, axes] = [shape(inputs[0]), values(inputs[1])];
  if (!own || !axes) return undefined;
  const rank = own.length + axes.length;
  const added = new Set(axes.map((axis) => (axis + rank) % rank));
  const extents = own[Symbol.iterator]();
  return Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : extents.next().value!));
}
