// Maps from model files, and where the models that are not part of the project lie.

import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeModel, OnnxMap, resolveExternalData } from "@vielbein/onnx";
import { NodeRuntime, readModelFile } from "@vielbein/runtime-node";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");

/** A file of the shared folder (`$VIELBEIN_SHARED`, default `../shared`); undefined, with a note, if absent. */
export function sharedFile(...path) {
  return present(join(process.env.VIELBEIN_SHARED ?? join(root, "../shared"), ...path));
}

/** A file of the project, by its path from the root; undefined, with a note, if absent. */
export function projectFile(...path) {
  return present(join(root, ...path));
}

function present(path) {
  if (existsSync(path)) return path;
  console.error(`skipped: ${path} is not there`);
  return undefined;
}

/** The map from the first input to the first output of a model file. */
export async function mapOfFile(path, { threads } = {}) {
  const { name, bytes, readExternal } = await readModelFile(path);
  const model = await resolveExternalData(decodeModel(bytes, name), readExternal);
  return OnnxMap.create(model, new NodeRuntime(threads ? { threads } : {}));
}
