// Directions of a region of the picture at a code, with what becomes of the rest.

import { RegionAt } from "@vielbein/core";
import type { ExplorerRegion } from "@vielbein/viz/explorer";
import type { Spaces } from "../opening/spaces.ts";
import { MEMORY_BUDGET } from "../opening/survey.ts";
import type { Derivative } from "./derivative.ts";
import { constant, FEW, type Found, keepLeading, type Search } from "./found.ts";

export interface RegionFound extends Found {
  /** How far each direction moves the region and the rest, per unit of its length. */
  readonly inside: Float64Array;
  readonly outside: Float64Array;
}

/**
 * @param derivative of `spaces.picture` at `point`.
 * @param weights from 0 outside to 1 inside, `[picture.to.dim]`.
 * @throws {VielbeinError} as `RegionAt.directions`.
 */
export async function findRegion(
  spaces: Spaces,
  point: Float32Array,
  derivative: Derivative,
  weights: Float32Array,
  { outside: rule }: ExplorerRegion,
  { signal, progress }: Search<RegionFound>,
): Promise<RegionFound> {
  const { picture } = spaces;
  await derivative.free();
  const map = derivative.isHeld()
    ? await derivative.held({ signal, progress: (share) => progress({ share: 0.9 * share }) })
    : picture;
  const k = Math.min(FEW, picture.from.dim);
  const region = RegionAt.of(map, point, weights, { signal, memoryBudget: MEMORY_BUDGET });
  const { vectors, values, inside, outside, route, products, traceError } = await region.directions({
    outside: rule,
    k,
  });
  const set = keepLeading(spaces, {
    space: picture.from,
    vectors,
    names: [],
    values: { kind: rule === "ratio" ? "eigenvalue" : "singular value", values },
    method: "region",
    point,
  });
  return {
    set,
    deviations: constant(spaces, set),
    samples: 0,
    options: { outside: rule, routes: [route], products, traceError },
    route,
    inside,
    outside,
  };
}
