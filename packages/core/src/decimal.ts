// Numbers as users write them.

/** A number in decimal notation, such as `-1`, `.5` or `1e-3`; NaN for any other text (`0x10`, `Infinity`, nothing). */
export function parseDecimal(text: string): number {
  return /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i.test(text) ? Number(text) : Number.NaN;
}
