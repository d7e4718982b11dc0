// What is assumed about a model before any map is opened, and told to the user: the axes that its file leaves open or
// fixes, what it draws at random, the ends of maps that nobody named.

import { VielbeinError } from "@vielbein/core";
import type { Runtime, RuntimeTensor } from "@vielbein/core/runtime";
import {
  batchRemark,
  endpoints,
  type FixedBatch,
  handwrittenEstimators,
  type InputShapes,
  type Model,
  noiseRemark,
  noiseTensors,
  type PreparedGraph,
  unbatch,
  withNoiseSeed,
  withShapes,
} from "@vielbein/onnx";

/** Tells the user what was assumed, without stopping the work. */
export type Remark = (text: string) => void;

/** Where maps are told to start and end. */
export interface Ends {
  readonly from?: string | undefined;
  readonly to?: string | readonly string[] | undefined;
}

/** What is known about a model apart from its map. */
interface Assumed {
  readonly shape?: InputShapes | undefined;
  readonly noiseSeed?: number | undefined;
  readonly memory?: number | undefined;
}

/** The model as a map of one point, with open axes fixed and its noise drawn. */
export async function asOnePoint(
  written: Model,
  runtime: Runtime,
  { shape = new Map(), noiseSeed, memory }: Assumed,
  remark: Remark,
): Promise<{ readonly model: Model; readonly batch: FixedBatch | undefined }> {
  const { model, batch } = await unbatch(withShapes(written, shape), runtime, { memoryBudget: memory });
  if (batch) remark(batchRemark(batch));
  return { model: drawnModel(model, noiseSeed, remark), batch };
}

/** Says what the model draws at random, and redraws it where a seed is given. */
function drawnModel(model: Model, noiseSeed: number | undefined, remark: Remark): Model {
  const drawn = tolerant(() => noiseTensors(model)) ?? [];
  if (drawn.length > 0) {
    remark(
      `${noiseRemark(drawn)} (--noise-seed${noiseSeed === undefined ? " takes another" : ` ${noiseSeed}`})`,
    );
  } else if (noiseSeed !== undefined) {
    remark("--noise-seed: the model draws nothing at random");
  }
  return noiseSeed === undefined ? model : withNoiseSeed(model, noiseSeed);
}

/** Says which ends were chosen where nobody named them; if something is wrong with them, opening the map says so. */
export function remarkOnEnds(
  model: Model,
  inputs: Readonly<Record<string, RuntimeTensor>>,
  { from, to }: Ends,
  remark: Remark,
): void {
  const end = typeof to === "object" ? to[0] : to;
  const ends = tolerant(() => endpoints(model, { inputs, from, to: end }));
  for (const text of ends?.remarks ?? []) remark(text);
}

/** Says which nodes dropped what the straight-through estimator passed in training, which a file does not keep. */
export function remarkOnEstimators(graph: PreparedGraph, remark: Remark): void {
  const [first, ...rest] = handwrittenEstimators(graph);
  if (first === undefined) return;
  const more = rest.length > 0 ? ` and ${rest.length} more` : "";
  remark(
    `"${first}"${more}: a straight-through estimator, x + (q − x) with q rounded or looked up. As the file computes it, it passes no derivative; --straight-through passes that of x, as training did`,
  );
}

/** If something is wrong with a model, opening the map says so; until then only what can be seen is used. */
function tolerant<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof VielbeinError) return undefined;
    throw error;
  }
}
