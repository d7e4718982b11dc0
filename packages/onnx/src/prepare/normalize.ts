// One internal form for every opset: what older operator sets keep in attributes moves to inputs, as
// opset 18 has it; superseded operators become their successors; half precision is widened, so that
// derivatives are computed in float32. Rules are written against this form only.

import { VielbeinError } from "@vielbein/core";
import { topologicalOrder } from "../model/graph.ts";
import { type Model, standardOpset } from "../model/model.ts";
import type { WritingOptions } from "./composites.ts";
import { inlineFunctions } from "./functions.ts";
import { INTERNAL_OPSET, upgraded } from "./upgrade.ts";
import { type Precision, widenHalfPrecision, widenToDouble } from "./widen.ts";

const OLDEST_OPSET = 7;

/**
 * The same function as a graph of at least opset 18, nodes in topological order, computed in `precision` at least.
 *
 * @throws {VielbeinError} `INVALID_MODEL` for opsets before 7 and for cyclic or incomplete graphs.
 */
export function normalize(
  original: Model,
  precision: Precision = "float32",
  options: WritingOptions = {},
): Model {
  const { model } = inlineFunctions(original, options);
  // A model that declares no standard operator set has no standard operators.
  const opset = model.opsets.has("") ? standardOpset(model) : INTERNAL_OPSET;
  if (opset < OLDEST_OPSET) {
    throw new VielbeinError(
      "INVALID_MODEL",
      `The model uses operator set ${opset}; the oldest supported is ${OLDEST_OPSET}. Export it again with opset 17 or later.`,
    );
  }
  const { graph } = model;
  const ordered = { ...graph, nodes: topologicalOrder(graph) };
  const normal = widenHalfPrecision({
    ...model,
    irVersion: Math.max(model.irVersion, 8),
    opsets: new Map(model.opsets).set("", Math.max(opset, INTERNAL_OPSET)),
    graph: upgraded(ordered, () => opset, options),
  });
  return precision === "float64" ? widenToDouble(normal) : normal;
}
