// Loop and Scan, whose subgraph is written out once for every round.

import { MOST_NODES, nodeLabel } from "../../derive/unsupported.ts";
import { int, makeNode } from "../../model/attributes.ts";
import { dependents, tensorNames } from "../../model/graph.ts";
import { DataType, type Graph, intAttribute, intsAttribute, type Node } from "../../model/model.ts";
import { int64Tensor } from "../../model/tensor.ts";
import type { CompositeWriter } from "../composite-writer.ts";
import { Copies } from "./copies.ts";

export function bodyOf(node: Node): Graph | undefined {
  const body = node.attributes.get("body");
  return body?.type === "graph" ? body.value : undefined;
}

/**
 * Whether the number of rounds of a Loop follows from what does not move: `moving` are the tensors around it that do.
 */
export function hasFixedRounds(node: Node, moving: ReadonlySet<string>): boolean {
  const body = bodyOf(node);
  if (!body || moving.has(node.inputs[0]) || moving.has(node.inputs[1])) return false;
  const states = body.inputs.slice(2).map(({ name }) => name);
  const results = body.outputs.map(({ name }) => name);
  const sources = new Set(states.filter((_, i) => moving.has(node.inputs[2 + i])));
  // What moves in one round makes states move in the next.
  for (;;) {
    const inside = dependents(body.nodes, [...moving, ...sources]);
    if (inside.has(results[0])) return false;
    const size = sources.size;
    states.forEach((state, i) => {
      if (inside.has(results[1 + i])) sources.add(state);
    });
    if (sources.size === size) return true;
  }
}

/** The Loop with its number of rounds as its only output, `count`. */
export function countingRounds(node: Node, count: string): Node {
  const body = bodyOf(node)!;
  const states = body.inputs.length - 2;
  const names = new Set([...tensorNames(body), ...node.inputs]);
  const fresh = (wish: string): string => (names.has(wish) ? fresh(`${wish}_`) : wish);
  const [before, after, one] = ["rounds", "rounds_after", "one"].map(fresh);
  const counter = { name: before, dataType: DataType.INT64, shape: [] };
  const counting: Graph = {
    ...body,
    nodes: [...body.nodes, makeNode("Add", [before, one], [after])],
    initializers: [...body.initializers, int64Tensor(one, [1], [])],
    inputs: [...body.inputs, counter],
    outputs: [...body.outputs.slice(0, 1 + states), { ...counter, name: after }],
  };
  return {
    ...node,
    name: nodeLabel(node),
    inputs: [...node.inputs.slice(0, 2 + states), `${count}_from`],
    outputs: [...Array.from({ length: states }, (_, i) => `${count}_${i}`), count],
    attributes: new Map(node.attributes).set("body", { type: "graph", value: counting }),
  };
}

/** Writes out the Loop for a number of rounds; it stays where that is too many, or none and something is collected. */
export function writeOutLoop(w: CompositeWriter, node: Node, rounds: number): void {
  const body = bodyOf(node)!;
  const states = body.inputs.length - 2;
  const collects = node.outputs.slice(states).some(Boolean);
  if (rounds * body.nodes.length > MOST_NODES || (rounds === 0 && collects)) return;
  const copy = new Copies(w, body);
  const holds = w.bools([true], []);
  let state = node.inputs.slice(2);
  const collected: string[][] = [];
  for (let round = 0; round < rounds; round++) {
    const [, ...results] = copy.write([w.int64([round], []), holds, ...state]);
    state = results.slice(0, states);
    collected.push(results.slice(states));
  }
  state.forEach((last, i) => {
    if (w.yields(i)) w.finish("Identity", [last], {}, i);
  });
  for (let i = states; i < node.outputs.length; i++) {
    if (w.yields(i))
      finishStacked(
        w,
        collected.map((results) => results[i - states]),
        0,
        i,
      );
  }
}

/** Writes out the Scan; `shapes` are those of its inputs. It stays where there is nothing to scan, or too much. */
export function writeOutScan(w: CompositeWriter, node: Node, shapes: readonly (readonly number[])[]): void {
  const body = bodyOf(node);
  if (!body) return;
  const scanned = intAttribute(node, "num_scan_inputs", 0);
  const states = node.inputs.length - scanned;
  const attribute = (name: string, index: number): number => intsAttribute(node, name)?.[index] ?? 0;
  const axisOf = (i: number): number => positive(attribute("scan_input_axes", i), shapes[states + i].length);
  const rounds = shapes[states][axisOf(0)];
  if (rounds === 0 || rounds * body.nodes.length > MOST_NODES) return;
  const elements = node.inputs.slice(states).map((input, i) => {
    const parts = elementsAlong(w, input, axisOf(i), rounds);
    return attribute("scan_input_directions", i) === 1 ? parts.reverse() : parts;
  });
  const copy = new Copies(w, body);
  let state = node.inputs.slice(0, states);
  const collected: string[][] = [];
  for (let round = 0; round < rounds; round++) {
    const results = copy.write([...state, ...elements.map((parts) => parts[round])]);
    state = results.slice(0, states);
    collected.push(results.slice(states));
  }
  state.forEach((last, i) => {
    if (w.yields(i)) w.finish("Identity", [last], {}, i);
  });
  for (let i = states; i < node.outputs.length; i++) {
    const parts = collected.map((results) => results[i - states]);
    if (attribute("scan_output_directions", i - states) === 1) parts.reverse();
    if (w.yields(i)) finishStacked(w, parts, attribute("scan_output_axes", i - states), i);
  }
}

const positive = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** The elements of a tensor along an axis, which they do not have. */
function elementsAlong(w: CompositeWriter, x: string, axis: number, count: number): string[] {
  const parts = count === 1 ? [x] : w.ops("Split", [x], { axis: int(axis), num_outputs: int(count) }, count);
  return parts.map((part) => w.op("Squeeze", [part, w.int64([axis])]));
}

/** Yields tensors of one shape stacked along a new axis. */
function finishStacked(w: CompositeWriter, parts: readonly string[], axis: number, output: number): void {
  const rows = parts.map((part) => w.op("Unsqueeze", [part, w.int64([axis])]));
  // A negative axis is counted from the end of what results.
  w.finish("Concat", rows, { axis: int(axis) }, output);
}
