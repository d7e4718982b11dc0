// Recurrent operators, written out step by step for sequences of fixed length.

import { MOST_STEPS } from "../../derive/unsupported.ts";
import { int, ints } from "../../model/attributes.ts";
import { inputOf, intAttribute, type Node, stringAttribute } from "../../model/model.ts";
import { entryOf } from "../../model/names.ts";
import type { CompositeWriter } from "../composite-writer.ts";
import { activationsOf } from "./activations.ts";
import { type Cell, cells, type Parameters } from "./cells.ts";

export function isRecurrent(node: Node): boolean {
  return node.domain === "" && cells.has(node.opType);
}

/** States of a direction, [1, batch, H] each: after every step, in the order of the sequence, and in the end. */
interface Course {
  readonly steps: readonly string[];
  readonly last: readonly string[];
}

/**
 * LSTM, GRU or RNN on a sequence of this shape, with recurrent weights [directions, g·H, H] of that. Nodes of more than
 * {@link MOST_STEPS} steps, of another H than they state, or with activations that the standard does not know or whose
 * numbers are not stated, stay as they are.
 */
export function writeOutRecurrence(
  w: CompositeWriter,
  node: Node,
  shape: readonly number[],
  recurrent: readonly number[],
): void {
  const cell = entryOf(cells, node.opType);
  const isBatchFirst = intAttribute(node, "layout", 0) === 1;
  const [length, batch] = isBatchFirst ? [shape[1], shape[0]] : shape;
  const direction = stringAttribute(node, "direction", "forward");
  const directions = direction === "bidirectional" ? 2 : 1;
  const activations = activationsOf(node, cell.activations, directions);
  const hidden = intAttribute(node, "hidden_size", 0);
  if (length === 0 || length > MOST_STEPS || hidden < 1 || hidden !== recurrent[2] || !activations) return;
  const toTime = (x: string): string =>
    isBatchFirst ? w.op("Transpose", [x], { perm: ints([1, 0, 2]) }) : x;
  const sequence = { x: toTime(inputOf(node, 0)), length, batch };
  const each = activations.length / directions;
  const courses = Array.from({ length: directions }, (_, d) =>
    course(w, node, cell, sequence, {
      ...parametersOf(w, node, d, activations.slice(d * each, (d + 1) * each)),
      index: d,
      isReverse: direction === "reverse" || d === 1,
      toTime,
    }),
  );
  finishAll(w, cell, courses, isBatchFirst);
}

/** Row `d` of an input that has one for each direction. */
function row(w: CompositeWriter, input: string, d: number): string {
  return w.op("Gather", [input, w.int64([d], [])]);
}

function parametersOf(
  w: CompositeWriter,
  node: Node,
  d: number,
  activations: Parameters["activations"],
): Parameters & { readonly weight: string } {
  const { inputs } = node;
  const transposed = (matrix: string): string =>
    w.op("Transpose", [row(w, matrix, d)], { perm: ints([1, 0]) });
  return {
    weight: transposed(inputOf(node, 1)),
    recurrent: transposed(inputOf(node, 2)),
    bias: inputs[3] ? row(w, inputs[3], d) : undefined,
    peepholes: inputs[7] ? row(w, inputs[7], d) : undefined,
    hidden: intAttribute(node, "hidden_size", 0),
    activations,
  };
}

interface Sequence {
  /** [length, batch, features]. */
  readonly x: string;
  readonly length: number;
  readonly batch: number;
}

interface Direction extends Parameters {
  readonly index: number;
  readonly isReverse: boolean;
  /** [features, g·H]. */
  readonly weight: string;
  /** Brings a state to [directions, batch, H]. */
  readonly toTime: (x: string) => string;
}

function course(
  w: CompositeWriter,
  node: Node,
  cell: Cell,
  { x, length, batch }: Sequence,
  direction: Direction,
): Course {
  const { index, isReverse, hidden, weight, toTime } = direction;
  const bias = cell.inputBias(w, node, direction);
  const product = w.op("MatMul", [x, weight]);
  const projected = bias ? w.op("Add", [product, bias]) : product;
  const parts = w.ops("Split", [projected], { axis: int(0), num_outputs: int(length) }, length);
  const lengths = node.inputs[4];
  const zeros = w.float(new Float32Array(batch * hidden), [1, batch, hidden]);
  let state: readonly string[] = Array.from({ length: cell.states }, (_, i) => {
    const initial = node.inputs[5 + i];
    if (!initial) return zeros;
    return w.op("Slice", [toTime(initial), w.int64([index]), w.int64([index + 1]), w.int64([0])]);
  });
  const step = cell.begin(w, node, direction);
  const steps = new Array<string>(length);
  for (let i = 0; i < length; i++) {
    const t = isReverse ? length - 1 - i : i;
    const next = step(parts[t], state);
    // Behind the end of a sequence the state stays as it is, and the output is zero.
    const isInside = lengths && w.op("Unsqueeze", [w.op("Less", [w.int32(t), lengths]), w.int64([0, 2])]);
    const before = state;
    state = isInside ? next.map((one, s) => w.op("Where", [isInside, one, before[s]])) : next;
    steps[t] = isInside ? w.op("Where", [isInside, next[0], zeros]) : next[0];
  }
  if (!lengths) return { steps, last: state };
  // Of an empty sequence the engine yields zeros, not the initial state.
  const isEmpty = w.op("Unsqueeze", [w.op("Equal", [lengths, w.int32(0)]), w.int64([0, 2])]);
  return { steps, last: state.map((one) => w.op("Where", [isEmpty, zeros, one])) };
}

/**
 * Yields Y [length, directions, batch, H] and the last states [directions, batch, H], or these with the batch first.
 */
function finishAll(w: CompositeWriter, cell: Cell, courses: readonly Course[], isBatchFirst: boolean): void {
  const finish = (x: string, perm: readonly number[], output: number): void => {
    if (isBatchFirst) w.finish("Transpose", [x], { perm: ints(perm) }, output);
    else w.finish("Identity", [x], {}, output);
  };
  if (w.yields(0)) {
    const all = courses.map(({ steps }) =>
      w.op("Unsqueeze", [w.op("Concat", steps, { axis: int(0) }), w.int64([1])]),
    );
    finish(w.op("Concat", all, { axis: int(1) }), [2, 0, 1, 3], 0);
  }
  for (let s = 0; s < cell.states; s++) {
    if (!w.yields(s + 1)) continue;
    const all = courses.map(({ last }) => last[s]);
    finish(w.op("Concat", all, { axis: int(0) }), [1, 0, 2], s + 1);
  }
}
