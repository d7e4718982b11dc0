// The file that MODEL names: an ONNX model, or a checkpoint that is made one.

import { fileURLToPath } from "node:url";
import type { CheckpointOptions } from "@vielbein/checkpoints";
import { checkpointFormat } from "@vielbein/checkpoints/format";
import { statedRemarks } from "@vielbein/core";
import { decodeModel, type Model, resolveExternalData } from "@vielbein/onnx";
import { readModelFile } from "@vielbein/runtime-node";
import { sampleDenoiserUrl, sampleUrl } from "@vielbein/sample";
import { integer } from "../kit/arguments.ts";
import { type OptionsOf, option, requireAbsent } from "../kit/options.ts";

/** What a checkpoint does not say by itself. */
export const checkpointOptions = {
  label: option("--label <n>", "of a checkpoint: class of a conditional generator, from 0", integer(0)),
  activation: option(
    "--activation <between,last>",
    "of a checkpoint of weights alone: what stands between its layers and behind the last, such as relu,tanh",
  ),
  size: option(
    "--size <n>",
    "of a checkpoint that makes images of any size: height and width (default: as it was trained)",
    integer(1, 65_536),
  ),
};

/** Those options as {@link readModel} takes them. */
export function checkpointChoices({
  label,
  activation,
  size,
}: OptionsOf<typeof checkpointOptions>): CheckpointOptions {
  return { label, activation, size };
}

/** A model's file, and what is in it with its external data. */
interface ModelFile {
  readonly path: string;
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly model: Model;
  /** Name and version of a checkpoint's architecture. */
  readonly architecture?: string | undefined;
  /** What was assumed of a checkpoint, or of the one that the file was converted from. */
  readonly remarks: readonly string[];
}

/** The words for the embedded samples. */
const SAMPLES: ReadonlyMap<string, URL> = new Map([
  ["sample", sampleUrl],
  ["sample-denoiser", sampleDenoiserUrl],
]);

/** Whether MODEL is the word for an embedded sample, not a path. */
export function isEmbedded(argument: string): boolean {
  return SAMPLES.has(argument);
}

/** The file of MODEL: a path, or the word for an embedded sample. */
export async function readModel(argument: string, options: CheckpointOptions = {}): Promise<ModelFile> {
  const sample = SAMPLES.get(argument);
  const path = sample ? fileURLToPath(sample) : argument;
  const { name, bytes, readExternal } = await readModelFile(path);
  if (checkpointFormat(bytes) !== undefined) {
    const { fromCheckpoint } = await import("@vielbein/checkpoints");
    const { model, architecture } = await fromCheckpoint({ name, bytes, readBeside: readExternal }, options);
    return {
      path,
      name,
      bytes,
      model,
      architecture: `${architecture.name} ${architecture.version}`,
      remarks: statedRemarks(model.metadata),
    };
  }
  requireAbsent(
    { ...options },
    Object.keys(options),
    `"${name}" is no checkpoint. Give classes of an ONNX model with --set, sizes with --shape, or leave it out.`,
  );
  const model = await resolveExternalData(decodeModel(bytes, name), readExternal);
  return { path, name, bytes, model, remarks: statedRemarks(model.metadata) };
}
