// Numbers as people write them: on the command line, in the explorer's fields and in its address.

/** `1, 0.5,-2` → values; undefined where a part is no finite number. */
export function parseNumbers(text: string): number[] | undefined {
  const values = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  return values.every(Number.isFinite) ? values : undefined;
}
