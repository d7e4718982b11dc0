// Colours as numbers.

/** Red, green, blue, 0 to 255. */
export type Rgb = readonly [number, number, number];

/** The colour of `#rrggbb`. */
export function parseHex(hex: string): Rgb {
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  return [red, green, blue];
}
