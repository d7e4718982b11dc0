// Attention in the forms that ONNX Runtime's own domain has it, with the keys and values of earlier positions, if any,
// before those of its own; without buffers that hold room for later ones.

import { int, ints } from "../../model/attributes.ts";
import {
  DataType,
  floatAttribute,
  intAttribute,
  intsAttribute,
  type Node,
  type Tensor,
} from "../../model/model.ts";
import { numericValues } from "../../model/tensor.ts";
import {
  alongHeads,
  attend,
  byHead,
  causalBias,
  exchanged,
  finishJoined,
  positioned,
  repeatHeads,
  rotated,
  rotateHeads,
  withPast,
} from "../attention.ts";
import type { Composite, CompositeWriter } from "../composite-writer.ts";

export const contribAttentions: ReadonlyMap<string, Composite> = new Map<string, Composite>([
  ["com.microsoft::Attention", attentionOfProjections],
  ["com.microsoft::MultiHeadAttention", multiHeadAttention],
  ["com.microsoft::GroupQueryAttention", groupQueryAttention],
  ["com.microsoft::RotaryEmbedding", rotaryEmbedding],
]);

/** Attention of x·W + b, whose columns are queries, keys and values. */
function attentionOfProjections(w: CompositeWriter, node: Node): void {
  const [x, weight, bias, mask, past, scoreBias, buffered] = node.inputs as [
    string,
    string,
    ...(string | undefined)[],
  ];
  if (buffered || intAttribute(node, "do_rotary", 0) === 1) return;
  const excluded = maskBias(w, node, mask);
  if (!excluded) return;
  const product = w.op("MatMul", [x, weight]);
  const projected = bias ? w.op("Add", [product, bias]) : product;
  const sizes = intsAttribute(node, "qkv_hidden_sizes");
  const parts = sizes
    ? w.ops("Split", [projected, w.int64(sizes)], { axis: int(2) }, 3)
    : w.ops("Split", [projected], { axis: int(2), num_outputs: int(3) }, 3);
  const heads = intAttribute(node, "num_heads", 1);
  const [q, k, v] = parts.map((part) => byHead(w, part, heads));
  attendHeads(w, node, [q, ...withStackedPast(w, past, [k, v])], { mask: excluded[0], scoreBias, past });
}

/** Keys and values behind those of the past, which are one tensor, as those present are in output 1. */
function withStackedPast(w: CompositeWriter, past: string | undefined, own: Heads): Heads {
  const before = past ? w.ops("Split", [past], { axis: int(0), num_outputs: int(2) }, 2) : [];
  const all = own.map((part, i) => {
    if (!past) return part;
    return w.op("Concat", [w.op("Squeeze", [before[i], w.int64([0])]), part], { axis: int(2) });
  });
  if (w.yields(1)) {
    const rows = all.map((part) => w.op("Unsqueeze", [part, w.int64([0])]));
    w.finish("Concat", rows, { axis: int(0) }, 1);
  }
  return all;
}

/** Query, key and value, [batch, heads, positions, size] each. */
type Heads = readonly string[];

interface Around {
  readonly mask: string | undefined;
  readonly scoreBias: string | undefined;
  /** Keys of earlier positions, which those given hold already; the last axis but one counts them. */
  readonly past: string | undefined;
}

function attendHeads(
  w: CompositeWriter,
  node: Node,
  [q, k, v]: Heads,
  { mask, scoreBias, past }: Around,
): void {
  const isCausal = intAttribute(node, "unidirectional", 0) === 1;
  const biases = [isCausal ? causalMask(w, q, k, { past, mask }) : mask, scoreBias];
  finishJoined(w, attend(w, q, k, v, { scale: floatAttribute(node, "scale", 0), biases }));
}

/** The lowest number of float32, which the kernel gives to scores of later positions. */
const LOWEST = -(2 - 2 ** -23) * 2 ** 127;

/**
 * As the kernel has it: position i behind `past` earlier ones attends to keys up to its own, but the last one to all
 * keys, should there be more.
 */
function causalMask(
  w: CompositeWriter,
  query: string,
  key: string,
  { past, mask = w.scalar(0) }: { readonly past: string | undefined; readonly mask: string | undefined },
): string {
  const [own, one] = [w.extent(query, 2), w.int64([1])];
  const count = past ? w.op("Add", [own, w.extent(past, -2)]) : own;
  const first = w.op("Sub", [count, own]);
  const rows = w.op("Unsqueeze", [w.op("Add", [w.range(own), first]), one]);
  const isVisible = w.op("LessOrEqual", [w.range(w.extent(key, 2)), rows]);
  const isLast = w.op("Equal", [rows, w.op("Sub", [count, one])]);
  return w.op("Where", [w.op("Or", [isVisible, isLast]), mask, w.scalar(LOWEST)]);
}

/** What a mask of ones and zeros adds to the scores; undefined for one whose form the file does not state. */
function maskBias(w: CompositeWriter, node: Node, mask: string | undefined): string[] | undefined {
  if (!mask) return [];
  const rank = w.stated(mask)?.dims.length ?? 0;
  if (rank !== 2 && rank !== 3) return undefined;
  const holds = w.op("Cast", [mask], { to: int(DataType.BOOL) });
  const least = w.scalar(floatAttribute(node, "mask_filter_value", -10_000));
  return [
    w.op("Unsqueeze", [w.op("Where", [holds, w.scalar(0), least]), w.int64(rank === 2 ? [1, 2] : [1])]),
  ];
}

/** Queries, keys and values apart, [batch, positions, heads·size], or side by side in five axes. */
function multiHeadAttention(w: CompositeWriter, node: Node): void {
  const [query, key, value, bias, mask, scoreBias, pastKey, pastValue, ...buffered] = node.inputs as (
    | string
    | undefined
  )[];
  if (buffered.some(Boolean) || w.yields(3) || (bias && !value)) return;
  const excluded = maskBias(w, node, mask);
  if (!excluded) return;
  const heads = intAttribute(node, "num_heads", 1);
  const parts = value
    ? withBias(w, [query!, key!, value], bias).map((part) => byHead(w, part, heads))
    : key
      ? [byHead(w, query!, heads), ...packed(w, key, 2)]
      : packed(w, query!, 3);
  const [q, k, v] = parts;
  const all = [q, withPast(w, pastKey, k, 1), withPast(w, pastValue, v, 2)];
  attendHeads(w, node, all, { mask: excluded[0], scoreBias, past: pastKey });
}

/** Three tensors of three axes, with their parts of the bias added. */
function withBias(w: CompositeWriter, parts: readonly string[], bias: string | undefined): string[] {
  // Keys may have four axes, heads apart: this refuses them, which are laid out otherwise.
  const plain = parts.map((part) => w.op("Transpose", [part], { perm: ints([0, 1, 2]) }));
  if (!bias) return plain;
  let start = w.int64([0]);
  return plain.map((part) => {
    const end = w.op("Add", [start, w.extents(part, 2, 3)]);
    const own = w.op("Slice", [bias, start, end]);
    start = end;
    return w.op("Add", [part, own]);
  });
}

/** The `count` tensors of [batch, positions, heads, count, size], heads before positions. */
function packed(w: CompositeWriter, x: string, count: number): string[] {
  return w
    .ops("Split", [x], { axis: int(3), num_outputs: int(count) }, count)
    .map((part) => exchanged(w, w.op("Squeeze", [part, w.int64([3])])));
}

/**
 * Causal attention in which several heads of the query share one of the keys, where the file states that all rows of
 * the batch fill the whole length: what is given of the past, and the positions of the query behind it.
 */
function groupQueryAttention(w: CompositeWriter, node: Node): void {
  const [, , , pastKey, pastValue, lastKeys, total, cosines, sines, positions, scoreBias, sink] = node.inputs;
  const isWindowed = intAttribute(node, "local_window_size", -1) > 0;
  const isSmooth = intAttribute(node, "smooth_softmax", 0) === 1;
  if (positions || sink || isWindowed || isSmooth) return;
  const length = wholeLength(w.stated(lastKeys), w.stated(total));
  if (length === undefined) return;
  const before = pastKey ? w.extents(pastKey, 2, 3) : w.int64([0]);
  const [queries, keys, value] = headsOfGroups(w, node, w.op("Sub", [w.int64([length]), before]));
  const isTurned = intAttribute(node, "do_rotary", 0) === 1;
  const isInterleaved = intAttribute(node, "rotary_interleaved", 0) === 1;
  const [q, own] = [queries, keys].map((x) => {
    if (!isTurned) return exchanged(w, x);
    const tables = consecutive(w, [cosines, sines], before, w.extents(x, 1, 2));
    return exchanged(w, rotated(w, x, alongHeads(w, tables, w.int64([2])), { isInterleaved }));
  });
  const k = withPast(w, pastKey, own, 1);
  const v = withPast(w, pastValue, exchanged(w, value), 2);
  const mixed = attend(w, q, repeatHeads(w, k, q), repeatHeads(w, v, q), {
    scale: floatAttribute(node, "scale", 0),
    cap: floatAttribute(node, "softcap", 0),
    biases: [scoreBias, causalBias(w, q, k)],
  });
  finishJoined(w, mixed);
}

/** The total length where the index of its last key, `seqlens_k`, is that of every row. */
function wholeLength(lastKeys: Tensor | undefined, total: Tensor | undefined): number | undefined {
  if (!lastKeys || !total) return undefined;
  const [length] = numericValues(total);
  return numericValues(lastKeys).every((last) => last === length - 1) ? length : undefined;
}

/**
 * Queries, keys and values as [batch, positions, heads, size]; all of them are in the first input where it is alone.
 * Reshape refuses a sequence of another length than the file states.
 */
function headsOfGroups(w: CompositeWriter, node: Node, length: string): Heads {
  const [query, key, value] = node.inputs as [string, string?, string?];
  const heads = intAttribute(node, "num_heads", 1);
  const shared = intAttribute(node, "kv_num_heads", heads);
  const parted = (x: string, count: number): string => {
    const shape = w.op("Concat", [w.int64([0]), length, w.int64([count, -1])], { axis: int(0) });
    return w.op("Reshape", [x, shape]);
  };
  if (key && value) return [parted(query, heads), parted(key, shared), parted(value, shared)];
  const all = parted(query, heads + 2 * shared);
  return w.ops("Split", [all, w.int64([heads, shared, shared])], { axis: int(2) }, 3);
}

/** Rows of the tables from `first` on, `count` of them, as [1, positions, size/2]. */
function consecutive(
  w: CompositeWriter,
  tables: readonly string[],
  first: string,
  count: string,
): readonly string[] {
  const end = w.op("Add", [count, first]);
  return tables.map((table) => w.op("Unsqueeze", [w.op("Slice", [table, first, end]), w.int64([0])]));
}

/** Positions are a table, or the first of consecutive ones; which of them, the file must state. */
function rotaryEmbedding(w: CompositeWriter, node: Node): void {
  const [x, positions, cosines, sines] = node.inputs as [string, string, string, string];
  const stated = w.stated(positions);
  const isPacked = intAttribute(node, "is_packed_batching", 0) === 1;
  if (!stated || floatAttribute(node, "scale", 1) !== 1 || isPacked) return;
  const heads = intAttribute(node, "num_heads", 0);
  const count = w.extents(x, -2, -1);
  const tables =
    stated.dims.length === 1
      ? consecutive(w, [cosines, sines], w.int64([numericValues(stated)[0]]), count)
      : positioned(w, [cosines, sines], positions);
  rotateHeads(w, x, tables, heads, {
    isInterleaved: intAttribute(node, "interleaved", 0) === 1,
    turned: intAttribute(node, "rotary_embedding_dim", 0),
  });
}
