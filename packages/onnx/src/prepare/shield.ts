// Where(x > 0, log x, 0): what Where discards may be infinite, and its slope with it; the zero cotangent of what is
// discarded times that slope is not a number. So the argument of an operator that may overflow is replaced by a
// harmless one in the elements that every Where behind it discards. The value stays the same, and all derivatives
// of what is discarded are finite, in both directions and of every order.

import { infoOf } from "../derive/measured-graph.ts";
import { isPiecewiseConstant } from "../derive/piecewise.ts";
import type { PreparedGraph } from "../derive/prepared-graph.ts";
import { Signs } from "../derive/signs.ts";
import { isSingleOrDouble } from "../model/element-types.ts";
import { dependents } from "../model/graph.ts";
import { inputOf, type Node } from "../model/model.ts";
import { entryOf } from "../model/names.ts";
import { Conditions, isFollowed } from "./conditions.ts";

/** Operators that may be infinite, or have infinite slopes: which input to replace, and by what. */
const hazards: ReadonlyMap<string, readonly [input: number, harmless: number]> = new Map(
  (
    [
      [["Log", "Sqrt", "Reciprocal", "Pow", "ReduceLogSum", "ReduceL2"], 0, 1],
      [["Asin", "Acos", "Atanh", "Exp", "Sinh", "Cosh", "Tan", "Softmax", "LogSoftmax"], 0, 0],
      [["Acosh"], 0, 2],
      [["Div", "Mod"], 1, 1],
    ] as const
  ).flatMap(([operators, input, harmless]) => operators.map((op) => [op, [input, harmless]] as const)),
);

/** Operators between one that may overflow and the Where that discards what it yields; more are not followed. */
const FARTHEST = 64;

/** The same map with the arguments of operators replaced where what they yield is discarded. */
export function shieldDiscarded(graph: PreparedGraph): PreparedGraph {
  const done = new Set<string>();
  let shielded = graph;
  for (;;) {
    const hazard = nextHazard(shielded, done);
    if (hazard === undefined) return shielded;
    const shield = new Shield(shielded, hazard);
    shielded = shield.apply() ?? shielded;
    done.add(hazard).add(shield.result);
  }
}

/** What the first operator yields that may overflow where that is discarded, except for those that are done. */
function nextHazard(graph: PreparedGraph, done: ReadonlySet<string>): string | undefined {
  const { nodes } = graph.model.graph;
  if (!nodes.some(({ opType }) => opType === "Where")) return undefined;
  const signs = new Signs(graph);
  const { discarded } = new Readers(graph);
  const isHazard = ({ domain, opType, inputs, outputs }: Node): boolean => {
    const hazard = domain === "" ? hazards.get(opType) : undefined;
    if (!hazard || !discarded.has(outputs[0]) || done.has(outputs[0])) return false;
    const [index, harmless] = hazard;
    if (!isSingleOrDouble(graph.info.get(inputs[index])?.dataType)) return false;
    const constant = signs.constant(inputs[index]);
    if (constant) return constant.includes(0);
    return harmless !== 1 || !signs.isPositive(inputs[index]);
  };
  return nodes.find(isHazard)?.outputs[0];
}

/** A node that reads a tensor so that derivatives pass, and as which of its inputs. */
interface Reading {
  readonly node: Node;
  readonly index: number;
}

/** Who reads what in a graph, and the tensors that reach its output only through Where nodes. */
class Readers {
  /** How many operators there are, at most, up to the Where nodes. */
  readonly discarded = new Map<string, number>();
  readonly #readings = new Map<string, Reading[]>();

  constructor({ model, output }: PreparedGraph) {
    for (const node of model.graph.nodes.toReversed()) {
      for (const name of node.outputs) {
        const readings = name === output ? [] : this.of(name);
        const distance = Math.max(...readings.map((reading) => this.#distance(reading)));
        if (readings.length > 0 && distance <= FARTHEST) this.discarded.set(name, distance);
      }
      node.inputs.forEach((name, index) => {
        if (passesNothing(node, index)) return;
        const readings = this.#readings.get(name);
        if (readings) readings.push({ node, index });
        else this.#readings.set(name, [{ node, index }]);
      });
    }
  }

  of(name: string): readonly Reading[] {
    return this.#readings.get(name) ?? [];
  }

  /** Operators from a reader on up to the Where nodes; infinite where its result is not discarded. */
  #distance({ node }: Reading): number {
    const { domain, opType, outputs } = node;
    if (domain !== "") return Number.POSITIVE_INFINITY;
    if (opType === "Where") return 0;
    const further = isFollowed(opType) ? this.discarded.get(outputs[0]) : undefined;
    return further === undefined ? Number.POSITIVE_INFINITY : 1 + further;
  }
}

/** Whether no derivative passes from an input of a node: a condition, an operand of a comparison. */
function passesNothing({ opType, domain }: Node, index: number): boolean {
  return domain === "" && (opType === "Where" ? index === 0 : isPiecewiseConstant(opType));
}

/** Replaces the argument of the operator that yields `target`. */
class Shield extends Conditions {
  readonly #nodes: readonly Node[];
  readonly #readers: Readers;
  readonly #target: string;
  /** What the Where nodes that discard yield. */
  readonly #results = new Set<string>();
  readonly #known = new Map<string, string | undefined>();
  /** What the operator with the argument replaced yields. */
  result: string;

  constructor(graph: PreparedGraph, target: string) {
    super(graph, "shield");
    this.#nodes = graph.model.graph.nodes;
    this.#readers = new Readers(graph);
    this.#target = target;
    this.result = target;
  }

  /**
   * The graph with the argument replaced; undefined where nothing is discarded by all readers, or where a condition
   * depends on the result of the Where node itself.
   */
  apply(): PreparedGraph | undefined {
    const node = this.#nodes.find(({ outputs }) => outputs[0] === this.#target)!;
    const [index, harmless] = entryOf(hazards, node.opType);
    const argument = inputOf(node, index);
    const shown = this.#live(this.#target);
    if (shown === undefined) return undefined;
    const live = this.ofInput(node, index, shown);
    const inputs = [live, argument, this.scalar(harmless, argument)];
    const replaced = this.add("Where", inputs, this.shape(argument), {}, undefined, this.dataType(argument));
    const shielded = { ...node, inputs: node.inputs.with(index, replaced) };
    if (this.#depends(live, [...this.#results])) return undefined;
    const graph = this.finish([...this.added, ...this.#beside(node, shielded)]);
    if (graph.model.graph.nodes.some(({ outputs }) => outputs[0] === this.#target)) return graph;
    // Nobody else reads what is replaced: no copies then, so that nodes keep their names.
    this.result = this.#target;
    return this.finish([...this.added, ...this.#nodes.map((one) => (one === node ? shielded : one))]);
  }

  /** Where a discarded tensor matters: a condition that broadcasts against it, or undefined: everywhere. */
  #live(name: string): string | undefined {
    if (this.#known.has(name)) return this.#known.get(name);
    const conditions = this.#readers.of(name).map((reading) => this.#throughReader(name, reading));
    const isTautology = conditions.some((one) => !one || conditions.includes(this.negations.get(one)));
    const live = isTautology
      ? undefined
      : (conditions as string[]).reduce((a, b) => this.logical("Or", a, b));
    this.#known.set(name, live);
    return live;
  }

  #throughReader(name: string, { node, index }: Reading): string | undefined {
    const [output] = node.outputs as [string];
    if (node.opType !== "Where") {
      const live = this.#live(output);
      return live && this.ofInput(node, index, live);
    }
    const [condition] = node.inputs as [string];
    this.#results.add(output);
    const taken = index === 1 ? condition : this.negated(condition);
    const further = this.#readers.discarded.has(output) ? this.#live(output) : undefined;
    // A condition that looks at what this Where yields cannot decide what it reads.
    const beyond = further !== undefined && this.#depends(further, [output]) ? undefined : further;
    return this.fitted(beyond ? this.logical("And", taken, beyond) : taken, this.shape(name));
  }

  #depends(name: string, on: readonly string[]): boolean {
    return dependents([...this.#nodes, ...this.added], on).has(name);
  }

  /**
   * The nodes with copies of those from the operator on up to the Where nodes, for these; what looks at the values
   * without a derivative (a condition, Floor) goes on reading the originals.
   */
  #beside(node: Node, shielded: Node): Node[] {
    const copies = new Map<string, string>();
    const copied = (one: Node, inputs: readonly string[]): Node => {
      const outputs = one.outputs.map((name) => {
        if (!name) return name;
        const copy = this.claim(name);
        copies.set(name, copy);
        this.info.set(copy, infoOf(this, name));
        return copy;
      });
      return { ...one, name: "", inputs, outputs };
    };
    const nodes = this.#nodes.flatMap((one) => {
      if (one === node) return [one, copied(shielded, shielded.inputs)];
      const inputs = one.inputs.map((name, index) =>
        passesNothing(one, index) ? name : (copies.get(name) ?? name),
      );
      if (inputs.every((name, i) => name === one.inputs[i])) return [one];
      return one.opType === "Where" ? [{ ...one, inputs }] : [one, copied(one, inputs)];
    });
    this.result = entryOf(copies, this.#target);
    return nodes;
  }
}
