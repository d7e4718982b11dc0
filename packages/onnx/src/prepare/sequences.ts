// Sequences of tensors whose length and places follow from the graph alone become their tensors. A loop that collects
// what it computes leaves such sequences where its rounds are written out.

import { int } from "../model/attributes.ts";
import { everyName, topologicalOrder } from "../model/graph.ts";
import { intAttribute, type Model, type Node } from "../model/model.ts";
import { NameSupply } from "../model/names.ts";
import { numericValues } from "../model/tensor.ts";
import { typesOf } from "../model/types.ts";
import { CompositeWriter } from "./composite-writer.ts";
import { constantsOf } from "./upgrade.ts";

export interface WithoutSequences {
  /** The same object when nothing was written out. */
  readonly model: Model;
  /** Tensor that was brought in → a tensor of the node that it was written out of. */
  readonly origins: ReadonlyMap<string, string>;
}

type Parts = readonly string[];

/** The model with those sequences written out that are known. */
export function writeOutSequences(model: Model): WithoutSequences {
  const { graph } = model;
  const origins = new Map<string, string>();
  if (!graph.nodes.some(isOnSequences)) return { model, origins };
  const [names, types, known] = [new NameSupply(everyName(graph)), typesOf(graph), constantsOf(graph)];
  const initializers = [...graph.initializers];
  const sequences = new Map<string, Parts>();
  let changed = false;
  const nodes = topologicalOrder(graph).flatMap((node) => {
    const w = new CompositeWriter(node, names, types, known);
    const parts = made(w, node, sequences);
    if (parts) sequences.set(node.outputs[0], parts);
    else changed = read(w, node, sequences) || changed;
    for (const tensor of w.constants) initializers.push(tensor);
    for (const name of w.nodes.flatMap(({ outputs }) => outputs)) origins.set(name, node.outputs[0]);
    // What makes a sequence stays for those who read it otherwise; with nobody left it is off the way.
    return parts ? [...w.nodes, node] : w.nodes.length > 0 ? w.nodes : [node];
  });
  return changed
    ? { model: { ...model, graph: { ...graph, nodes, initializers } }, origins }
    : { model, origins };
}

function isOnSequences({ domain, opType }: Node): boolean {
  return domain === "" && opType.includes("Sequence");
}

/** The tensors of the sequence that a node makes; undefined where it makes none, or they are not known. */
function made(w: CompositeWriter, node: Node, sequences: ReadonlyMap<string, Parts>): Parts | undefined {
  const { opType, inputs } = node;
  const parts = sequences.get(inputs[0]);
  switch (node.domain === "" && opType) {
    case "SequenceEmpty":
      return [];
    case "SequenceConstruct":
      return inputs;
    case "Identity":
      return parts;
    case "SequenceInsert": {
      const at = parts && placeIn(w, inputs[2], parts.length, parts.length);
      return at === undefined ? undefined : parts?.toSpliced(at, 0, inputs[1]);
    }
    case "SequenceErase": {
      const at = parts && placeIn(w, inputs[1], parts.length, parts.length - 1);
      return at === undefined ? undefined : parts?.toSpliced(at, 1);
    }
    case "SplitToSequence":
      return split(w, node);
    default:
      return undefined;
  }
}

/** Parts of stated extents. */
function split(w: CompositeWriter, node: Node): Parts | undefined {
  const [x, extents] = node.inputs;
  const stated = w.stated(extents);
  if (stated?.dims.length !== 1) return undefined;
  const axis = { axis: int(intAttribute(node, "axis", 0)) };
  return w.ops("Split", [x, extents], axis, stated.dims[0]);
}

/** Writes out what is read off a sequence; false where a node does not do that, or the sequence is not known. */
function read(w: CompositeWriter, node: Node, sequences: ReadonlyMap<string, Parts>): boolean {
  const { opType, inputs } = node;
  const parts = sequences.get(inputs[0]);
  if (!parts || node.domain !== "") return false;
  if (opType === "SequenceLength") w.finish("Identity", [w.int64([parts.length], [])]);
  if (opType === "SequenceAt") {
    const at = placeIn(w, inputs[1], parts.length, undefined);
    if (at !== undefined) w.finish("Identity", [parts[at]]);
  }
  if (opType === "ConcatFromSequence" && parts.length > 0) {
    const axis = intAttribute(node, "axis", 0);
    const isNew = intAttribute(node, "new_axis", 0) === 1;
    const rows = isNew ? parts.map((part) => w.op("Unsqueeze", [part, w.int64([axis])])) : parts;
    // A negative axis is counted from the end of what results.
    w.finish("Concat", rows, { axis: int(axis) });
  }
  return w.nodes.length > 0;
}

/** A stated place in a sequence, negative ones counted from its end; `otherwise` where none is given. */
function placeIn(
  w: CompositeWriter,
  place: string | undefined,
  length: number,
  otherwise: number | undefined,
): number | undefined {
  if (!place) return otherwise;
  const stated = w.stated(place);
  if (!stated) return undefined;
  const [at] = numericValues(stated);
  return at < 0 ? at + length : at;
}
