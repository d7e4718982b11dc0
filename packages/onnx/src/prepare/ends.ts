// Where a map starts and ends when nobody says: at floating-point tensors. Models that take or return integers have
// these just after an embedding or a conversion, and just before one.

import { VielbeinError } from "@vielbein/core";
import { requireKind } from "../arguments.ts";
import { dataTypeName, isFloat } from "../model/element-types.ts";
import { nodeReads, readsShapeOnly } from "../model/graph.ts";
import {
  type Graph,
  isFixed,
  type Model,
  type Node,
  requiredInputs,
  type ValueInfo,
} from "../model/model.ts";
import type { Scope } from "../model/scope.ts";
import { typesOf } from "../model/types.ts";
import type { PrepareOptions } from "./options.ts";

/** Operators that keep what they are given, in another type or place: the way back from an output of integers. */
const passed: ReadonlySet<string> = new Set([
  ...[
    "Cast",
    "Reshape",
    "Transpose",
    "Squeeze",
    "Unsqueeze",
    "Flatten",
    "Identity",
    "Slice",
    "Clip",
    "Min",
    "Max",
  ],
]);
/** Operators on that way that make whole numbers, and have no derivative. */
const rounding: ReadonlySet<string> = new Set([
  "Round",
  "Floor",
  "Ceil",
  "ArgMax",
  "ArgMin",
  "QuantizeLinear",
]);

/** The tensors between which a map goes. */
export interface Endpoints {
  /** Name of the tensor that the map begins at. */
  readonly from: string;
  /** Name of the tensor that the map ends at. */
  readonly to: string;
  /** What was chosen where there was a choice, in words. */
  readonly remarks: readonly string[];
}

/**
 * The names that `from` and `to` stand for when left out: the first floating-point input without a value; the first
 * output shaped like an image, else the first floating-point one that is more than a number. Where there are only
 * integers: the tensor right after their conversion or embedding, or the one right before it.
 *
 * @throws {VielbeinError} `INVALID_SPACE` where the input to start from has a value, or where every input has one;
 *   `INVALID_MODEL` for a model without inputs or outputs.
 */
export function endpoints(model: Model, options: Pick<PrepareOptions, "from" | "to" | "inputs">): Endpoints {
  requireKind("endpoints: model", "model", model);
  requireKind("endpoints: options", "object", options);
  const { inputs = {} } = options;
  const start = options.from === undefined ? startOf(model, inputs) : { name: options.from };
  const end = options.to === undefined ? endOf(model) : { name: options.to };
  if (options.from !== undefined && Object.hasOwn(inputs, options.from)) {
    throw new VielbeinError(
      "INVALID_SPACE",
      `"${options.from}" is where the map starts, and is given a fixed value as well. Leave out one of the two.`,
    );
  }
  const remarks = [start.remark, end.remark].filter((remark) => remark !== undefined);
  return { from: start.name, to: end.name, remarks };
}

interface End {
  readonly name: string;
  readonly remark?: string | undefined;
}

/** The floating-point input that is the code unless another is named: the first that has no value. */
export function codeInput(model: Model, hasValue: (name: string) => boolean): ValueInfo | undefined {
  requireKind("codeInput: model", "model", model);
  const { graph } = model;
  requireKind("codeInput: hasValue", "function", hasValue);
  return requiredInputs(graph).find(({ name, dataType }) => isFloating(dataType) && !hasValue(name));
}

function startOf(model: Model, inputs: object): End {
  const required = requiredInputs(model.graph);
  const hasValue = (name: string): boolean => Object.hasOwn(inputs, name);
  const code = codeInput(model, hasValue);
  if (code) return { name: code.name };
  const types = typesOf(model.graph);
  const entered = required.some(({ dataType }) => isFloating(dataType))
    ? []
    : required.flatMap(({ name, dataType }) =>
        behind(model.graph, types, name).map((tensor) => ({ name, dataType, tensor })),
      );
  const [entry] = entered;
  if (entry) {
    const { name, dataType, tensor } = entry;
    return {
      name: tensor,
      remark: `input "${name}" holds ${dataTypeName(dataType)}: the map starts from "${tensor}", the first tensor of floating point behind it${others(entered)}`,
    };
  }
  if (required.length > 0) {
    throw new VielbeinError(
      "INVALID_SPACE",
      `Every input of the model is set (${required.map(({ name }) => name).join(", ")}), so that none is left as the code. Leave out the value of the one to start from, or name a tensor further in with \`from\` (--from on the command line).`,
    );
  }
  throw new VielbeinError(
    "INVALID_MODEL",
    "The model has no input to start from. Name tensors with `from` and `to`.",
  );
}

function others(entered: readonly { readonly tensor: string }[]): string {
  const rest = entered.slice(1).map(({ tensor }) => `"${tensor}"`);
  return rest.length === 0 ? "" : ` (others: ${rest.join(", ")})`;
}

function endOf({ graph }: Model): End {
  const [first] = graph.outputs;
  if (!first) {
    throw new VielbeinError("INVALID_MODEL", "The model has no output. Name tensors with `from` and `to`.");
  }
  const types = typesOf(graph);
  const floating = graph.outputs.filter(({ name }) => isFloating(types.get(name)));
  const chosen =
    floating.find(isImageLike) ?? floating.find((output) => !isOneNumber(output)) ?? floating[0] ?? first;
  if (graph.outputs.length > 1 && floating.length > 0) {
    const rest = graph.outputs.filter((output) => output !== chosen).map(({ name }) => `"${name}"`);
    return {
      name: chosen.name,
      remark: `of several outputs the map ends at "${chosen.name}" (others: ${rest.join(", ")})`,
    };
  }
  if (floating.length > 0) return { name: chosen.name };
  const tensor = beforeIntegers(graph, types, chosen.name);
  if (tensor === undefined) return { name: chosen.name };
  return {
    name: tensor,
    remark: `output "${chosen.name}" holds ${dataTypeName(types.get(chosen.name))}: the map ends at "${tensor}", the last tensor of floating point before it`,
  };
}

/** A type that is not declared is taken to be one. */
function isFloating(dataType: number | undefined): boolean {
  return dataType === undefined || isFloat(dataType);
}

/** A batch of images of one, three or four channels. */
function isImageLike({ name, shape = [] }: ValueInfo): boolean {
  // What a transformer keeps for its next step: [batch, heads, length, size].
  if (/^(present|past)/i.test(name)) return false;
  const [, channels, ...size] = shape;
  const isSize = size.every((extent) => !isFixed(extent) || extent > 4);
  return shape.length === 4 && isSize && isFixed(channels) && [1, 3, 4].includes(channels);
}

/** One number for each point, such as a score or a loss beside what is generated. */
function isOneNumber({ shape }: ValueInfo): boolean {
  if (!shape) return false;
  const [count = 1, ...rest] = shape;
  return rest.every((extent) => extent === 1) && (rest.length > 0 || !isFixed(count) || count === 1);
}

/** The first floating-point tensors on each path from a tensor of integers, in the order of the graph. */
export function behind(graph: Graph, types: Scope<number>, name: string): string[] {
  const integers = new Set([name]);
  const entered: string[] = [];
  for (const node of graph.nodes) {
    if (readsShapeOnly(node) || !nodeReads(node).some((read) => integers.has(read))) continue;
    for (const output of node.outputs.filter(Boolean)) {
      if (isFloating(types.get(output))) entered.push(output);
      else integers.add(output);
    }
  }
  return entered;
}

/** The last floating-point tensor before integers or rounding, if a single path leads back to one that is computed. */
export function beforeIntegers(graph: Graph, types: Scope<number>, name: string): string | undefined {
  const producers = new Map<string, Node>(
    graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node])),
  );
  let found: string | undefined;
  for (let tensor = name; ; ) {
    const { domain, opType, inputs } = producers.get(tensor) ?? {};
    const isPassed = opType !== undefined && (passed.has(opType) || rounding.has(opType));
    if (domain !== "" || !isPassed || !inputs?.[0]) break;
    const makesIntegers = rounding.has(opType) || (opType === "Cast" && !isFloat(types.get(tensor)));
    tensor = inputs[0];
    if (makesIntegers && isFloat(types.get(tensor))) found = tensor;
  }
  return found !== undefined && producers.has(found) ? found : undefined;
}
