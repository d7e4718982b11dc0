// Matrix products with weights of few bits, whose numbers the file states: they become weights in floating point.

import { intAttribute, type Node, type Tensor } from "../../model/model.ts";
import { numericValues } from "../../model/tensor.ts";
import type { Composite, CompositeWriter } from "../composite-writer.ts";

export const packedWeights: ReadonlyMap<string, Composite> = new Map<string, Composite>([
  ["com.microsoft::MatMulNBits", matMulNBits],
]);

/** x·W + b, W being given in blocks of rows with a scale and a zero point each. */
function matMulNBits(w: CompositeWriter, node: Node): void {
  const [x, packed, scales, zeroPoints, groups, bias] = node.inputs as [string, ...(string | undefined)[]];
  const stated = [packed, scales].map((name) => w.stated(name));
  const zeros = w.stated(zeroPoints);
  if (!stated[0] || !stated[1] || (zeroPoints && !zeros) || groups) return;
  const [rows, columns] = [intAttribute(node, "K", 0), intAttribute(node, "N", 0)];
  const weight = w.float(unpacked(node, stated[0], stated[1], zeros), [rows, columns]);
  const product = w.op("MatMul", [x, weight]);
  if (bias) w.op("Add", [product, bias]);
  w.finishWithLast();
}

/** The weights [K, N] of columns in blocks of `block_size` along K. */
function unpacked(node: Node, packed: Tensor, scales: Tensor, zeroPoints: Tensor | undefined): number[] {
  const [rows, columns, bits] = ["K", "N", "bits"].map((name) => intAttribute(node, name, 4));
  const size = intAttribute(node, "block_size", 32);
  const blocks = Math.ceil(rows / size);
  const scale = numericValues(scales);
  const isPacked = zeroPoints !== undefined && zeroPoints.dataType === packed.dataType;
  const zeros = zeroPoints && !isPacked ? numericValues(zeroPoints) : undefined;
  const zeroBytes = Math.ceil((blocks * bits) / 8);
  const zeroOf = (column: number, block: number): number => {
    if (isPacked) return element(zeroPoints.raw, column * zeroBytes, block, bits);
    return zeros?.[column * blocks + block] ?? 2 ** (bits - 1);
  };
  const values = new Array<number>(rows * columns);
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) {
      const block = Math.floor(row / size);
      const first = ((column * blocks + block) * size * bits) / 8;
      const level = element(packed.raw, first, row - block * size, bits);
      values[row * columns + column] = (level - zeroOf(column, block)) * scale[column * blocks + block];
    }
  }
  return values;
}

/** Number `index` of `bits` bits each, the lowest bits of a byte first, from byte `first` on. */
function element(raw: Uint8Array, first: number, index: number, bits: number): number {
  const bit = index * bits;
  return (raw[first + (bit >> 3)] >> (bit & 7)) & (2 ** bits - 1);
}
