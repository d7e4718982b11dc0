// From the bytes of a file to a model.

import { checkpointFormat } from "@vielbein/checkpoints/format";
import { VielbeinError } from "@vielbein/core";
import { decodeModel, type Model } from "@vielbein/onnx";
import type { CheckpointAnswers, ExplorerFile } from "@vielbein/viz/explorer";

/** The bytes of a file, which may be those of a blob. */
export async function bytesOf(bytes: ExplorerFile["bytes"]): Promise<Uint8Array> {
  return bytes instanceof Uint8Array ? bytes : new Uint8Array(await bytes.arrayBuffer());
}

/**
 * The model of an ONNX file or of a checkpoint; what reads checkpoints is loaded when there is one.
 *
 * @throws {VielbeinError} `INVALID_MODEL` where its weights lie in another file; what reading throws.
 */
export async function readModel(
  name: string,
  bytes: Uint8Array,
  answers: CheckpointAnswers | undefined,
): Promise<Model> {
  if (checkpointFormat(bytes) !== undefined) {
    const { fromCheckpoint } = await import("@vielbein/checkpoints");
    return (await fromCheckpoint({ name, bytes }, answers)).model;
  }
  const model = decodeModel(bytes, name);
  const beside = model.graph.initializers.find((tensor) => tensor.external && tensor.raw.length === 0);
  if (!beside?.external) return model;
  throw new VielbeinError(
    "INVALID_MODEL",
    `"${name}": its weights lie in another file, "${beside.external.location}". Start it with \`vielbein explore\`, or save the model with its weights inside.`,
  );
}
