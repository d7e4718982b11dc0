// Element types of tensors, propagated through a graph. The probe measures shapes only; types follow from
// the operators: a handful change the type, all others keep that of their first typed input.

import { DataType, type Graph, intAttribute, type Node } from "./model.ts";
import type { Scope } from "./scope.ts";

/** Operators that compare or combine truth values. */
export const toBool: ReadonlySet<string> = new Set([
  "Greater",
  "GreaterOrEqual",
  "Less",
  "LessOrEqual",
  "Equal",
  "And",
  "Or",
  "Xor",
  "Not",
  "IsNaN",
  "IsInf",
]);
const toInt64: ReadonlySet<string> = new Set(["Shape", "Size", "ArgMax", "ArgMin", "NonZero"]);
/** The input that the result has its type from, where that is not the first. */
const dataInput: ReadonlyMap<string, number> = new Map([
  ["CastLike", 1],
  ["Where", 1],
  ["OneHot", 2],
]);
/** Operators that make floating-point numbers out of sizes. */
const generators: ReadonlySet<string> = new Set([
  "HannWindow",
  "HammingWindow",
  "BlackmanWindow",
  "MelWeightMatrix",
]);

/** Element types of the tensors of a graph, and of those inside its nodes. */
export class Types implements Scope<number> {
  readonly #own = new Map<string, number>();
  readonly #around: Scope<number>;
  readonly #inner = new Map<Graph, Types>();

  /** The types that can be told of, given those of the graphs `around`. */
  constructor(graph: Graph, around: Scope<number>) {
    this.#around = around;
    for (const info of [...graph.valueInfo, ...graph.inputs, ...graph.outputs]) {
      if (info.dataType) this.#own.set(info.name, info.dataType);
    }
    for (const tensor of graph.initializers) this.#own.set(tensor.name, tensor.dataType);
    for (const node of graph.nodes) {
      node.outputs.forEach((output, index) => {
        const type = outputType(node, index, this);
        if (output && type !== undefined) this.#own.set(output, type);
      });
    }
  }

  get(name: string): number | undefined {
    return this.#own.get(name) ?? this.#around.get(name);
  }

  /** Those of a graph inside one of the nodes. */
  within(graph: Graph): Types {
    const known = this.#inner.get(graph) ?? new Types(graph, this);
    this.#inner.set(graph, known);
    return known;
  }
}

/** Element type of every tensor of the graph that it can be told of. */
export function typesOf(graph: Graph): Types {
  return new Types(graph, new Map());
}

function outputType(node: Node, index: number, types: Types): number | undefined {
  const declared = types.get(node.outputs[index]);
  if (node.domain !== "") return declared;
  const { opType } = node;
  if (toBool.has(opType)) return DataType.BOOL;
  if (toInt64.has(opType)) return DataType.INT64;
  if ((opType === "MaxPool" || opType === "TopK") && index === 1) return DataType.INT64;
  if (opType === "If" || opType === "Loop" || opType === "Scan")
    return bodyType(node, index, types) ?? declared;
  if (opType === "LayerNormalization" && index > 0) return intAttribute(node, "stash_type", DataType.FLOAT);
  if (opType === "Dropout" && index === 1) return DataType.BOOL;
  // Random operators and EyeLike.
  if (node.attributes.has("dtype")) return intAttribute(node, "dtype", DataType.FLOAT);
  if (opType === "Cast") return intAttribute(node, "to", DataType.FLOAT);
  if (opType === "Constant" || opType === "ConstantOfShape") {
    const value = node.attributes.get("value");
    if (value?.type === "tensor") return value.value.dataType;
    if (node.attributes.has("value_int") || node.attributes.has("value_ints")) return DataType.INT64;
    return DataType.FLOAT;
  }
  if (generators.has(opType)) return intAttribute(node, "output_datatype", DataType.FLOAT);
  if (opType === "QuantizeLinear") {
    const stated = intAttribute(node, "output_dtype", 0);
    return stated || (types.get(node.inputs[2] ?? "") ?? DataType.UINT8);
  }
  if (opType === "DynamicQuantizeLinear") return index === 1 ? DataType.FLOAT : DataType.UINT8;
  if (opType.startsWith("Dequantize")) return types.get(node.inputs[1] ?? "") ?? DataType.FLOAT;
  const data = node.inputs[dataInput.get(opType) ?? 0];
  return types.get(data ?? "") ?? declared;
}

/** Type of an output of If, Loop or Scan: that of the output of its subgraph; Loop's first is its condition. */
function bodyType(node: Node, index: number, types: Types): number | undefined {
  const body = node.attributes.get(node.opType === "If" ? "then_branch" : "body");
  if (body?.type !== "graph") return undefined;
  const output = body.value.outputs[node.opType === "Loop" ? index + 1 : index];
  return output && types.within(body.value).get(output.name);
}
