// What is said of a checkpoint of an architecture that is not known here: what it holds, what it is like, what to do.

import { VielbeinError } from "@vielbein/core";
import { architectures, nearest } from "./architectures/registry.ts";
import type { Checkpoint } from "./files/open.ts";

const SHOWN = 12;

/** Lists tensors, the nearest family, and how to export. */
export function unrecognised(checkpoint: Checkpoint): VielbeinError {
  const entries = [...checkpoint.tensors];
  const shown = entries.slice(0, SHOWN).map(([name, { shape }]) => `${name} [${shape.join(", ")}]`);
  const more = entries.length > SHOWN ? ` and ${entries.length - SHOWN} more` : "";
  const near = nearest(entries.map(([name]) => name));
  const like = near
    ? ` It is nearest to ${near.architecture.name}, ${Math.round(100 * near.matched)} % of whose names it has.`
    : "";
  return new VielbeinError(
    "INVALID_MODEL",
    `"${checkpoint.name}" (${checkpoint.format}) is of no architecture that is known here. It holds ${entries.length} tensors: ${shown.join(", ")}${more}.${like} Known are ${architectures.map(({ name }) => name).join(", ")}. Export the generator as ONNX where its code runs (torch.onnx.export; recipes in docs/exporting.md) and give that file.`,
  );
}
