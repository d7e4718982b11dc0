// Nodes that repeat something (LSTM, GRU, RNN, Loop, Scan) are written out round by round, where the number of rounds
// does not depend on the point. The engine says the lengths of sequences and how often a loop runs.

import type { Runtime, RuntimeTensor, TrialLimits } from "@vielbein/core/runtime";
import { probe } from "../../file/probe.ts";
import { dependents, everyName, nodeReads, nodesFor, topologicalOrder } from "../../model/graph.ts";
import { firstOutput, inputOf, type Model, type Node, requiredInputs } from "../../model/model.ts";
import { entryOf, NameSupply } from "../../model/names.ts";
import { fromRuntime, int64Tensor, numericValues } from "../../model/tensor.ts";
import { typesOf } from "../../model/types.ts";
import { CompositeWriter, type WrittenOut } from "../composite-writer.ts";
import { constantsOf } from "../upgrade.ts";
import { bodyOf, countingRounds, hasFixedRounds, writeOutLoop, writeOutScan } from "./loops.ts";
import { isRecurrent, writeOutRecurrence } from "./recurrence.ts";

export interface Unrolled {
  /** The same object when nothing was written out. */
  readonly model: Model;
  /** Tensor that was brought in → a tensor of the node that it was written out of. */
  readonly origins: ReadonlyMap<string, string>;
}

/** What stands around the nodes. */
export interface Surroundings {
  readonly runtime: Runtime;
  /** The ends of the map: tensors that move with the point, and the one that is wanted. */
  readonly variable: readonly string[];
  readonly to: string;
  readonly inputs: ReadonlyMap<string, RuntimeTensor>;
  readonly trial: TrialLimits;
  /** Operators that stay as they are, having rules of their own. */
  readonly kept: ReadonlySet<string>;
}

/** What a node needs to be written out: shapes of its inputs, or how often it runs. */
interface Extent {
  readonly shapes: readonly (readonly number[])[];
  readonly rounds: number;
}

/**
 * The model, its nodes in topological order and in today's form, with those repetitions on the way written out that do
 * not hang on others; those inside them come to light with it, so that this is to be called until nothing changes.
 *
 * @throws {VielbeinError} what {@link probe} throws.
 */
export async function unrollOnce(model: Model, around: Surroundings): Promise<Unrolled> {
  const { graph } = model;
  const repetitions = graph.nodes.filter(isRepetition);
  if (repetitions.length === 0) return { model, origins: new Map() };
  const ready = readyNodes(model, repetitions, around);
  const extents = await measured(model, ready, around);
  const names = new NameSupply(everyName(graph));
  const types = typesOf(graph);
  const known = constantsOf(graph);
  const origins = new Map<string, string>();
  const initializers = [...graph.initializers];
  const nodes = graph.nodes.flatMap((node) => {
    const extent = extents.get(node);
    if (!extent) return [node];
    const written = writtenOut(new CompositeWriter(node, names, types, known), node, extent);
    if (written.nodes.length === 0) return [node];
    for (const tensor of written.constants) initializers.push(tensor);
    const origin = firstOutput(node);
    for (const name of written.nodes.flatMap(({ outputs }) => outputs)) origins.set(name, origin);
    return [...written.nodes];
  });
  if (origins.size === 0) return { model, origins };
  const unrolled = { ...graph, nodes, initializers };
  return { model: { ...model, graph: { ...unrolled, nodes: topologicalOrder(unrolled) } }, origins };
}

function isRepetition(node: Node): boolean {
  return isRecurrent(node) || isLoop(node);
}

function isLoop({ domain, opType }: Node): boolean {
  return domain === "" && (opType === "Loop" || opType === "Scan");
}

/** Those on the way that move with the point, run a fixed number of rounds and depend on no other repetition there. */
function readyNodes(
  { graph }: Model,
  repetitions: readonly Node[],
  { variable, to, inputs, kept }: Surroundings,
): Node[] {
  const onTheWay = new Set(nodesFor(graph, [to], new Set(variable)));
  const moving = dependents(graph.nodes, variable);
  const unfed = requiredInputs(graph).filter(({ name }) => !inputs.has(name));
  const unknown = dependents(graph.nodes, [...variable, ...unfed.map(({ name }) => name)]);
  const candidates = repetitions.filter(
    (node) =>
      onTheWay.has(node) &&
      !kept.has(node.opType) &&
      nodeReads(node).some((name) => moving.has(name)) &&
      (node.opType !== "Loop" || hasFixedRounds(node, unknown)),
  );
  const behind = dependents(
    graph.nodes,
    candidates.flatMap(({ outputs }) => outputs.filter(Boolean)),
  );
  return candidates.filter((node) => !nodeReads(node).some((name) => behind.has(name)));
}

async function measured(
  model: Model,
  nodes: readonly Node[],
  { runtime, inputs, trial }: Surroundings,
): Promise<Map<Node, Extent>> {
  const { graph } = model;
  const names = new NameSupply(everyName(graph));
  const counts = new Map(
    nodes.filter(({ opType }) => opType === "Loop").map((node) => [node, names.claim("rounds")]),
  );
  const read = (node: Node): readonly string[] =>
    isRecurrent(node) ? [inputOf(node, 0), inputOf(node, 2)] : node.opType === "Scan" ? node.inputs : [];
  const asked = {
    ...model,
    graph: {
      ...graph,
      nodes: [...graph.nodes, ...[...counts].map(([node, count]) => countingRounds(node, count))],
      initializers: [
        ...graph.initializers,
        ...[...counts.values()].map((count) => int64Tensor(`${count}_from`, [0], [])),
      ],
    },
  };
  const known = constantsOf(graph);
  const { shapes, values } = await probe(asked, runtime, {
    measured: [...new Set(nodes.flatMap(read))].filter((name) => !known.has(name)),
    folded: [...counts.values()],
    inputs,
    trial,
  });
  return new Map(
    nodes.map((node) => {
      const count = counts.get(node);
      const rounds = count ? numericValues(fromRuntime(count, entryOf(values, count)))[0] : 0;
      return [
        node,
        { shapes: read(node).map((name) => known.get(name)?.dims ?? entryOf(shapes, name)), rounds },
      ];
    }),
  );
}

function writtenOut(w: CompositeWriter, node: Node, { shapes, rounds }: Extent): WrittenOut {
  if (isRecurrent(node)) writeOutRecurrence(w, node, shapes[0], shapes[1]);
  else if (node.opType === "Scan") writeOutScan(w, node, shapes);
  else if (bodyOf(node)) writeOutLoop(w, node, rounds);
  return w;
}
