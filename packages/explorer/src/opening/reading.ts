// From the bytes of a file to a model.

import { checkpointFormat } from "@vielbein/checkpoints/format";
import { decodeModel, type Model } from "@vielbein/onnx";

/** The model of an ONNX file or of a checkpoint; what reads checkpoints is loaded when there is one. */
export async function readModel(name: string, bytes: Uint8Array): Promise<Model> {
  if (checkpointFormat(bytes) === undefined) return decodeModel(bytes, name);
  const { fromCheckpoint } = await import("@vielbein/checkpoints");
  return (await fromCheckpoint({ name, bytes })).model;
}
