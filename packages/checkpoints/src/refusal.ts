// What is said of every checkpoint whose tensors can be read and of which no model is made: why, what it holds, what it is
// like, and what to do.

import { VielbeinError } from "@vielbein/core";
import type { Architecture } from "./architectures/architecture.ts";
import { architectures, nearest } from "./architectures/registry.ts";
import { brief } from "./errors.ts";
import type { Checkpoint } from "./files/open.ts";

const SHOWN = 12;

/** Of an architecture that is not known here. */
export function unrecognised(checkpoint: Checkpoint): VielbeinError {
  const near = nearest([...checkpoint.tensors.keys()]);
  const like = near
    ? ` It is nearest to ${near.architecture.name}, ${Math.round(100 * near.matched)} % of whose names it has.`
    : "";
  const known = ` Known are ${architectures.map(({ name }) => name).join(", ")}.`;
  return refusal(checkpoint, checkpoint.lacks ?? "is of no architecture that is known here", like + known);
}

/** Of an architecture that is known, but not in this form; other errors, such as those of options, stay as they are. */
export function notBuiltAs({ name }: Architecture, checkpoint: Checkpoint, error: unknown): unknown {
  if (!(error instanceof VielbeinError) || error.code !== "INVALID_MODEL") return error;
  const why = error.message.replace(/\.$/, "");
  return refusal(checkpoint, `is like ${name}, and no model is made of it: ${why}`, "", error);
}

/** @param why follows the name of the file. */
function refusal(checkpoint: Checkpoint, why: string, like: string, cause?: unknown): VielbeinError {
  const entries = [...checkpoint.tensors];
  const shown = entries.slice(0, SHOWN).map(([name, { shape }]) => `${brief(name)} [${shape.join(", ")}]`);
  const more = entries.length > SHOWN ? ` and ${entries.length - SHOWN} more` : "";
  return new VielbeinError(
    "INVALID_MODEL",
    `"${checkpoint.name}" (${checkpoint.format}) ${why}. It holds ${entries.length} tensor${entries.length === 1 ? "" : "s"}: ${shown.join(", ")}${more}.${like} Export the generator as ONNX where its code runs (torch.onnx.export; recipes in docs/exporting.md) and give that file.`,
    { cause },
  );
}
