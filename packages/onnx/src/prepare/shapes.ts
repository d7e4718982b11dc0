// Extents that a file leaves open: the axes of inputs that the exporter gave a name instead of a number.

import { VielbeinError } from "@vielbein/core";
import { requireKind } from "../arguments.ts";
import {
  axisName,
  type Dimension,
  isFixed,
  type Model,
  requiredInputs,
  type ValueInfo,
} from "../model/model.ts";
import { didYouMean } from "../model/names.ts";

/** Extents by the name of an input, or of an axis that inputs leave open; `batch` is the first axis of all inputs. */
export type InputShapes = ReadonlyMap<string, readonly number[]>;

/**
 * The model with open axes of its inputs fixed. An input is given its whole shape, or its shape without the first axis,
 * which then stays as it is; a named axis is given one number, which holds wherever an input has an axis of that name.
 * An axis that is called like an input of one axis or two is given its extent in the shape of an input that has it.
 *
 * @throws {VielbeinError} `INVALID_SPACE` for a name that is neither an input nor an open axis; `SHAPE_MISMATCH` for
 * another number of axes than the input has, or for another extent than the one that the file fixes or that the same
 * name was given before.
 */
export function withShapes(model: Model, shapes: InputShapes): Model {
  requireKind("withShapes: model", "model", model);
  requireKind("withShapes: shapes", "shapes", shapes);
  if (shapes.size === 0) return model;
  const inputs = new Map(requiredInputs(model.graph).map((input) => [input.name, input]));
  const named = new Map<string, number>();
  for (const [name, extents] of shapes) {
    requireExtents(name, extents);
    const input = inputs.get(name);
    const isAxis = extents.length === 1 && isOpenAxis(name, inputs.values());
    // Where both are called so, one number is the axis, unless it is all that the input needs.
    if (input && !(isAxis && (input.shape?.length ?? 0) > 2)) inputs.set(name, shaped(input, extents, named));
    else if (isAxis) nameExtent(named, name, extents[0]);
    else throw unknownName(name, extents, [...inputs.values()]);
  }
  const fixed = (input: ValueInfo): ValueInfo => ({
    ...input,
    shape: input.shape?.map((extent, axis) => extentOf(extent, axis, named)),
  });
  return {
    ...model,
    graph: {
      ...model.graph,
      inputs: model.graph.inputs.map((input) => fixed(inputs.get(input.name) ?? input)),
    },
  };
}

function requireExtents(name: string, extents: readonly number[]): void {
  const bad = extents.find((extent) => !Number.isSafeInteger(extent) || extent < 1);
  if (bad === undefined && extents.length > 0) return;
  throw new VielbeinError(
    "SHAPE_MISMATCH",
    `Shape of "${name}" (--shape on the command line): extents are positive integers, got ${bad ?? "none"}.`,
  );
}

function extentOf(extent: Dimension, axis: number, named: ReadonlyMap<string, number>): Dimension {
  if (isFixed(extent)) return extent;
  return named.get(String(extent)) ?? (axis === 0 ? named.get("batch") : undefined) ?? extent;
}

function isOpenAxis(name: string, inputs: Iterable<ValueInfo>): boolean {
  return [...inputs].some(
    ({ shape = [] }) => shape.includes(name) || (name === "batch" && shape.length > 0 && !isFixed(shape[0])),
  );
}

/** An input with the extents that it is given; the extents of its named axes are added to `named`. */
function shaped(input: ValueInfo, extents: readonly number[], named: Map<string, number>): ValueInfo {
  const declared = input.shape ?? extents.map(() => "");
  // A batch of one is what an open batch stands for; open, it takes many points at a time.
  const isOneOfMany = extents.length === declared.length && extents[0] === 1 && !isFixed(declared[0]);
  const inner = extents.length === declared.length - 1 ? extents : extents.slice(1);
  const first = isOneOfMany || inner === extents ? declared[0] : extents[0];
  const wanted = first === undefined ? extents : [first, ...inner];
  const isFitting =
    wanted.length === declared.length &&
    declared.every((extent, axis) => !isFixed(extent) || extent === wanted[axis]);
  if (!isFitting) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `Input "${input.name}" has shape [${declared.map(axisName).join(", ")}], got ${extents.join(",")} (--shape on the command line). Give the extents of all axes, or of all but the first; those that the file fixes stay as they are.`,
    );
  }
  for (const [axis, name] of declared.entries()) {
    const extent = wanted[axis];
    if (typeof name === "string" && name !== "" && typeof extent === "number")
      nameExtent(named, name, extent);
  }
  return { ...input, shape: wanted };
}

function nameExtent(named: Map<string, number>, name: string, extent: number): void {
  const before = named.get(name);
  if (before !== undefined && before !== extent) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `Axis "${name}" is given two extents, ${before} and ${extent}. Give it one.`,
    );
  }
  named.set(name, extent);
}

function unknownName(name: string, extents: readonly number[], inputs: readonly ValueInfo[]): VielbeinError {
  const axes = inputs.flatMap(({ shape = [] }) =>
    shape.filter((extent) => typeof extent === "string" && extent),
  );
  const known = [...new Set([...inputs.map((input) => input.name), ...axes.map(String)])];
  const problem =
    extents.length > 1 && known.includes(name)
      ? `"${name}" is one axis, and is given ${extents.length} extents. Give it one`
      : `"${name}" is neither an input nor an open axis of one${didYouMean(name, known)}. There are ${known.join(", ")}`;
  return new VielbeinError("INVALID_SPACE", `Shapes of inputs (--shape on the command line): ${problem}.`);
}

/** The model with a name for every open axis of its inputs except the batch, and these names, each once. */
export function withNamedAxes(model: Model): { readonly model: Model; readonly axes: readonly string[] } {
  requireKind("withNamedAxes: model", "model", model);
  const axes = new Set<string>();
  const nameOf = (input: string, extent: Dimension, axis: number): Dimension => {
    if (isFixed(extent) || axis === 0) return extent;
    const name = typeof extent === "string" && extent !== "" ? extent : `${input} axis ${axis}`;
    axes.add(name);
    return name;
  };
  const required = new Set(requiredInputs(model.graph));
  const inputs = model.graph.inputs.map((input) =>
    required.has(input)
      ? { ...input, shape: input.shape?.map((extent, axis) => nameOf(input.name, extent, axis)) }
      : input,
  );
  return { model: { ...model, graph: { ...model.graph, inputs } }, axes: [...axes] };
}

/**
 * The extents that shapes of inputs give to open axes, by the names that {@link withNamedAxes} gives these axes.
 *
 * @throws {VielbeinError} what {@link withShapes} throws.
 */
export function axisExtents(original: Model, shapes: InputShapes): Map<string, number> {
  requireKind("axisExtents: original", "model", original);
  requireKind("axisExtents: shapes", "shapes", shapes);
  const { model } = withNamedAxes(original);
  const shaped = withShapes(model, shapes).graph.inputs;
  const pairs = model.graph.inputs.flatMap(({ shape = [] }, i) =>
    shape.map((name, axis) => [name, shaped[i].shape?.[axis]] as const),
  );
  return new Map(
    pairs.flatMap(([name, extent]) => (typeof name === "string" && isFixed(extent) ? [[name, extent]] : [])),
  );
}
