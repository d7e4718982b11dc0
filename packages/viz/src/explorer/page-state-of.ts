// The state of the page, and the spaces that such a state asks for.

import { codeAt, type StepUnit } from "./code.ts";
import type { Columns } from "./columns.ts";
import type { ExplorerModel, SpacesChoice } from "./engine.ts";
import type { PageState } from "./page-state.ts";
import type { Place } from "./stage.ts";
import type { View } from "./view.ts";

/** @param isMoved whether the anchor is not the sample of the seed. */
export function pageStateOf(
  { seed, truncation, unit }: View,
  columns: Columns,
  { anchor, layers }: Place,
  { model, isMoved }: { readonly model: ExplorerModel | undefined; readonly isMoved: boolean },
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
    steps: Object.fromEntries(columns.all.map(({ kind, steps }) => [kind, steps])),
    from: isDefault ? undefined : model.from.name,
    to: isDefault ? undefined : model.to.name,
    set: model?.set,
    extents: model?.extents,
    layout: model?.layout.from === "choice" ? model.layout.layout : undefined,
    layers,
    anchor: isMoved || file?.isMoved ? beyond : undefined,
  };
}

export function spacesOf({ from, to, set = {}, extents, layout, truncation }: PageState): SpacesChoice {
  return { from, to, set, extents, layout, truncation };
}
