// From the bytes of a file to a model.

import { checkpointFormat } from "@vielbein/checkpoints/format";
import { VielbeinError } from "@vielbein/core";
import { decodeModel, type Model } from "@vielbein/onnx";
import type { CheckpointAnswers, ExplorerFile } from "@vielbein/viz/explorer";
import { sha256 } from "../sha256.ts";

/** What is in a file, and what identifies it. */
export interface ReadFile {
  readonly name: string;
  readonly file: Model;
  /** Empty where the browser gives none. */
  readonly sha256: string;
  /** Of a checkpoint: what was answered, if anything. */
  readonly checkpoint?: CheckpointAnswers | undefined;
  /** Name and version of a checkpoint's architecture. */
  readonly architecture?: string | undefined;
}

/**
 * Reads an ONNX file or a checkpoint; what reads checkpoints is loaded when there is one.
 *
 * @throws {VielbeinError} `INVALID_MODEL` where its weights lie in another file; what reading throws.
 */
export async function readFile(
  { name, bytes: source, sha256: known }: ExplorerFile,
  answers?: CheckpointAnswers,
): Promise<ReadFile> {
  const bytes = source instanceof Uint8Array ? source : new Uint8Array(await source.arrayBuffer());
  const read = await readBytes(name, bytes, answers);
  return { name, ...read, sha256: known ?? (await sha256(bytes)) };
}

async function readBytes(
  name: string,
  bytes: Uint8Array,
  answers: CheckpointAnswers = {},
): Promise<Omit<ReadFile, "name" | "sha256">> {
  if (checkpointFormat(bytes) === undefined) return { file: readOnnx(name, bytes) };
  const { fromCheckpoint } = await import("@vielbein/checkpoints");
  const { model, architecture } = await fromCheckpoint({ name, bytes }, answers);
  return {
    file: model,
    checkpoint: answers,
    architecture: `${architecture.name} ${architecture.version}`,
  };
}

function readOnnx(name: string, bytes: Uint8Array): Model {
  const model = decodeModel(bytes, name);
  const beside = model.graph.initializers.find((tensor) => tensor.external && tensor.raw.length === 0);
  if (!beside?.external) return model;
  throw new VielbeinError(
    "INVALID_MODEL",
    `"${name}": its weights lie in another file, "${beside.external.location}". Start it with \`vielbein explore\`, or save the model with its weights inside.`,
  );
}
