// Units that round nothing: numbers divided by them have squares that neither vanish nor overflow.

/** The power of two nearest below the largest magnitude; 1 of zeros and of what is not finite. */
export function powerOfTwo(values: ArrayLike<number>): number {
  let size = 0;
  for (let i = 0; i < values.length; i++) size = Math.max(size, Math.abs(values[i]));
  // The logarithm of the largest number there is comes out as 1024, which no power of two in float64 has.
  return size > 0 && Number.isFinite(size) ? 2 ** Math.min(1023, Math.floor(Math.log2(size))) : 1;
}
