// The k-th smallest of many numbers, for k much smaller than their number.

/** The k-th smallest of at least k numbers, none of them NaN; k from 1. The smallest k are kept in a heap, the largest on top. */
export function kthSmallest(values: Float64Array, k: number): number {
  const heap = new Float64Array(k).fill(Number.POSITIVE_INFINITY);
  for (let i = 0; i < values.length; i++) {
    if (values[i] < heap[0]) replaceLargest(heap, values[i]);
  }
  return heap[0];
}

/** Puts `value` in the place of the top, and restores the order: no child exceeds its parent. */
function replaceLargest(heap: Float64Array, value: number): void {
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child + 1 < heap.length && heap[child + 1] > heap[child]) child++;
    if (child >= heap.length || heap[child] <= value) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = value;
}
