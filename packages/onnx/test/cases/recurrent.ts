// Recurrent operators against the equations of the standard, in float64.

import { type Attribute, DataType } from "../../src/index.ts";
import { float, int, string } from "../../src/model/attributes.ts";
import type { GraphBuilder } from "../helpers.ts";
import { type OperatorCase, operatorCase } from "./case.ts";

type Function = (x: number) => number;
type Rows = readonly (readonly number[])[];

const sigmoid: Function = (x) => 1 / (1 + Math.exp(-x));
const clip = (bound: number, x: number): number => (bound > 0 ? Math.min(Math.max(x, -bound), bound) : x);

const [LENGTH, BATCH, FEATURES, HIDDEN] = [2, 2, 2, 2];
const gatesOf = { RNN: 1, LSTM: 4, GRU: 3 } as const;
type Op = keyof typeof gatesOf;

interface Setting {
  readonly attributes?: Record<string, Attribute>;
  readonly directions?: 1 | 2;
  readonly isReverse?: boolean;
  readonly isBatchFirst?: boolean;
  readonly lengths?: readonly number[];
  /** Inputs beyond X, W and R. */
  readonly given?: readonly ("bias" | "lengths" | "initial" | "peepholes")[];
  readonly functions?: readonly Function[];
  readonly clip?: number;
  readonly isCoupled?: boolean;
  readonly isLinear?: boolean;
  /** Which outputs are looked at. */
  readonly outputs: readonly number[];
}

/** Numbers of one direction, as the operator is given them. */
interface Weights {
  readonly w: Rows;
  readonly r: Rows;
  readonly b: readonly number[];
  readonly p: readonly number[];
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** One step of one sequence: the state [h] or [h, c] after it. */
function step(op: Op, x: readonly number[], state: Rows, { w, r, b, p }: Weights, one: Setting): Rows {
  const gates = gatesOf[op];
  const h = state[0]!;
  const c = state[1] ?? [];
  const {
    functions = op === "RNN"
      ? [Math.tanh]
      : op === "GRU"
        ? [sigmoid, Math.tanh]
        : [sigmoid, Math.tanh, Math.tanh],
  } = one;
  const bound = one.clip ?? 0;
  const input = (gate: number, k: number): number =>
    dot(w[gate * HIDDEN + k]!, x) + (b[gate * HIDDEN + k] ?? 0);
  const recurrent = (gate: number, k: number, from = h): number =>
    dot(r[gate * HIDDEN + k]!, from) + (b[(gates + gate) * HIDDEN + k] ?? 0);
  const units = Array.from({ length: HIDDEN }, (_, k) => k);
  const [f, g, l] = functions as [Function, Function, Function];
  if (op === "RNN") return [units.map((k) => f(clip(bound, input(0, k) + recurrent(0, k))))];
  if (op === "GRU") {
    const z = units.map((k) => f(clip(bound, input(0, k) + recurrent(0, k))));
    const reset = units.map((k) => f(clip(bound, input(1, k) + recurrent(1, k))));
    const kept = h.map((value, k) => reset[k]! * value);
    const candidate = units.map((k) =>
      g(clip(bound, input(2, k) + (one.isLinear ? reset[k]! * recurrent(2, k) : recurrent(2, k, kept)))),
    );
    return [units.map((k) => (1 - z[k]!) * candidate[k]! + z[k]! * h[k]!)];
  }
  const peep = (gate: number, k: number, cell: readonly number[]): number =>
    (p[gate * HIDDEN + k] ?? 0) * cell[k]!;
  const admitted = units.map((k) => f(clip(bound, input(0, k) + recurrent(0, k) + peep(0, k, c))));
  const forget = units.map((k) =>
    one.isCoupled ? 1 - admitted[k]! : f(clip(bound, input(2, k) + recurrent(2, k) + peep(2, k, c))),
  );
  const next = units.map(
    (k) => forget[k]! * c[k]! + admitted[k]! * g(clip(bound, input(3, k) + recurrent(3, k))),
  );
  const shown = units.map((k) => f(clip(bound, input(1, k) + recurrent(1, k) + peep(1, k, next))));
  return [units.map((k) => shown[k]! * l(next[k]!)), next];
}

/** Of the sequences, where they are given. */
const LENGTHS = [2, 1];

/** The outputs of the operator one after the other, each in its order of axes. */
function outputs(
  op: Op,
  x: (t: number, n: number) => readonly number[],
  weights: readonly Weights[],
  initial: readonly (readonly Rows[])[],
  one: Setting,
): number[] {
  const count = op === "LSTM" ? 2 : 1;
  const directions = weights.length;
  const y = new Map<string, readonly number[]>();
  const last = new Map<string, readonly number[]>();
  const lengths = one.given?.includes("lengths") ? (one.lengths ?? LENGTHS) : [LENGTH, LENGTH];
  weights.forEach((own, d) => {
    for (let n = 0; n < BATCH; n++) {
      let state: Rows = Array.from(
        { length: count },
        (_, s) => initial[s]?.[d]?.[n] ?? Array<number>(HIDDEN).fill(0),
      );
      for (let i = 0; i < lengths[n]!; i++) {
        const t = d === 1 || one.isReverse ? lengths[n]! - 1 - i : i;
        state = step(op, x(t, n), state, own, one);
        y.set([t, d, n].join(), state[0]!);
      }
      // The engine yields zeros for an empty sequence.
      if (lengths[n] === 0) state = state.map((values) => values.map(() => 0));
      for (const [s, values] of state.entries()) last.set([s, d, n].join(), values);
    }
  });
  const range = (size: number): number[] => Array.from({ length: size }, (_, i) => i);
  const zeros = Array<number>(HIDDEN).fill(0);
  return one.outputs.flatMap((output) => {
    if (output > 0) {
      const at = (d: number, n: number) => last.get([output - 1, d, n].join())!;
      return one.isBatchFirst
        ? range(BATCH).flatMap((n) => range(directions).flatMap((d) => at(d, n)))
        : range(directions).flatMap((d) => range(BATCH).flatMap((n) => at(d, n)));
    }
    const at = (t: number, d: number, n: number) => y.get([t, d, n].join()) ?? zeros;
    return one.isBatchFirst
      ? range(BATCH).flatMap((n) =>
          range(LENGTH).flatMap((t) => range(directions).flatMap((d) => at(t, d, n))),
        )
      : range(LENGTH).flatMap((t) =>
          range(directions).flatMap((d) => range(BATCH).flatMap((n) => at(t, d, n))),
        );
  });
}

function shapesOf(op: Op, { directions = 1, isBatchFirst, given = [] }: Setting) {
  const size = gatesOf[op] * HIDDEN;
  const state = isBatchFirst ? [BATCH, directions, HIDDEN] : [directions, BATCH, HIDDEN];
  const states = op === "LSTM" ? 2 : 1;
  return {
    x: isBatchFirst ? [BATCH, LENGTH, FEATURES] : [LENGTH, BATCH, FEATURES],
    w: [directions, size, FEATURES],
    r: [directions, size, HIDDEN],
    b: given.includes("bias") ? [directions, 2 * size] : undefined,
    initial: given.includes("initial") ? Array.from({ length: states }, () => state) : [],
    p: given.includes("peepholes") ? [directions, 3 * HIDDEN] : undefined,
  };
}

/** Everything depends on the point, in the order X, W, R, B, initial states, P. */
function build(op: Op, one: Setting, g: GraphBuilder): string {
  const shapes = shapesOf(op, one);
  const { directions = 1, isReverse, isBatchFirst, given = [] } = one;
  const range = { high: 0.8 };
  const [x, w, r] = [shapes.x, shapes.w, shapes.r].map((shape) => g.variable(shape, range));
  const b = shapes.b ? g.variable(shapes.b, range) : "";
  const lengths = given.includes("lengths")
    ? g.initializer({
        name: "lengths",
        dims: [BATCH],
        dataType: DataType.INT32,
        raw: new Uint8Array(Int32Array.from(one.lengths ?? LENGTHS).buffer),
      })
    : "";
  const initial = shapes.initial.map((shape) => g.variable(shape, range));
  const p = shapes.p ? [...Array<string>(2 - initial.length).fill(""), g.variable(shapes.p, range)] : [];
  const results = g.ops(
    op,
    [x!, w!, r!, b, lengths, ...initial, ...p],
    {
      hidden_size: int(HIDDEN),
      direction: string(directions === 2 ? "bidirectional" : isReverse ? "reverse" : "forward"),
      ...(isBatchFirst ? { layout: int(1) } : {}),
      ...one.attributes,
    },
    op === "LSTM" ? 3 : 2,
    (output) => one.outputs.includes(output),
  );
  const flat = one.outputs.map((output) => g.op("Reshape", [results[output]!, g.int64([-1])]));
  return flat.length === 1 ? results[one.outputs[0]!]! : g.op("Concat", flat, { axis: int(0) });
}

function reference(op: Op, one: Setting, point: Float64Array): Float64Array {
  const shapes = shapesOf(op, one);
  const { directions = 1 } = one;
  let start = 0;
  const take = (shape: readonly number[] | undefined): number[] => {
    const size = shape ? shape.reduce((a, b) => a * b, 1) : 0;
    start += size;
    return Array.from(point.slice(start - size, start));
  };
  const rows = (values: readonly number[], size: number): number[][] =>
    Array.from({ length: values.length / size }, (_, i) => values.slice(i * size, (i + 1) * size));
  const size = gatesOf[op] * HIDDEN;
  const x = rows(take(shapes.x), FEATURES);
  const w = rows(take(shapes.w), size * FEATURES).map((all) => rows(all, FEATURES));
  const r = rows(take(shapes.r), size * HIDDEN).map((all) => rows(all, HIDDEN));
  const b = rows(take(shapes.b), 2 * size);
  const initial = shapes.initial.map((shape) => {
    const all = rows(take(shape), HIDDEN);
    return Array.from({ length: directions }, (_, d) =>
      Array.from({ length: BATCH }, (_, n) => all[one.isBatchFirst ? n * directions + d : d * BATCH + n]!),
    );
  });
  const p = rows(take(shapes.p), 3 * HIDDEN);
  const weights = w.map((own, d) => ({ w: own, r: r[d]!, b: b[d] ?? [], p: p[d] ?? [] }));
  const at = (t: number, n: number) => x[one.isBatchFirst ? n * LENGTH + t : t * BATCH + n]!;
  return Float64Array.from(outputs(op, at, weights, initial, one));
}

const recurrent = (op: Op, about: string, one: Setting): OperatorCase =>
  operatorCase(op, about, (g) => build(op, one, g), {
    opset: 14,
    reference: (point) => reference(op, one, point),
  });

const strings = (value: readonly string[]): Attribute => ({ type: "strings", value });
const floats = (value: readonly number[]): Attribute => ({ type: "floats", value });

const everything: Setting = { given: ["bias", "lengths", "initial"], directions: 2, outputs: [0, 1] };
const batchFirst: Setting = {
  given: ["bias", "initial"],
  isBatchFirst: true,
  directions: 2,
  outputs: [0, 1],
};

export const recurrents: OperatorCase[] = [
  recurrent("RNN", "forward, without a bias", { outputs: [0] }),
  recurrent("RNN", "both directions, lengths, initial state", everything),
  recurrent("RNN", "batch first", batchFirst),
  recurrent("RNN", "reverse, affine, clip", {
    isReverse: true,
    attributes: {
      activations: strings(["Affine"]),
      activation_alpha: floats([0.5]),
      activation_beta: floats([0.25]),
      clip: float(0.5),
    },
    functions: [(x) => 0.5 * x + 0.25],
    clip: 0.5,
    outputs: [1],
  }),
  recurrent("GRU", "forward", { outputs: [0] }),
  recurrent("GRU", "both directions, lengths, initial state", everything),
  recurrent("GRU", "linear before the reset, a bias", {
    attributes: { linear_before_reset: int(1) },
    isLinear: true,
    given: ["bias"],
    outputs: [1],
  }),
  recurrent("GRU", "batch first, other activations", {
    ...batchFirst,
    attributes: {
      activations: strings(["HardSigmoid", "ScaledTanh", "HardSigmoid", "ScaledTanh"]),
      activation_alpha: floats([0.125, 0.75, 0.125, 0.75]),
      activation_beta: floats([0.5, 0.5, 0.5, 0.5]),
    },
    functions: [(x) => 0.125 * x + 0.5, (x) => 0.75 * Math.tanh(0.5 * x)],
  }),
  recurrent("LSTM", "forward", { outputs: [0] }),
  recurrent("LSTM", "both directions, lengths, initial states", { ...everything, outputs: [0, 1, 2] }),
  recurrent("LSTM", "an empty sequence, initial states", {
    given: ["lengths", "initial"],
    lengths: [0, 2],
    outputs: [1, 2],
  }),
  recurrent("LSTM", "peepholes, reverse, all inputs", {
    given: ["bias", "initial", "peepholes"],
    isReverse: true,
    outputs: [1, 2],
  }),
  recurrent("LSTM", "input and forget gate coupled, batch first", {
    ...batchFirst,
    attributes: { input_forget: int(1) },
    isCoupled: true,
  }),
];
