// Where directions come from: their provenance, as the command line writes it.

import { type DirectionSet, type Provenance, statedRemarks } from "@vielbein/core";
import { standardOpset } from "@vielbein/onnx";
import { maskText, type RegionMask, rectangleOf } from "@vielbein/viz/explorer";
import type { Fitted } from "./opening/fitting.ts";
import type { ReadFile } from "./opening/reading.ts";
import { sha256 } from "./sha256.ts";
import { version } from "./version.ts";

/** A model that was read. */
export type SignedModel = ReadFile & Fitted;

/** The set with its provenance; without a hash, which browsers give in secure contexts only, it has none. */
export function signed(
  set: DirectionSet,
  { name, sha256, file, graph, extents, batch, architecture }: SignedModel,
  { options, ...found }: Pick<Provenance, "from" | "to" | "points" | "options" | "runtime">,
): DirectionSet {
  if (sha256 === "") return set;
  const shape = Object.fromEntries(Object.entries(extents).map(([axis, extent]) => [axis, [extent]]));
  const assumed = { shape: Object.keys(shape).length > 0 ? shape : undefined, batch };
  const remarks = statedRemarks(file.metadata);
  const checkpoint = architecture === undefined ? {} : { architecture, remarks };
  const provenance: Provenance = {
    tool: `vielbein explorer ${version}`,
    method: set.method,
    model: { file: name, sha256, opset: standardOpset(graph), ...checkpoint },
    ...found,
    options: { ...options, ...assumed },
  };
  return { ...set, provenance };
}

/** A point, as what directions were found at. */
export async function pointOrigin(point: Float32Array): Promise<Provenance["points"]> {
  const { buffer, byteOffset, byteLength } = point;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  return { file: "the tensor `point`", sha256: await sha256(bytes), count: 1 };
}

/** A rectangle as `vielbein region` has it, any other mask as text. */
export function describeMask(mask: RegionMask): unknown {
  return rectangleOf(mask) ?? { mask: maskText(mask) };
}
