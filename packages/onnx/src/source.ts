// What an engine is given: the serialised graph, weights by reference to the bytes already in memory.

import type { ModelSource } from "@vielbein/core";
import { encodeModel } from "./encode.ts";
import type { Model } from "./model.ts";

/** Serialises for an engine without copying the weights that still lie in `model.files`. */
export function modelSource(model: Model): ModelSource {
  return { bytes: encodeModel(model, { weights: "reference" }), files: model.files };
}
