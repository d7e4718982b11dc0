// The directions that a person keeps, in the browser's memory for this address: across samples, models and visits.

import type { DirectionSet, Space } from "@vielbein/core";
import { matrix } from "@vielbein/linalg";
import * as z from "zod/mini";
import { readFloats, writeFloats } from "../float-text.ts";
import { distinct } from "../names.ts";

/** A direction on the shelf. */
export interface KeptDirection {
  readonly id: string;
  readonly name: string;
  readonly method: string;
  readonly model: { readonly name: string; readonly sha256: string };
  readonly space: Pick<Space, "name" | "dim" | "shape">;
  /** What one unit adds to a code, `[space.dim]`, as text. */
  readonly vector: string;
}

const SCHEMA = z.array(
  z.object({
    id: z.string(),
    name: z.string(),
    method: z.string(),
    model: z.object({ name: z.string(), sha256: z.string() }),
    space: z.object({ name: z.string(), dim: z.int().check(z.positive()), shape: z.array(z.int()) }),
    vector: z.string(),
  }),
);

const KEY = "vielbein-shelf";

/** Where texts are kept by name; `localStorage` is one. */
export type TextStorage = Pick<Storage, "getItem" | "setItem">;

export class ShelfStore {
  readonly #storage: TextStorage;

  constructor(storage: TextStorage) {
    this.#storage = storage;
  }

  /** What is kept; nothing of what cannot be read any more. */
  all(): readonly KeptDirection[] {
    try {
      return SCHEMA.parse(JSON.parse(this.#storage.getItem(KEY) ?? "[]"));
    } catch {
      return [];
    }
  }

  /** @throws {DOMException} where the browser has no room for more. */
  put(kept: readonly KeptDirection[]): void {
    this.#storage.setItem(KEY, JSON.stringify(kept));
  }
}

/** The vector of a kept direction; undefined where its text is damaged. */
function vectorOf({ vector, space }: KeptDirection): Float32Array | undefined {
  const values = readFloats(vector);
  return values?.length === space.dim ? values : undefined;
}

export function textOf(vector: ArrayLike<number>): string {
  return writeFloats(Float32Array.from(vector));
}

/** Kept directions of one space as a set, for the files of the command line; those that are damaged are left out. */
export function setOf(kept: readonly KeptDirection[], space: Space): DirectionSet | undefined {
  const whole = kept.flatMap((each) => {
    const vector = vectorOf(each);
    return vector ? [{ name: each.name, vector }] : [];
  });
  if (whole.length === 0) return undefined;
  const vectors = matrix(space.dim, whole.length);
  for (const [k, { vector }] of whole.entries()) {
    for (const [i, x] of vector.entries()) vectors.data[i * whole.length + k] = x;
  }
  return { space, vectors, names: distinct(whole.map(({ name }) => name)), method: "kept" };
}
