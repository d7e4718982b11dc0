// Sequences of tensors whose length and places follow from the graph alone become their tensors, and optional values what
// they hold. A loop that collects what it computes leaves such sequences where its rounds are written out.

import { MOST_NODES } from "../derive/unsupported.ts";
import { int } from "../model/attributes.ts";
import { everyName, topologicalOrder } from "../model/graph.ts";
import { firstOutput, intAttribute, type Model, type Node } from "../model/model.ts";
import { NameSupply } from "../model/names.ts";
import type { Scope } from "../model/scope.ts";
import { numericValues } from "../model/tensor.ts";
import { typesOf } from "../model/types.ts";
import { CompositeWriter } from "./composite-writer.ts";
import { Copies } from "./unroll/copies.ts";
import { bodyOf } from "./unroll/loops.ts";
import { constantsOf } from "./upgrade.ts";

export interface WithoutSequences {
  /** The same object when nothing was written out. */
  readonly model: Model;
  /** Tensor that was brought in → a tensor of the node that it was written out of. */
  readonly origins: ReadonlyMap<string, string>;
}

type Parts = readonly string[];

/** What is known of the values that are no tensors. */
interface Known {
  readonly sequences: Map<string, Parts>;
  /** What an optional value holds; undefined where it holds nothing. */
  readonly optionals: Map<string, string | undefined>;
  /** Of tensors. */
  readonly types: Scope<number>;
}

/** The model with those sequences and optional values written out that are known. */
export function writeOutSequences(model: Model): WithoutSequences {
  const { graph } = model;
  const origins = new Map<string, string>();
  if (!graph.nodes.some(isNoTensors)) return { model, origins };
  const [names, types, constants] = [new NameSupply(everyName(graph)), typesOf(graph), constantsOf(graph)];
  const initializers = [...graph.initializers];
  const known: Known = { sequences: new Map(), optionals: new Map(), types };
  let changed = false;
  const nodes = topologicalOrder(graph).flatMap((node) => {
    const w = new CompositeWriter(node, names, types, constants);
    const isMade = make(w, node, known);
    if (!isMade) changed = read(w, node, known) || changed;
    for (const tensor of w.constants) initializers.push(tensor);
    for (const name of w.nodes.flatMap(({ outputs }) => outputs)) origins.set(name, firstOutput(node));
    // What makes a sequence stays for those who read it otherwise; with nobody left it is off the way.
    return isMade ? [...w.nodes, node] : w.nodes.length > 0 ? w.nodes : [node];
  });
  return changed
    ? { model: { ...model, graph: { ...graph, nodes, initializers } }, origins }
    : { model, origins };
}

function isNoTensors({ domain, opType }: Node): boolean {
  return domain === "" && /Sequence|Optional/.test(opType);
}

/** Notes what a node makes that is no tensor; false where it makes no such thing, or that is not known. */
function make(w: CompositeWriter, node: Node, known: Known): boolean {
  if (node.domain !== "") return false;
  const { sequences, optionals } = known;
  const [x] = node.inputs;
  if (node.opType === "SequenceMap") return mapped(w, node, known);
  if (node.opType === "Optional" || (node.opType === "Identity" && optionals.has(x))) {
    optionals.set(node.outputs[0], node.opType === "Optional" ? x || undefined : optionals.get(x));
    return true;
  }
  const parts = made(w, node, known);
  if (parts) sequences.set(node.outputs[0], parts);
  return parts !== undefined;
}

/** The tensors of the sequence that a node makes; undefined where it makes none, or they are not known. */
function made(w: CompositeWriter, node: Node, { sequences, optionals }: Known): Parts | undefined {
  const { opType, inputs } = node;
  const parts = sequences.get(inputs[0]);
  switch (opType) {
    case "SequenceEmpty":
      return [];
    case "SequenceConstruct":
      return inputs;
    case "Identity":
      return parts;
    case "OptionalGetElement":
      return sequences.get(optionals.get(inputs[0]) ?? inputs[0]);
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

/** Writes the subgraph of SequenceMap out for every tensor; false where there are too many, or their number is not known. */
function mapped(w: CompositeWriter, node: Node, { sequences }: Known): boolean {
  const body = bodyOf(node);
  const count = sequences.get(node.inputs[0])?.length;
  if (!body || count === undefined || count * body.nodes.length > MOST_NODES) return false;
  const copies = new Copies(w, body);
  const rounds = Array.from({ length: count }, (_, i) =>
    copies.write(node.inputs.map((name) => sequences.get(name)?.[i] ?? name)),
  );
  node.outputs.forEach((name, i) => {
    sequences.set(
      name,
      rounds.map((results) => results[i]),
    );
  });
  return true;
}

/** Parts of stated extents. */
function split(w: CompositeWriter, node: Node): Parts | undefined {
  const [x, extents] = node.inputs;
  const stated = w.stated(extents);
  if (stated?.dims.length !== 1) return undefined;
  const axis = { axis: int(intAttribute(node, "axis", 0)) };
  return w.ops("Split", [x, extents], axis, stated.dims[0]);
}

/** Writes out what is read off a sequence or an optional value; false where a node does not do that, or that is not known. */
function read(w: CompositeWriter, node: Node, known: Known): boolean {
  if (node.domain !== "") return false;
  if (node.opType.startsWith("Optional")) readOptional(w, node, known);
  const { opType, inputs } = node;
  const parts = known.sequences.get(inputs[0]);
  if (!parts) return w.nodes.length > 0;
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

/** Since operator set 18, tensors and sequences are optional values that hold themselves. */
function readOptional(w: CompositeWriter, { opType, inputs }: Node, known: Known): void {
  const [x = ""] = inputs;
  const { sequences, optionals, types } = known;
  if (x !== "" && !optionals.has(x) && !sequences.has(x) && types.get(x) === undefined) return;
  const held = optionals.has(x) ? optionals.get(x) : x || undefined;
  if (opType === "OptionalHasElement") {
    w.finish("Identity", [w.bools([held !== undefined], [])]);
  } else if (held !== undefined) w.finish("Identity", [held]);
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
