// How spaces and files are named in messages, tables and captions.

import type { Space } from "@vielbein/core";

/** `[3, 64, 64]`. */
export function shapeText(shape: readonly unknown[]): string {
  return `[${shape.join(", ")}]`;
}

/** `z [16]`; of several spaces, `z [16] → image [3, 64, 64]`. */
export function spacesText(...spaces: readonly Pick<Space, "name" | "shape">[]): string {
  return spaces.map(({ name, shape }) => `${name} ${shapeText(shape)}`).join(" → ");
}

/** The digits of a SHA-256 that people compare. */
export function shortHash(sha256: string): string {
  return sha256.slice(0, 12);
}
