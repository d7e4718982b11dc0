// One internal form for every opset: what older operator sets keep in attributes moves to inputs, as
// opset 18 has it; superseded operators become their successors; half precision is widened, so that
// derivatives are computed in float32. Rules are written against this form only.

import { VielbeinError } from "@vielbein/core";
import { float, int, makeNode, string, without } from "./attributes.ts";
import { writeOut } from "./composites.ts";
import { tensorNames, topologicalOrder } from "./graph.ts";
import {
  type Attribute,
  DataType,
  intAttribute,
  intsAttribute,
  type Model,
  type Node,
  standardOpset,
  type Tensor,
} from "./model.ts";
import { NameSupply } from "./names.ts";
import { float32Tensor, float64Tensor, int64Tensor } from "./tensor.ts";
import { typesOf } from "./types.ts";
import { widenHalfPrecision } from "./widen.ts";

const INTERNAL_OPSET = 18;
const OLDEST_OPSET = 7;

/**
 * The same function as a graph of at least opset 18, nodes in topological order.
 *
 * @throws {VielbeinError} `INVALID_MODEL` for opsets before 7 and for cyclic or incomplete graphs.
 */
export function normalize(model: Model): Model {
  const opset = standardOpset(model);
  if (opset < OLDEST_OPSET) {
    throw new VielbeinError(
      "INVALID_MODEL",
      `The model uses operator set ${opset}; the oldest supported is ${OLDEST_OPSET}. Export it again with opset 17 or later.`,
    );
  }
  const { graph } = model;
  const ordered = { ...graph, nodes: topologicalOrder(graph) };
  const upgrade = new Upgrade(opset, new NameSupply(tensorNames(graph)), typesOf(ordered));
  const nodes = ordered.nodes.flatMap((node, index) => upgrade.node(node, index));
  return widenHalfPrecision({
    ...model,
    irVersion: Math.max(model.irVersion, 8),
    opsets: new Map(model.opsets).set("", Math.max(opset, INTERNAL_OPSET)),
    graph: { ...graph, nodes, initializers: [...graph.initializers, ...upgrade.constants] },
  });
}

const reductions: ReadonlySet<string> = new Set([
  "ReduceMean",
  "ReduceMax",
  "ReduceMin",
  "ReduceProd",
  "ReduceL1",
  "ReduceL2",
  "ReduceLogSum",
  "ReduceLogSumExp",
  "ReduceSumSquare",
]);

class Upgrade {
  readonly constants: Tensor[] = [];
  private readonly opset: number;
  private readonly names: NameSupply;
  private readonly types: ReadonlyMap<string, number>;

  constructor(opset: number, names: NameSupply, types: ReadonlyMap<string, number>) {
    this.opset = opset;
    this.names = names;
    this.types = types;
  }

  node(node: Node, index: number): Node[] {
    if (node.domain !== "") return [node];
    const { opType } = node;
    // An unseeded random operator would draw anew in every session, so that no two results agree.
    if (/^Random|^Multinomial$|^Bernoulli$/.test(opType) && !node.attributes.has("seed")) {
      return [{ ...node, attributes: new Map(node.attributes).set("seed", float(index + 1)) }];
    }
    if (opType === "Dropout" && node.inputs.length < 3) {
      return [makeNode("Identity", [node.inputs[0]!], [node.outputs[0]!])];
    }
    if (this.opset < 13 && (opType === "Squeeze" || opType === "Unsqueeze" || opType === "ReduceSum")) {
      return [this.axesToInput(node)];
    }
    if (this.opset < 18 && reductions.has(opType)) return [this.axesToInput(node)];
    if (this.opset < 18 && opType === "Split") return [this.split(node)];
    if (this.opset < 10 && opType === "Slice")
      return [this.attributesToInputs(node, ["starts", "ends", "axes"])];
    if (this.opset < 11 && opType === "Clip") return [this.attributesToInputs(node, ["min", "max"])];
    if (this.opset < 11 && opType === "Pad") return [this.attributesToInputs(node, ["pads", "value"])];
    if (opType === "Upsample" || (opType === "Resize" && this.opset < 11)) return [this.resize(node)];
    if (this.opset < 13 && (opType === "Softmax" || opType === "LogSoftmax")) return this.softmax(node);
    const composite = writeOut(node, this.opset, this.names);
    if (!composite) return [node];
    this.constants.push(...composite.constants);
    return composite.nodes;
  }

  /** The attribute's value as an initialiser; a single number of the type of `data`, as operators want it. */
  private constant(attribute: Attribute | undefined, data: string): string {
    if (attribute === undefined) return "";
    const name = this.names.claim("constant");
    if (attribute.type === "ints") this.constants.push(int64Tensor(name, attribute.value));
    else if (attribute.type === "floats") {
      this.constants.push(float32Tensor(name, attribute.value, [attribute.value.length]));
    } else if (attribute.type === "float") {
      const make = this.types.get(data) === DataType.DOUBLE ? float64Tensor : float32Tensor;
      this.constants.push(make(name, [attribute.value], []));
    } else return "";
    return name;
  }

  private attributesToInputs(node: Node, names: readonly string[]): Node {
    const data = node.inputs[0]!;
    const added = names.map((name) => this.constant(node.attributes.get(name), data));
    return {
      ...makeNode(node.opType, [data, ...added], node.outputs, without(node, ...names)),
      name: node.name,
    };
  }

  private axesToInput(node: Node): Node {
    return node.attributes.has("axes") ? this.attributesToInputs(node, ["axes"]) : node;
  }

  private split(node: Node): Node {
    if (intsAttribute(node, "split")) return this.attributesToInputs(node, ["split"]);
    if (node.inputs.length > 1) return node;
    return { ...node, attributes: new Map(node.attributes).set("num_outputs", int(node.outputs.length)) };
  }

  /** Upsample, and Resize of opset 10, are Resize with asymmetric coordinates rounded down. */
  private resize(node: Node): Node {
    const scales = node.inputs[1] ?? this.constant(node.attributes.get("scales"), node.inputs[0]!);
    return {
      ...makeNode("Resize", [node.inputs[0]!, "", scales], node.outputs, {
        ...without(node, "scales"),
        coordinate_transformation_mode: string("asymmetric"),
        nearest_mode: string("floor"),
      }),
      name: node.name,
    };
  }

  /** Before opset 13 the softmax runs over all axes from `axis` on, flattened. */
  private softmax(node: Node): Node[] {
    const axis = intAttribute(node, "axis", 1);
    if (axis === -1) return [node];
    const [x, y] = [node.inputs[0]!, node.outputs[0]!];
    const [shape, flat, result] = ["shape", "flat", "softmax"].map((wish) => this.names.claim(wish));
    return [
      makeNode("Shape", [x], [shape!]),
      makeNode("Flatten", [x], [flat!], { axis: int(axis) }),
      // Named as the file has it, since its output is not: messages find the node's position by this.
      { ...makeNode(node.opType, [flat!], [result!], { axis: int(-1) }), name: node.name || y },
      makeNode("Reshape", [result!, shape!], [y]),
    ];
  }
}
