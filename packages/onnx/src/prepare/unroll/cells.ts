// What one step of a recurrent operator makes of its state: the equations of the standard.

import { int } from "../../model/attributes.ts";
import { floatAttribute, intAttribute, type Node } from "../../model/model.ts";
import type { CompositeWriter } from "../composite-writer.ts";
import type { Activation } from "./activations.ts";

/** The parameters of one direction: H hidden units, g gates. */
export interface Parameters {
  /** [H, g·H]. */
  readonly recurrent: string;
  /** [2g·H], that of the input and that of the state; undefined for zeros. */
  readonly bias: string | undefined;
  /** [3H], of LSTM. */
  readonly peepholes: string | undefined;
  readonly hidden: number;
  readonly activations: readonly Activation[];
}

export interface Cell {
  readonly gates: number;
  readonly activations: readonly string[];
  /** Tensors of the state [1, batch, H]. */
  readonly states: number;
  /** What is added to the projected input [positions, batch, g·H], once for all steps. */
  readonly inputBias: (w: CompositeWriter, node: Node, parameters: Parameters) => string | undefined;
  /** A step, after what all steps share. */
  readonly begin: (w: CompositeWriter, node: Node, parameters: Parameters) => Step;
}

/** The next state from the projected input, [1, batch, g·H], and the state before. */
type Step = (input: string, state: readonly string[]) => readonly string[];

/** Elements `from` to `to` of a vector. */
function slice(w: CompositeWriter, vector: string, from: number, to: number): string {
  return w.op("Slice", [vector, w.int64([from]), w.int64([to])]);
}

/** Both halves of the bias together. */
function wholeBias(gates: number) {
  return (w: CompositeWriter, _node: Node, { bias, hidden }: Parameters): string | undefined => {
    const size = gates * hidden;
    return bias && w.op("Add", [slice(w, bias, 0, size), slice(w, bias, size, 2 * size)]);
  };
}

function split(w: CompositeWriter, x: string, count: number): string[] {
  return w.ops("Split", [x], { axis: int(2), num_outputs: int(count) }, count);
}

/** The argument of an activation, held between −c and c where the node has a clip c. */
function clipped(w: CompositeWriter, node: Node, x: string): string {
  const bound = floatAttribute(node, "clip", 0);
  return bound > 0 ? w.op("Clip", [x, w.scalar(-bound), w.scalar(bound)]) : x;
}

/** h' = f(Wx + Rh + b). */
const rnn: Cell = {
  gates: 1,
  activations: ["Tanh"],
  states: 1,
  inputBias: wholeBias(1),
  begin:
    (w, node, { recurrent, activations: [f] }) =>
    (input, [h]) => [f(w, clipped(w, node, w.op("Add", [input, w.op("MatMul", [h, recurrent])])))],
};

/** Gates i, o, f, c; c' = f ⊙ c + i ⊙ g(…), h' = o ⊙ h(c'). */
const lstm: Cell = {
  gates: 4,
  activations: ["Sigmoid", "Tanh", "Tanh"],
  states: 2,
  inputBias: wholeBias(4),
  begin: (w, node, { recurrent, peepholes, hidden, activations: [f, g, h] }) => {
    const weights = peepholes && [0, 1, 2].map((i) => slice(w, peepholes, i * hidden, (i + 1) * hidden));
    const opened = (gate: string, state: string, index: number): string => {
      const peeped = weights ? w.op("Add", [gate, w.op("Mul", [weights[index], state])]) : gate;
      return f(w, clipped(w, node, peeped));
    };
    const isCoupled = intAttribute(node, "input_forget", 0) === 1;
    return (input, [output, cell]) => {
      const gates = split(w, w.op("Add", [input, w.op("MatMul", [output, recurrent])]), 4);
      const admitted = opened(gates[0], cell, 0);
      const kept = isCoupled ? w.op("Sub", [w.scalar(1), admitted]) : opened(gates[2], cell, 2);
      const candidate = g(w, clipped(w, node, gates[3]));
      const next = w.op("Add", [w.op("Mul", [kept, cell]), w.op("Mul", [admitted, candidate])]);
      return [w.op("Mul", [opened(gates[1], next, 1), h(w, next)]), next];
    };
  },
};

/** Gates z, r, h; h' = (1 − z) ⊙ g(…) + z ⊙ h. The reset r acts on the state, or behind its product with R. */
const gru: Cell = {
  gates: 3,
  activations: ["Sigmoid", "Tanh"],
  states: 1,
  inputBias: (w, node, { bias, hidden }) => {
    if (!bias) return undefined;
    const own = slice(w, bias, 0, 3 * hidden);
    const isLinear = intAttribute(node, "linear_before_reset", 0) !== 0;
    const end = isLinear ? 5 * hidden : 6 * hidden;
    const zeros = isLinear ? [w.float(Array<number>(hidden).fill(0))] : [];
    const other = [slice(w, bias, 3 * hidden, end), ...zeros];
    return w.op("Add", [own, other.length > 1 ? w.op("Concat", other, { axis: int(0) }) : other[0]]);
  },
  begin: (w, node, { recurrent, bias, hidden, activations: [f, g] }) => {
    const isLinear = intAttribute(node, "linear_before_reset", 0) !== 0;
    const columns = (from: number, to: number): string =>
      w.op("Slice", [recurrent, w.int64([from * hidden]), w.int64([to * hidden]), w.int64([1])]);
    const [toGates, toCandidate] = [columns(0, 2), columns(2, 3)];
    const shift = isLinear && bias ? slice(w, bias, 5 * hidden, 6 * hidden) : undefined;
    const remembered = (reset: string, h: string): string => {
      if (!isLinear) return w.op("MatMul", [w.op("Mul", [reset, h]), toCandidate]);
      const product = w.op("MatMul", [h, toCandidate]);
      return w.op("Mul", [reset, shift ? w.op("Add", [product, shift]) : product]);
    };
    return (input, [h]) => {
      const [update, reset, own] = split(w, input, 3);
      const [ofUpdate, ofReset] = split(w, w.op("MatMul", [h, toGates]), 2);
      const z = f(w, clipped(w, node, w.op("Add", [update, ofUpdate])));
      const r = f(w, clipped(w, node, w.op("Add", [reset, ofReset])));
      const candidate = g(w, clipped(w, node, w.op("Add", [own, remembered(r, h)])));
      // h̃ + z ⊙ (h − h̃).
      return [w.op("Add", [candidate, w.op("Mul", [z, w.op("Sub", [h, candidate])])])];
    };
  },
};

export const cells: ReadonlyMap<string, Cell> = new Map([
  ["RNN", rnn],
  ["LSTM", lstm],
  ["GRU", gru],
]);
