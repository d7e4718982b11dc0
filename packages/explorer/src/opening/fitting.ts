// A model's file as a map of one point: extents for the axes that it leaves open, its batch taken apart, its noise
// frozen; and what that assumes.

import { statedRemarks } from "@vielbein/core";
import type { Runtime } from "@vielbein/core/runtime";
import {
  batchRemark,
  endpoints,
  type FixedBatch,
  type Model,
  noiseRemark,
  noiseTensors,
  unbatch,
  withNamedAxes,
  withShapes,
} from "@vielbein/onnx";
import type { AxisExtents } from "@vielbein/viz/explorer";
import { MEMORY_BUDGET } from "./survey.ts";

/** Of an axis that nobody gave an extent. */
const EXTENT = 8;

export interface Fitted {
  readonly graph: Model;
  /** Of all axes that the file leaves open. */
  readonly extents: AxisExtents;
  /** What became of a batch that the file fixes. */
  readonly batch: FixedBatch | undefined;
  /** What was assumed, in words. */
  readonly remarks: readonly string[];
}

/** @throws {VielbeinError} what taking the batch apart throws. */
export async function fit(file: Model, runtime: Runtime, wanted: AxisExtents): Promise<Fitted> {
  const { model, axes } = withNamedAxes(file);
  const given = new Map(Object.entries(wanted));
  const extents = new Map(axes.map((name) => [name, given.get(name) ?? EXTENT]));
  const shaped = withShapes(model, new Map([...extents].map(([name, extent]) => [name, [extent]])));
  const { model: graph, batch } = await unbatch(shaped, runtime, { memoryBudget: MEMORY_BUDGET });
  const drawn = noiseTensors(graph);
  return {
    graph,
    extents: Object.fromEntries(extents),
    batch,
    remarks: [
      ...statedRemarks(file.metadata),
      batch && batchRemark(batch),
      drawn.length > 0 ? noiseRemark(drawn) : undefined,
      ...endpoints(graph, {}).remarks,
    ].filter((remark) => remark !== undefined),
  };
}
