// One run of a graph through the engine at batch 1, for its shapes and for the values of what does not depend
// on the point. Tensors that do are asked for their shape only (a Shape node each), so that the engine may free
// every activation.

import { type Runtime, type RuntimeTensor, type TrialLimits, VielbeinError } from "@vielbein/core";
import { int, makeNode } from "../model/attributes.ts";
import { dataTypeName, isReducedFloat } from "../model/element-types.ts";
import { nodeReads, nodesFor, tensorNames } from "../model/graph.ts";
import { DataType, type Model, type Node, requiredInputs, type ValueInfo } from "../model/model.ts";
import { NameSupply } from "../model/names.ts";
import { typesOf } from "../model/types.ts";
import { constantsOf } from "../prepare/upgrade.ts";
import { openSession } from "./source.ts";
import { requireStatedSizesFit } from "./stated-sizes.ts";
import { emptyInput } from "./trial.ts";

export interface Probe {
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  readonly values: ReadonlyMap<string, RuntimeTensor>;
}

export interface ProbeRequest {
  /** Tensors whose shape is wanted. */
  readonly measured: readonly string[];
  /** Tensors whose value is wanted. */
  readonly folded?: readonly string[];
  /** Values of graph inputs by name; others get a harmless one of their declared shape. */
  readonly inputs?: ReadonlyMap<string, RuntimeTensor>;
  /** For a graph that the engine has not run before: what it may take. */
  readonly trial?: TrialLimits | undefined;
}

/**
 * Empty where nothing is wanted: engines do not run graphs without outputs.
 *
 * @throws {VielbeinError} `BACKEND_FAILED` when the engine cannot run the graph, `BACKEND_CRASHED` when that brings it
 *   down, `MEMORY_BUDGET` or `TIME_LIMIT` when it wants more than a trial may take; `INVALID_MODEL` for inputs of
 *   unknown shape.
 */
export async function probe(
  model: Model,
  runtime: Runtime,
  { measured, folded = [], inputs = new Map(), trial }: ProbeRequest,
): Promise<Probe> {
  if (measured.length === 0 && folded.length === 0) return { shapes: new Map(), values: new Map() };
  const { graph } = model;
  const names = new NameSupply(tensorNames(graph));
  const types = typesOf(graph);
  const asked: Node[] = [];
  const ask = (opType: string, name: string, attributes: Parameters<typeof makeNode>[3] = {}): string => {
    const output = names.claim(`${name}_${opType.toLowerCase()}`);
    asked.push(makeNode(opType, [name], [output], attributes));
    return output;
  };
  // Engines convert 8-bit floating-point numbers, and can do nothing else with them.
  const readable = (name: string): string =>
    isReducedFloat(types.get(name)) ? ask("Cast", name, { to: int(DataType.FLOAT) }) : name;
  const shapeNames = new Map(measured.map((name) => [name, ask("Shape", readable(name))]));
  const foldedNames = new Map(folded.map((name) => [name, readable(name)]));
  const needed = nodesFor(graph, [...measured, ...folded]);
  const read = new Set([...needed.flatMap(nodeReads), ...measured, ...folded]);
  const fed = requiredInputs(graph).filter((input) => read.has(input.name));
  const outputs = [...new Set([...shapeNames.values(), ...foldedNames.values()])];
  const feeds = new Map(fed.map((input) => [input.name, inputs.get(input.name) ?? probeValue(input, trial)]));
  if (trial) {
    const fedShapes = new Map([...feeds].map(([name, { dims }]) => [name, dims]));
    requireStatedSizesFit(needed, constantsOf(graph), fedShapes, types, trial);
  }
  const asking: Model = {
    ...model,
    graph: {
      ...graph,
      nodes: [...named(needed), ...asked],
      initializers: graph.initializers.filter((tensor) => read.has(tensor.name)),
      inputs: fed,
      outputs: outputs.map((name) => ({ name })),
      valueInfo: [],
    },
  };
  const session = await openSession(runtime, asking, { optimize: false, trial });
  try {
    const results = await session.run(Object.fromEntries(feeds), outputs).catch((error: unknown) => {
      throw blamingIndices(error, inputs);
    });
    const shapes = [...shapeNames].map(([name, output]) => {
      const extents = Array.from(results[output].data as BigInt64Array, Number);
      return [name, extents] as const;
    });
    const values = [...foldedNames].map(([name, output]) => [name, results[output]] as const);
    return { shapes: new Map(shapes), values: new Map(values) };
  } finally {
    await session.dispose();
  }
}

/** Integers that were given an input are often indices, and engines do not say whose index is out of bounds. */
function blamingIndices(error: unknown, inputs: ReadonlyMap<string, RuntimeTensor>): unknown {
  const given = [...inputs].filter(([, { type }]) => /^u?int/.test(type));
  if (!(error instanceof VielbeinError && /out of (data )?bounds/.test(error.message))) return error;
  if (given.length === 0) return error;
  const values = given.map(
    ([name, { data }]) => `${name}=${Array.from(data.subarray(0, 8), String).join(",")}`,
  );
  return new VielbeinError(
    "OUT_OF_RANGE",
    `A value that an input is given may be an index beyond what there is: ${values.join(", ")} (--set on the command line). ${error.message}`,
    { cause: error },
  );
}

/** The nodes, named by their tensors where they have no names: engines say at which node they fail. */
function named(nodes: readonly Node[]): Node[] {
  const names = new NameSupply(nodes.map(({ name }) => name));
  return nodes.map((node) =>
    node.name ? node : { ...node, name: names.claim(node.outputs.find(Boolean) ?? node.opType) },
  );
}

/** Types of inputs that get a harmless value. */
const probed: ReadonlySet<number> = new Set([
  DataType.FLOAT,
  DataType.DOUBLE,
  DataType.INT64,
  DataType.INT32,
  DataType.BOOL,
]);

/** A harmless value of the declared shape: one point, its coordinates irregular and of order one. */
function probeValue(input: ValueInfo, trial: TrialLimits | undefined): RuntimeTensor {
  const shape = input.shape?.map((extent, axis) => {
    // Some exporters write −1 where they mean any number.
    if (typeof extent === "number" && extent >= 0) return extent;
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
  const { name, dataType } = input;
  if (dataType === undefined || !probed.has(dataType)) {
    throw new VielbeinError(
      "INVALID_MODEL",
      `Input "${name}" has type ${dataTypeName(dataType)}, for which no probe value exists. Give the input a value.`,
    );
  }
  const tensor = emptyInput(name, shape, dataType, trial)!;
  const { type, data } = tensor;
  if (type === "float32" || type === "float64") {
    for (let i = 0; i < data.length; i++) data[i] = Math.fround(Math.sin(1 + 12.9898 * i));
  }
  return tensor;
}
