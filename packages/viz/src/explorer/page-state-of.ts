// The state of the page, and the spaces that such a state asks for.

import { VielbeinError } from "@vielbein/core";
import { codeAt, layerCount, type StepUnit } from "./code.ts";
import type { Columns } from "./columns.ts";
import type { ExplorerEngine, ExplorerFile, ExplorerModel, ExplorerRegion, SpacesChoice } from "./engine.ts";
import { FRESH, type PageState } from "./page-state.ts";
import type { Place } from "./stage.ts";
import type { View } from "./view.ts";

interface Explored {
  readonly model: ExplorerModel | undefined;
  /** Whether the anchor is not the sample of the seed. */
  readonly isMoved: boolean;
  readonly region: ExplorerRegion | undefined;
}

export function pageStateOf(
  { seed, truncation, unit }: View,
  columns: Columns,
  { anchor, layers }: Place,
  { model, isMoved, region }: Explored,
): PageState {
  const isDefault =
    !model || (model.from.name === model.froms[0].name && model.to.name === model.tos.at(-1)!.name);
  // What the directions of a file did is only to be had as a code.
  const file = columns.column("file");
  const beyond = file?.isMoved ? codeAt(anchor, [file.edit!], layers) : anchor;
  return {
    seed: Number(seed.value),
    truncation: truncation.valueAsNumber,
    kinds: columns.kinds,
    unit: unit.value as StepUnit,
    steps: Object.fromEntries(columns.all.map(({ kind, statedSteps }) => [kind, [...statedSteps]])),
    from: isDefault ? undefined : model.from.name,
    to: isDefault ? undefined : model.to.name,
    set: model?.set,
    extents: model?.extents,
    checkpoint: model?.checkpoint,
    layout: model?.layout.from === "choice" ? model.layout.layout : undefined,
    layers,
    region,
    anchor: isMoved || file?.isMoved ? beyond : undefined,
  };
}

export function spacesOf(pageState: PageState): SpacesChoice {
  const { from, to, set = {}, extents, layout, truncation, checkpoint } = pageState;
  return { from, to, set, extents, layout, truncation, checkpoint };
}

/** A model that was read, the state of the page that is restored with it, and why that is not the one wanted. */
interface Reading {
  readonly model: ExplorerModel;
  readonly restored: PageState;
  readonly misfit?: unknown;
}

/**
 * Reads a model for a state of the page; where the two do not fit, for a fresh page.
 *
 * @throws what was wrong at first, where the model cannot be read in any case.
 */
export async function readFitting(
  engine: ExplorerEngine,
  file: ExplorerFile,
  pageState: PageState,
  signal: AbortSignal,
): Promise<Reading> {
  try {
    const model = await engine.load(file, spacesOf(pageState), { signal });
    requireFitting(pageState, model);
    return { model, restored: pageState };
  } catch (misfit) {
    if (pageState === FRESH || signal.aborted) throw misfit;
    const fresh = engine.load(file, spacesOf(FRESH), { signal });
    const model = await fresh.catch(() => Promise.reject(misfit));
    return { model, restored: FRESH, misfit };
  }
}

/**
 * Checks that a state of the page is one of a model.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH` for a code of another size, `OUT_OF_RANGE` for layers that are not there.
 */
function requireFitting({ anchor, layers }: PageState, { name, from }: ExplorerModel): void {
  const remedy = "The page starts afresh; open the link with the model that it was made with.";
  if (anchor && anchor.length !== from.dim) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `The address has a code of ${anchor.length} numbers, but "${from.name}" of "${name}" has ${from.dim}. ${remedy}`,
    );
  }
  const count = layerCount(from);
  if (layers && layers[1] >= count) {
    throw new VielbeinError(
      "OUT_OF_RANGE",
      `The address edits layers ${layers.join(" to ")}, but "${from.name}" of "${name}" has ${count > 0 ? `layers 0 to ${count - 1}` : "no layers"}. ${remedy}`,
    );
  }
}
