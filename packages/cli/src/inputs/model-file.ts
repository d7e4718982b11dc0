// The file that MODEL names.

import { fileURLToPath } from "node:url";
import { decodeModel, type Model, resolveExternalData } from "@vielbein/onnx";
import { readModelFile } from "@vielbein/runtime-node";
import { sampleDenoiserUrl, sampleUrl } from "@vielbein/sample";

/** A model's file, and what is in it with its external data. */
interface ModelFile {
  readonly path: string;
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly model: Model;
}

/** The words for the embedded samples. */
const SAMPLES: ReadonlyMap<string, URL> = new Map([
  ["sample", sampleUrl],
  ["sample-denoiser", sampleDenoiserUrl],
]);

/** The file of MODEL: a path, or the word for an embedded sample. */
export async function readModel(argument: string): Promise<ModelFile> {
  const sample = SAMPLES.get(argument);
  const path = sample ? fileURLToPath(sample) : argument;
  const { name, bytes, readExternal } = await readModelFile(path);
  return { path, name, bytes, model: await resolveExternalData(decodeModel(bytes, name), readExternal) };
}
