// Whether weights are numbers.

import type { StoredTensor } from "./tensor.ts";

/** Elements that are looked at at a time, aligned as those of a file need not be. */
const piece = new Uint32Array(2 ** 14);
const pieceBytes = new Uint8Array(piece.buffer);
/** The bits of an exponent, which NaN and the infinities alone have all set. */
const EXPONENT = 0x7f800000;

/** Whether no element is NaN or infinite, or becomes so as float32. */
export function isTensorFinite(tensor: StoredTensor): boolean {
  const raw = tensor.floatBytes;
  if (!raw) return isEachFinite(new Uint32Array(tensor.read().buffer));
  for (let at = 0; at < raw.length; at += pieceBytes.length) {
    const part = raw.subarray(at, at + pieceBytes.length);
    pieceBytes.set(part);
    if (!isEachFinite(piece.subarray(0, part.length / 4))) return false;
  }
  return true;
}

function isEachFinite(bits: Uint32Array): boolean {
  for (let i = 0; i < bits.length; i++) if ((bits[i] & EXPONENT) === EXPONENT) return false;
  return true;
}
