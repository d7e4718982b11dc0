// What older operator sets keep in attributes moves to inputs, as opset 18 has it; superseded operators become their
// successors; composite ones are written out.

import { float, int, ints, makeNode, string, without } from "../model/attributes.ts";
import { drawsAtRandom, everyName } from "../model/graph.ts";
import {
  type Attribute,
  DataType,
  type Graph,
  inputOf,
  intAttribute,
  intsAttribute,
  type Node,
  outputOf,
  type Tensor,
} from "../model/model.ts";
import { NameSupply } from "../model/names.ts";
import { type Scope, within } from "../model/scope.ts";
import { float32Tensor, float64Tensor, int64Tensor, numericValues } from "../model/tensor.ts";
import { type Types, typesOf } from "../model/types.ts";
import { type WritingOptions, writeOut } from "./composites.ts";

/** The operator set whose form all rules are written against. */
export const INTERNAL_OPSET = 18;

/**
 * The graph in the form of opset 18, its nodes and those of the graphs inside them in topological order.
 *
 * @param opsetOf The standard operator set that a node is written in.
 */
export function upgraded(graph: Graph, opsetOf: (node: Node) => number, options: WritingOptions = {}): Graph {
  const names = new NameSupply(everyName(graph));
  return upgradedWithin(graph, { opsetOf, options, names }, typesOf(graph), new Map());
}

/** What holds for a graph and for those inside its nodes. */
interface Settings {
  readonly opsetOf: (node: Node) => number;
  readonly options: WritingOptions;
  readonly names: NameSupply;
}

/** A graph and those inside its nodes, which see the types and constants of the graphs around them. */
function upgradedWithin(graph: Graph, settings: Settings, types: Types, around: Scope<Tensor>): Graph {
  const constants = within(constantsOf(graph), around);
  const upgrade = new Upgrade(settings, types, constants);
  const nodes = graph.nodes.flatMap((node, index) => {
    const attributes = [...node.attributes].map(([name, attribute]): [string, Attribute] => [
      name,
      attribute.type === "graph"
        ? {
            type: "graph",
            value: upgradedWithin(attribute.value, settings, types.within(attribute.value), constants),
          }
        : attribute,
    ]);
    return upgrade.node({ ...node, attributes: new Map(attributes) }, index, settings.opsetOf(node));
  });
  return { ...graph, nodes, initializers: [...graph.initializers, ...upgrade.constants] };
}

/** Tensors whose values the file states: initialisers and Constant nodes. */
export function constantsOf(graph: Graph): Map<string, Tensor> {
  const constants = new Map(graph.initializers.map((tensor) => [tensor.name, tensor]));
  for (const node of graph.nodes) {
    const value = node.opType === "Constant" ? node.attributes.get("value") : undefined;
    if (value?.type === "tensor") constants.set(outputOf(node, 0), value.value);
  }
  return constants;
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

const softmaxes: ReadonlySet<string> = new Set(["Softmax", "LogSoftmax", "Hardmax"]);

/** A Transpose whose axes count from the front: PyTorch writes negative ones as they were called, which engines refuse. */
function countedFromFront(node: Node): Node {
  const order = intsAttribute(node, "perm");
  if (!order?.some((axis) => axis < 0)) return node;
  const perm = ints(order.map((axis) => (axis < 0 ? axis + order.length : axis)));
  return { ...node, attributes: new Map(node.attributes).set("perm", perm) };
}

class Upgrade {
  readonly constants: Tensor[] = [];
  readonly #names: NameSupply;
  readonly #types: Scope<number>;
  readonly #known: Scope<Tensor>;
  readonly #options: WritingOptions;

  constructor({ names, options }: Settings, types: Scope<number>, known: Scope<Tensor>) {
    this.#names = names;
    this.#options = options;
    this.#types = types;
    this.#known = known;
  }

  node(node: Node, index: number, opset: number): Node[] {
    if (node.domain !== "") return this.#writtenOut(node, opset);
    const { opType } = node;
    // A random operator is frozen: what it draws is folded into a constant, seeded by its position in the file
    // unless it has a seed of its own: an unseeded one would draw again in every session, so that no two agree.
    if (drawsAtRandom(node) && !node.attributes.has("seed")) {
      return [{ ...node, attributes: new Map(node.attributes).set("seed", float(index + 1)) }];
    }
    if (opType === "Dropout" && this.#isInference(node)) {
      return [makeNode("Identity", [inputOf(node, 0)], [outputOf(node, 0)])];
    }
    if (opset < 13 && (opType === "Squeeze" || opType === "Unsqueeze" || opType === "ReduceSum")) {
      return [this.#axesToInput(node)];
    }
    if (opType === "CastLike") return [this.#castLike(node)];
    if (opType === "Transpose") return [countedFromFront(node)];
    if (opType === "Scatter") return [{ ...node, opType: "ScatterElements" }];
    if (opType === "BatchNormalization" && intAttribute(node, "spatial", 1) === 1) {
      return [{ ...node, attributes: new Map(Object.entries(without(node, "spatial"))) }];
    }
    if (opset < 10 && opType === "TopK") return [this.#topK(node)];
    if (opset < 18 && reductions.has(opType)) return [this.#axesToInput(node)];
    if (opset < 18 && opType === "Split") return [this.#split(node)];
    if (opset < 10 && opType === "Slice") return [this.#attributesToInputs(node, ["starts", "ends", "axes"])];
    if (opset < 11 && opType === "Clip") return [this.#attributesToInputs(node, ["min", "max"])];
    if (opset < 11 && opType === "Pad") return [this.#attributesToInputs(node, ["pads", "value"])];
    if (opType === "Upsample" || (opType === "Resize" && opset < 11)) return this.#resize(node);
    if (opset < 13 && softmaxes.has(opType)) return this.#softmax(node);
    return this.#writtenOut(node, opset);
  }

  #writtenOut(node: Node, opset: number): Node[] {
    const composite = writeOut(node, opset, this.#names, this.#types, this.#known, this.#options);
    if (!composite) return [node];
    for (const constant of composite.constants) this.constants.push(constant);
    return [...composite.nodes];
  }

  /** The attribute's value as an initialiser; a single number of the type of `data`, as operators want it. */
  #constant(attribute: Attribute | undefined, data: string): string {
    if (attribute === undefined) return "";
    const name = this.#names.claim("constant");
    if (attribute.type === "ints") this.constants.push(int64Tensor(name, attribute.value));
    else if (attribute.type === "floats") {
      this.constants.push(float32Tensor(name, attribute.value, [attribute.value.length]));
    } else if (attribute.type === "float") {
      const make = this.#types.get(data) === DataType.DOUBLE ? float64Tensor : float32Tensor;
      this.constants.push(make(name, [attribute.value], []));
    } else return "";
    return name;
  }

  #attributesToInputs(node: Node, names: readonly string[]): Node {
    const data = inputOf(node, 0);
    const added = names.map((name) => this.#constant(node.attributes.get(name), data));
    return {
      ...makeNode(node.opType, [data, ...added], node.outputs, without(node, ...names)),
      name: node.name,
    };
  }

  #axesToInput(node: Node): Node {
    return node.attributes.has("axes") ? this.#attributesToInputs(node, ["axes"]) : node;
  }

  #split(node: Node): Node {
    if (intsAttribute(node, "split")) return this.#attributesToInputs(node, ["split"]);
    if (node.inputs.length > 1) return node;
    return { ...node, attributes: new Map(node.attributes).set("num_outputs", int(node.outputs.length)) };
  }

  /** Dropout is in training mode only where its third input, which operator sets from 12 on have, says so. */
  #isInference(node: Node): boolean {
    const mode = node.inputs[2];
    if (!mode) return true;
    const stated = this.#known.get(mode);
    return stated !== undefined && numericValues(stated)[0] === 0;
  }

  /** The type that the second input has is an attribute of Cast. */
  #castLike(node: Node): Node {
    const to = this.#types.get(node.inputs[1]);
    if (to === undefined) return node;
    return { ...makeNode("Cast", [inputOf(node, 0)], node.outputs, { to: int(to) }), name: node.name };
  }

  #topK(node: Node): Node {
    const name = this.#names.claim("constant");
    this.constants.push(int64Tensor(name, [intAttribute(node, "k", 1)]));
    return {
      ...node,
      inputs: [inputOf(node, 0), name],
      attributes: new Map(Object.entries(without(node, "k"))),
    };
  }

  /**
   * Upsample, and Resize of opset 10, are Resize with asymmetric coordinates, rounded down where the image
   * grows and up where it shrinks. A node that does both becomes two.
   */
  #resize(node: Node): Node[] {
    const [x, y] = [inputOf(node, 0), outputOf(node, 0)];
    const attribute = node.attributes.get("scales");
    const given = node.inputs[1] ?? this.#constant(attribute, x);
    const stated = this.#known.get(given);
    const own = attribute?.type === "floats" && given !== node.inputs[1] ? attribute.value : [];
    const scales = stated ? numericValues(stated) : own;
    const step = (image: string, by: string, result: string, rounding: string): Node => ({
      ...makeNode("Resize", [image, "", by], [result], {
        ...without(node, "scales"),
        coordinate_transformation_mode: string("asymmetric"),
        nearest_mode: string(rounding),
      }),
      // Names must not be given twice.
      name: result === y ? node.name || y : "",
    });
    if (scales.every((scale) => scale >= 1)) return [step(x, given, y, "floor")];
    if (scales.every((scale) => scale <= 1)) return [step(x, given, y, "ceil")];
    const [down, up] = [Math.min, Math.max].map((bound) => {
      const values = scales.map((scale) => bound(scale, 1));
      return this.#constant({ type: "floats", value: values }, x);
    }) as [string, string];
    const smaller = this.#names.claim("resized");
    return [step(x, down, smaller, "ceil"), step(smaller, up, y, "floor")];
  }

  /** Before opset 13 the softmax runs over all axes from `axis` on, flattened. */
  #softmax(node: Node): Node[] {
    const axis = intAttribute(node, "axis", 1);
    if (axis === -1) return [node];
    const [x, y] = [inputOf(node, 0), outputOf(node, 0)];
    const [shape, flat, result] = ["shape", "flat", "softmax"].map((wish) => this.#names.claim(wish));
    return [
      makeNode("Shape", [x], [shape]),
      makeNode("Flatten", [x], [flat], { axis: int(axis) }),
      // Named as the file has it, since its output is not: messages find the node's position by this.
      { ...makeNode(node.opType, [flat], [result], { axis: int(-1) }), name: node.name || y },
      makeNode("Reshape", [result, shape], [y]),
    ];
  }
}
