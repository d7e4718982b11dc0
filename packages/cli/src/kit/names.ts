// How spaces and files are named in messages, tables and captions.

import type { Space } from "@vielbein/core";

/** Extents of a shape that are told. */
const SHOWN = 12;

/** `[3, 64, 64]`; of the thousands of axes that a stranger's array may have, the first and the last. */
export function shapeText(shape: readonly unknown[]): string {
  const told = shape.length > SHOWN ? [...shape.slice(0, SHOWN - 1), "…", shape.at(-1)] : shape;
  return `[${told.join(", ")}]`;
}

/** `z [16]`; of several spaces, `z [16] → image [3, 64, 64]`. */
export function spacesText(...spaces: readonly Pick<Space, "name" | "shape">[]): string {
  return spaces.map(({ name, shape }) => `${name} ${shapeText(shape)}`).join(" → ");
}

/** The digits of a SHA-256 that people compare. */
export function shortHash(sha256: string): string {
  return sha256.slice(0, 12);
}
