// int64 values travel as JavaScript numbers, exact up to 2^53; all indices and axes are.

/** Exporters write "to the end" as INT64_MAX, which a double rounds up to 2^63: saturate, never wrap. */
export function saturatedInt64(value: number): bigint {
  const exact = BigInt(value);
  const max = 2n ** 63n - 1n;
  return exact > max ? max : exact;
}
