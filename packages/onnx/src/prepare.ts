// From a model as exported to a graph that can be differentiated: cut between two tensors, every shape
// fixed, everything that does not depend on the input folded into constants. One probe run through the
// engine yields both the shapes and the folded values, so that no shape inference is needed and the
// plumbing that exporters leave (Shape, Gather, Slice, Concat, Unsqueeze …) disappears.

import { type Runtime, type RuntimeTensor, VielbeinError } from "@vielbein/core";
import { makeNode } from "./attributes.ts";
import { requireTensor } from "./cut.ts";
import { dependents, nodeReads, nodesFor, tensorNames } from "./graph.ts";
import {
  DataType,
  type Model,
  type Node,
  requiredInputs,
  standardOpset,
  type Tensor,
  type ValueInfo,
} from "./model.ts";
import { NameSupply } from "./names.ts";
import { normalize } from "./normalize.ts";
import { type PreparedGraph, positionOf, type TensorInfo } from "./prepared-graph.ts";
import { ruleFor } from "./rules.ts";
import { modelSource } from "./source.ts";
import { dataTypeName, elementCount, fromRuntime, isFloat } from "./tensor.ts";
import { typesOf } from "./types.ts";
import { noRule, UnsupportedOperatorError } from "./unsupported.ts";

export interface PrepareOptions {
  /** Tensor to start from. Default: the graph's first input. */
  readonly from?: string;
  /** Tensor to end at. Default: the graph's first output. */
  readonly to?: string;
  /** Values of the other graph inputs (labels, truncation …), by name. */
  readonly inputs?: Readonly<Record<string, RuntimeTensor>>;
}

/**
 * Prepares the map `from` → `to` of a model whose external data is resolved.
 *
 * @throws {VielbeinError} `INVALID_SPACE` for names that are unknown, not connected or not floating point,
 *   or when `to` also depends on an input that has no value; `BACKEND_FAILED` when the engine cannot run
 *   the graph; `INVALID_MODEL` when the graph is unsound.
 */
export async function prepare(
  original: Model,
  runtime: Runtime,
  options: PrepareOptions = {},
): Promise<PreparedGraph> {
  const model = normalize(original);
  const { graph } = model;
  const { from, to } = endpoints(model, options);
  requireTensor(graph, from, "from");
  requireTensor(graph, to, "to");

  const types = typesOf(graph);
  requireFloat(types.get(from), from);
  requireFloat(types.get(to), to);

  const path = nodesFor(graph, [to], new Set([from]));
  const variable = dependents(path, from);
  if (!variable.has(to) || from === to) {
    throw new VielbeinError(
      "INVALID_SPACE",
      `Tensor "${to}" does not depend on "${from}", so there is no map between them. Choose a tensor after "${from}" (\`vielbein inspect\` lists them).`,
    );
  }
  const nodes = path.filter(
    (node) => node.outputs.some((output) => variable.has(output)) && !node.outputs.includes(from),
  );
  requireFedInputs(model, nodes, variable, from, to, options);

  const opset = standardOpset(original);
  const places = original.graph.nodes.map((node, index) => ({ node, index }));
  const positions = new Map([
    ...places.map(({ node, index }) => [node.name, index] as const),
    ...places.flatMap(({ node, index }) => node.outputs.map((output) => [output, index] as const)),
  ]);
  const probe = await probeGraph(model, nodes, variable, from, runtime, options).catch((error: unknown) => {
    // An engine may refuse a graph for an operator that could not be differentiated anyway: say that.
    const isRefusal = error instanceof VielbeinError && error.code === "BACKEND_FAILED";
    const unknown = isRefusal ? nodes.find((node) => !ruleFor(node)) : undefined;
    if (!unknown) throw error;
    throw new UnsupportedOperatorError(unknown, positionOf({ positions }, unknown), opset, noRule);
  });
  const info = new Map<string, TensorInfo>();
  const constants = new Map<string, Tensor>();
  const originals = new Map(graph.initializers.map((tensor) => [tensor.name, tensor]));
  for (const name of probe.frontier) {
    const tensor = originals.get(name) ?? fromRuntime(name, probe.values[name]!);
    constants.set(name, tensor);
    info.set(name, { shape: tensor.dims, dataType: tensor.dataType });
  }
  for (const [name, shape] of probe.shapes)
    info.set(name, { shape, dataType: types.get(name) ?? DataType.FLOAT });
  const boundary = (name: string): ValueInfo => ({ name, ...info.get(name)! });
  return {
    input: from,
    output: to,
    info,
    constants,
    opset,
    positions,
    model: {
      ...model,
      unknown: [],
      graph: {
        name: graph.name,
        nodes,
        initializers: [...constants.values()],
        inputs: [boundary(from)],
        outputs: [boundary(to)],
        valueInfo: [],
        unknown: [],
      },
    },
  };
}

/** The names that `from` and `to` stand for when left out: the first input that wants a value, the first output. */
export function endpoints(
  model: Model,
  options: Pick<PrepareOptions, "from" | "to" | "inputs">,
): { from: string; to: string } {
  const from =
    options.from ?? requiredInputs(model.graph).find((input) => !options.inputs?.[input.name])?.name;
  const to = options.to ?? model.graph.outputs[0]?.name;
  if (from === undefined || to === undefined) {
    throw new VielbeinError(
      "INVALID_MODEL",
      `The model has ${from === undefined ? "no input to start from" : "no output"}. Name tensors with \`from\` and \`to\`.`,
    );
  }
  return { from, to };
}

function requireFloat(dataType: number | undefined, name: string): void {
  if (dataType === undefined || isFloat(dataType)) return;
  throw new VielbeinError(
    "INVALID_SPACE",
    `Tensor "${name}" holds ${dataTypeName(dataType)} values; derivatives need floating point. Choose the floating-point tensor before its conversion (\`vielbein inspect\` lists them).`,
  );
}

/** Refuses a map whose value also depends, beside `from`, on graph inputs that nobody gave a value. */
function requireFedInputs(
  model: Model,
  nodes: readonly Node[],
  variable: ReadonlySet<string>,
  from: string,
  to: string,
  options: PrepareOptions,
): void {
  const side = nodes.flatMap(nodeReads).filter((name) => !variable.has(name));
  for (const input of requiredInputs(model.graph)) {
    if (input.name === from || options.inputs?.[input.name]) continue;
    const needs = dependents(nodesFor(model.graph, side), input.name);
    if (!side.some((name) => needs.has(name))) continue;
    throw new VielbeinError(
      "INVALID_SPACE",
      `"${to}" depends on input "${input.name}" (${dataTypeName(input.dataType)} [${input.shape ?? "?"}]) beside "${from}". Give it a fixed value (\`inputs\`, or --set ${input.name}=… on the command line).`,
    );
  }
}

interface Probe {
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Tensors that the kept nodes read but that do not depend on the input. */
  readonly frontier: ReadonlySet<string>;
  readonly values: Readonly<Record<string, RuntimeTensor>>;
}

/**
 * Runs the graph once at batch 1. Variable tensors are asked for their shape only (a Shape node each), so
 * the engine may free every activation; tensors at the frontier are returned by value.
 */
async function probeGraph(
  model: Model,
  nodes: readonly Node[],
  variable: ReadonlySet<string>,
  from: string,
  runtime: Runtime,
  options: PrepareOptions,
): Promise<Probe> {
  const { graph } = model;
  const names = new NameSupply(tensorNames(graph));
  const produced = new Set([from, ...nodes.flatMap((node) => node.outputs)]);
  const measured = [...variable].filter((name) => produced.has(name));
  const shapeNames = new Map(measured.map((name) => [name, names.claim(`${name}_shape`)]));
  const frontier = new Set(nodes.flatMap(nodeReads).filter((name) => !variable.has(name)));
  const initialised = new Set(graph.initializers.map((tensor) => tensor.name));
  const folded = [...frontier].filter((name) => !initialised.has(name));

  const needed = nodesFor(graph, [...measured, ...folded]);
  const read = new Set(needed.flatMap(nodeReads));
  const inputs = requiredInputs(graph).filter(
    (input) => read.has(input.name) || input.name === from || folded.includes(input.name),
  );
  const outputs = [...shapeNames.values(), ...folded];
  const session = await runtime.createSession(
    modelSource({
      ...model,
      graph: {
        ...graph,
        nodes: [...needed, ...measured.map((name) => makeNode("Shape", [name], [shapeNames.get(name)!]))],
        initializers: graph.initializers.filter((tensor) => read.has(tensor.name)),
        inputs,
        outputs: outputs.map((name) => ({ name })),
        valueInfo: [],
      },
    }),
    { optimize: false },
  );
  try {
    const feeds = Object.fromEntries(
      inputs.map((input) => [input.name, options.inputs?.[input.name] ?? probeValue(input)]),
    );
    const values = await session.run(feeds, outputs);
    const shapes = new Map(
      measured.map((name) => [
        name,
        Array.from(values[shapeNames.get(name)!]!.data as BigInt64Array, Number),
      ]),
    );
    return { shapes, frontier, values };
  } finally {
    await session.dispose();
  }
}

/** A harmless value of the declared shape: one point, its coordinates irregular and of order one. */
function probeValue(input: ValueInfo): RuntimeTensor {
  const shape = input.shape?.map((extent, axis) => {
    if (typeof extent === "number") return extent;
    if (axis === 0) return 1;
    throw new VielbeinError(
      "INVALID_MODEL",
      `Input "${input.name}" leaves axis ${axis} ("${extent}") open; only the batch axis may be. Fix it when exporting, or give the input a value.`,
    );
  });
  if (!shape) {
    throw new VielbeinError(
      "INVALID_MODEL",
      `Input "${input.name}" declares no shape. Export the model with input shapes; for a part of a model, name \`from\` and \`to\` in the whole one.`,
    );
  }
  const count = elementCount(shape);
  const wave = Float32Array.from({ length: count }, (_, i) => Math.sin(1 + 12.9898 * i));
  if (input.dataType === DataType.FLOAT) return { type: "float32", dims: shape, data: wave };
  if (input.dataType === DataType.DOUBLE)
    return { type: "float64", dims: shape, data: Float64Array.from(wave) };
  if (input.dataType === DataType.INT64)
    return { type: "int64", dims: shape, data: new BigInt64Array(count) };
  if (input.dataType === DataType.INT32) return { type: "int32", dims: shape, data: new Int32Array(count) };
  if (input.dataType === DataType.BOOL) return { type: "bool", dims: shape, data: new Uint8Array(count) };
  throw new VielbeinError(
    "INVALID_MODEL",
    `Input "${input.name}" has type ${dataTypeName(input.dataType)}, for which no probe value exists. Give the input a value.`,
  );
}
