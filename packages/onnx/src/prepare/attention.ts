// Scaled dot-product attention and rotary position embedding, written out.

import { int, ints } from "../model/attributes.ts";
import { floatAttribute, intAttribute, type Node } from "../model/model.ts";
import type { CompositeWriter } from "./composite-writer.ts";

/**
 * y = softmax(s·QKᵀ + mask)·V for every head, s = 1/√(head size) by default. The arguments are
 * [batch, heads, positions, size], or [batch, positions, heads·size] where the node says how many heads.
 * Nodes that yield scores with a mask or bound whose order changed between operator sets stay as they are.
 */
export function attention(w: CompositeWriter, node: Node): void {
  const [query, key, value] = node.inputs as [string, string, string];
  const [, , , mask, pastKey, pastValue, filled] = node.inputs;
  const cap = floatAttribute(node, "softcap", 0);
  const stage = w.yields(3) ? stages[intAttribute(node, "qk_matmul_output_mode", 0)] : undefined;
  if (w.yields(3) && (!stage || (stage === "biased" && cap > 0))) return;

  const heads = intAttribute(node, "q_num_heads", 0);
  const sharedHeads = intAttribute(node, "kv_num_heads", heads);
  const q = byHead(w, query, heads);
  const k = withPast(w, pastKey, byHead(w, key, sharedHeads), 1);
  const v = withPast(w, pastValue, byHead(w, value, sharedHeads), 2);
  const isGrouped = heads === 0 || heads !== sharedHeads;
  const [keys, values] = [k, v].map((x) => (isGrouped ? repeatHeads(w, x, q) : x));

  const biases = [
    mask && (w.isBool(mask) ? excluding(w, mask) : mask),
    ...visibility(w, node, [q, k], { past: pastKey, filled }),
  ];
  const { products, bounded } = multiplied(w, q, keys, { scale: floatAttribute(node, "scale", 0), cap });
  const added = biases.flatMap((bias) => bias || []);
  const biased = added.reduce((sum, bias) => w.op("Add", [sum, bias]), bounded);
  const weights = added.length > 0 ? maskedSoftmax(w, biased) : softmax(w, biased);
  const scores: Scores = { products, biased, weights };
  if (stage) w.finish("Identity", [scores[stage]], {}, 3);
  const mixed = w.op("MatMul", [weights, values]);
  if (heads === 0) w.finish("Identity", [mixed]);
  else finishJoined(w, mixed);
}

/** What the fourth output is; the order of mask and bound behind the product changed between operator sets. */
const stages: Readonly<Record<number, keyof Scores | undefined>> = {
  0: "products",
  2: "biased",
  3: "weights",
};

/** What came before the positions of the query: a cache that grows, or one of fixed size of which so much is filled. */
interface Earlier {
  readonly past: string | undefined;
  /** [batch]. */
  readonly filled: string | undefined;
}

/** What excludes positions of the keys from those of the query: windows, and what is not filled. */
function visibility(
  w: CompositeWriter,
  node: Node,
  [q, k]: readonly string[],
  { past, filled }: Earlier,
): string[] {
  const [left, right] = ["left", "right"].map((side) => intAttribute(node, `${side}_window_size`, -1));
  const columns = w.range(w.extent(k, 2));
  const own = w.op("Unsqueeze", [w.range(w.extent(q, 2)), w.int64([1])]);
  const ofBatch = filled && w.op("Reshape", [filled, w.int64([-1, 1, 1, 1])]);
  const before = ofBatch ? w.op("Sub", [ofBatch, w.extent(q, 2)]) : past && w.extent(past, 2);
  const rows = before ? w.op("Add", [own, before]) : own;
  const distance = w.op("Sub", [rows, columns]);
  const conditions = [
    intAttribute(node, "is_causal", 0) === 1 && w.op("LessOrEqual", [columns, rows]),
    left >= 0 && w.op("LessOrEqual", [distance, w.int64([left], [])]),
    right >= 0 && w.op("LessOrEqual", [w.op("Neg", [distance]), w.int64([right], [])]),
    ofBatch && w.op("Less", [columns, ofBatch]),
  ];
  return conditions.flatMap((condition) => (condition ? excluding(w, condition) : []));
}

/** The scores as they come about: the products, with what is added to them, and the softmax of these. */
interface Scores {
  readonly products: string;
  readonly biased: string;
  readonly weights: string;
}

interface Scale {
  /** 0: 1/√(head size). */
  readonly scale: number;
  /** Scores are bounded by it; 0: they are not. */
  readonly cap?: number;
}

/** s·QKᵀ, and this with its bound. */
function multiplied(
  w: CompositeWriter,
  query: string,
  keys: string,
  { scale, cap = 0 }: Scale,
): { readonly products: string; readonly bounded: string } {
  const size = w.fromInt64(w.extents(query, 3, 4));
  const scaled = scale ? w.op("Mul", [query, w.scalar(scale)]) : w.op("Div", [query, w.op("Sqrt", [size])]);
  const products = w.op("MatMul", [scaled, w.op("Transpose", [keys], { perm: ints([0, 1, 3, 2]) })]);
  if (cap <= 0) return { products, bounded: products };
  const bounded = w.op("Tanh", [w.op("Div", [products, w.scalar(cap)])]);
  return { products, bounded: w.op("Mul", [bounded, w.scalar(cap)]) };
}

export interface Scoring extends Scale {
  /** What is added to the scores, where there is any; −∞ excludes. */
  readonly biases: readonly (string | undefined)[];
}

/**
 * softmax(s·QKᵀ + biases)·V of arguments [batch, heads, positions, size], as the kernels of ONNX Runtime's own domain
 * have it. Scores vanish beside a bias like the lowest number, as they do in rounding: a position that such biases
 * exclude from all keys attends to all of them alike.
 */
export function attend(
  w: CompositeWriter,
  query: string,
  keys: string,
  values: string,
  { biases, ...scale }: Scoring,
): string {
  let { bounded: scores } = multiplied(w, query, keys, scale);
  for (const bias of biases) {
    if (!bias) continue;
    const isExcluded = w.op("Less", [bias, w.scalar(EXCLUDED)]);
    scores = w.op("Where", [isExcluded, bias, w.op("Add", [scores, bias])]);
  }
  return w.op("MatMul", [softmax(w, scores), values]);
}

/** Yields the heads [batch, heads, positions, size] as columns of [batch, positions, heads·size]. */
export function finishJoined(w: CompositeWriter, mixed: string): void {
  w.finish("Reshape", [exchanged(w, mixed), w.int64([0, 0, -1])]);
}

/** [batch, positions, heads·size] as [batch, heads, positions, size]; `count` 0: it is so already. */
export function byHead(w: CompositeWriter, x: string, count: number): string {
  return count === 0 ? x : exchanged(w, w.op("Reshape", [x, w.int64([0, 0, count, -1])]));
}

/** Exchanges heads and positions. */
export function exchanged(w: CompositeWriter, x: string): string {
  return w.op("Transpose", [x], { perm: ints([0, 2, 1, 3]) });
}

/** Keys or values behind those of earlier positions; what results is output `output` of the node. */
export function withPast(w: CompositeWriter, past: string | undefined, x: string, output: number): string {
  const all = past ? w.op("Concat", [past, x], { axis: int(2) }) : x;
  if (w.yields(output)) w.finish("Identity", [all], {}, output);
  return all;
}

/** Heads that several heads of the query share, repeated for each of these. */
export function repeatHeads(w: CompositeWriter, x: string, query: string): string {
  const times = w.op("Div", [w.extents(query, 1, 2), w.extents(x, 1, 2)]);
  const one = w.int64([1]);
  const target = w.op("Concat", [one, one, times, one, one], { axis: int(0) });
  const repeated = w.op("Expand", [w.op("Unsqueeze", [x, w.int64([2])]), target]);
  const shape = w.op("Concat", [w.extents(x, 0, 1), w.int64([-1]), w.extents(x, 2, 4)], { axis: int(0) });
  return w.op("Reshape", [repeated, shape]);
}

/** Excludes later positions of the keys from those of the query, which are the last. */
export function causalBias(w: CompositeWriter, query: string, key: string): string {
  const [own, all] = [w.extent(query, 2), w.extent(key, 2)];
  const rows = w.op("Add", [w.range(own), w.op("Sub", [all, own])]);
  return excluding(w, w.op("LessOrEqual", [w.range(all), w.op("Unsqueeze", [rows, w.int64([1])])]));
}

/** A score at or below it is that of a position that is excluded, whatever was added to it. */
const EXCLUDED = -1e30;

/** Zero where the score is −∞ or next to it, also for a position that may attend to none, as the kernel has it. */
function maskedSoftmax(w: CompositeWriter, scores: string): string {
  const lowest = w.scalar(EXCLUDED);
  const isExcluded = w.op("Less", [scores, lowest]);
  const finite = w.op("Where", [isExcluded, lowest, scores]);
  return w.op("Where", [isExcluded, w.scalar(0), softmax(w, finite)]);
}

function softmax(w: CompositeWriter, scores: string): string {
  return w.op("Softmax", [scores], { axis: int(-1) });
}

/** 0 where a condition holds, −∞ elsewhere. */
function excluding(w: CompositeWriter, condition: string): string {
  return w.op("Where", [condition, w.scalar(0), w.scalar(Number.NEGATIVE_INFINITY)]);
}

/** Which features are turned by the angles of their positions. */
export interface Rotation {
  /** Pairs are neighbours, else one feature of each half. */
  readonly isInterleaved: boolean;
  /** Features from this one on stay as they are; 0: all are turned. */
  readonly turned?: number;
}

/**
 * Turns pairs of features by angles that grow with the position: (a, b) ↦ (ca − sb, sa + cb), for features
 * [batch, positions, heads, size] and tables [batch, positions, 1, size/2] of c and s, as far as they broadcast.
 */
export function rotated(
  w: CompositeWriter,
  x: string,
  [c, s]: readonly string[],
  { isInterleaved, turned = 0 }: Rotation,
): string {
  const features = (from: number, to: number, step = 1): string =>
    w.op("Slice", [all, w.int64([from]), w.int64([to]), w.int64([3]), w.int64([step])]);
  let all = x;
  const end = 2 ** 31;
  const rest = turned > 0 ? features(turned, end) : undefined;
  if (turned > 0) all = features(0, turned);
  const [a, b] = isInterleaved
    ? [features(0, end, 2), features(1, end, 2)]
    : (w.ops("Split", [all], { axis: int(3), num_outputs: int(2) }, 2) as [string, string]);
  const first = w.op("Sub", [w.op("Mul", [c, a]), w.op("Mul", [s, b])]);
  const second = w.op("Add", [w.op("Mul", [s, a]), w.op("Mul", [c, b])]);
  let result: string;
  if (isInterleaved) {
    const pairs = [first, second].map((part) => w.op("Unsqueeze", [part, w.int64([4])]));
    result = w.op("Reshape", [w.op("Concat", pairs, { axis: int(4) }), w.op("Shape", [all])]);
  } else result = w.op("Concat", [first, second], { axis: int(3) });
  return rest ? w.op("Concat", [result, rest], { axis: int(3) }) : result;
}

/**
 * Rotary position embedding of features [batch, heads, positions, size], or [batch, positions, heads·size], by tables
 * [batch, positions, size/2] as far as they broadcast; `heads` 0: as many as the tables make of the columns.
 */
export function rotateHeads(
  w: CompositeWriter,
  x: string,
  tables: readonly string[],
  heads: number,
  rotation: Rotation,
): void {
  const shape = w.op("Shape", [x]);
  const areColumns = w.op("Equal", [w.op("Size", [shape]), w.int64([3], [])]);
  const size = w.op("Mul", [w.extents(tables[0], 2, 3), w.int64([2])]);
  const parts =
    heads > 0 ? w.int64([0, 0, heads, -1]) : w.op("Concat", [w.int64([0, 0, -1]), size], { axis: int(0) });
  const parted = w.op("Reshape", [x, w.op("Where", [areColumns, parts, w.int64([0, 0, 0, -1])])]);
  const headAxis = w.op("Where", [areColumns, w.int64([2]), w.int64([1])]);
  const turned = rotated(w, parted, alongHeads(w, tables, headAxis), rotation);
  w.finish("Reshape", [turned, shape]);
}

/** Tables with an axis for the heads. */
export function alongHeads(w: CompositeWriter, tables: readonly string[], axis: string): readonly string[] {
  return tables.map((table) => w.op("Unsqueeze", [table, axis]));
}

/** The rows of the tables for each position, or tables of all positions as they are. */
export function positioned(
  w: CompositeWriter,
  tables: readonly string[],
  positions: string | undefined,
): readonly string[] {
  return positions ? tables.map((table) => w.op("Gather", [table, positions])) : tables;
}

/** See {@link rotated}: features from `rotary_embedding_dim` on stay as they are. */
export function rotaryEmbedding(w: CompositeWriter, node: Node): void {
  const [x, cosines, sines] = node.inputs as [string, string, string];
  const positions = node.inputs[3];
  rotateHeads(w, x, positioned(w, [cosines, sines], positions), intAttribute(node, "num_heads", 0), {
    isInterleaved: intAttribute(node, "interleaved", 0) === 1,
    turned: intAttribute(node, "rotary_embedding_dim", 0),
  });
}
