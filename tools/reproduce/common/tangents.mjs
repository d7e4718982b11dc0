// Tangent spaces of W at many points, and the basis that is nearest to all of them.

import { localBasisAt } from "@vielbein/core";
import { frechetBasis } from "@vielbein/core/grassmann";
import { row } from "./world.mjs";

const MEAN = { iterations: 1000, tolerance: 1e-5 };

/** The k leading directions of the image of `map` at each of `count` latents: `[count]` matrices `[w, k]`. */
export async function localBases(map, latents, count, k) {
  const bases = [];
  for (let i = 0; i < count; i++) {
    bases.push((await localBasisAt(map, row(latents, i, map.from.dim), { k })).outputVectors);
  }
  return bases;
}

/** The Fréchet basis of local ones of equal width. */
export function meanBasis(bases) {
  return frechetBasis(bases, MEAN);
}
