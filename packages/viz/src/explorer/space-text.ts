// What people call the spaces of a generator, with the names that the model's file has for them.

import type { Space } from "@vielbein/core";
import type { ExplorerModel } from "./engine.ts";

/** As `features 16 × 16, 64 channels · b16/Add`. */
export function spaceText(space: Space, { froms, tos, truncation }: Omit<ExplorerModel, "name">): string {
  const { name, dim } = space;
  const plain = wordsFor(space, name === froms[0].name, name === tos.at(-1)?.name);
  const words = name === truncation.space && truncation.kind !== "scale" ? `style code, ${dim}` : plain;
  return `${words} · ${name}`;
}

function wordsFor({ dim, shape }: Space, isInput: boolean, isPicture: boolean): string {
  if (isInput) return `input code, ${dim}`;
  if (isPicture) return `picture, ${shape.length === 3 ? shape.join(" × ") : dim}`;
  const [first, ...rest] = shape;
  if (rest.length === 2) return `features ${rest.join(" × ")}, ${first} channels`;
  if (rest.length === 1 && first > 1) return `codes of ${first} layers`;
  return `code, ${dim}`;
}
