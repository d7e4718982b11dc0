// What `axes` shows of its walks: the sheet of images, the curves of distance, and both as JSON.

import { basename } from "node:path";
import type { DerivativeRoute, Provenance } from "@vielbein/core";
import { symmetricSteps } from "@vielbein/core/paths";
import { bandPlot, contactSheet, formatStep } from "@vielbein/viz";
import { footerOf } from "../../inputs/captions.ts";
import { type Drawing, imagesOf, sheetLook } from "../../inputs/pictures.ts";
import { changesText, withOutline } from "../../inputs/region.ts";
import { spacesText } from "../../kit/names.ts";
import { type AxesTask, finerSteps, type Walk, type WalkedRow } from "./walks.ts";

/** What the figures show. */
export interface AxesSheet {
  readonly rows: readonly WalkedRow[];
  readonly drawing: Drawing;
  readonly provenance: Provenance;
  /** Where the codes come from. */
  readonly origin: string;
  readonly label: (walk: Walk) => string;
}

export function sheetOf(
  { loaded, generator, options }: AxesTask,
  { rows, drawing, provenance, origin, label }: AxesSheet,
  route: DerivativeRoute,
): string {
  const unit = options.path === "spherical" ? " rad" : "";
  const [first] = rows;
  const predicted = first ? first.walk.speed * first.walk.range : 0;
  const remarks = [`distance ${basename(options.distance)}`, `metric by ${route}`];
  return contactSheet({
    title: `${loaded.file}: axes of the metric`,
    subtitle: `${spacesText(generator.from, generator.to)} · ${origin}`,
    columnTitle: "predicted distance",
    columnLabels: symmetricSteps(1, options.columns).map((fraction) => formatStep(fraction * predicted)),
    rows: rows.map(({ walk, values }) => ({
      label: label(walk),
      sublabel: walk.changes
        ? changesText(walk.changes)
        : `λ = ${walk.eigenvalue.toPrecision(3)} · ±${walk.range.toPrecision(3)}${unit}`,
      images: withOutline(imagesOf(values, generator.to, drawing), walk.area),
    })),
    ...sheetLook(drawing),
    footer: footerOf(provenance, drawing, ...remarks),
  });
}

export function curves({ loaded, distance: { map } }: AxesTask, { rows, origin, label }: AxesSheet): string {
  const predicted = ({ range, speed }: Walk) => finerSteps().map((fraction) => fraction * range * speed);
  const longest = rows
    .map(({ walk }) => walk)
    .reduce((a, b) => (b.speed * b.range > a.speed * a.range ? b : a));
  return bandPlot({
    title: `${loaded.file}: distance travelled`,
    subtitle: `${spacesText(map.from, map.to)} · ${origin}`,
    series: [
      ...rows.map(({ walk, travelled }) => ({ label: label(walk), x: predicted(walk), y: travelled })),
      {
        label: "prediction",
        x: predicted(longest),
        y: predicted(longest).map(Math.abs),
        reference: true,
      },
    ],
    x: { title: "predicted distance, signed" },
    y: { title: "distance from the code" },
  });
}

export function rowJson({
  walk: { sample, axis, eigenvalue, speed, range, changes },
  travelled,
}: WalkedRow): object {
  const fractions = finerSteps();
  return {
    sample,
    axis,
    eigenvalue,
    speed,
    changes,
    positions: fractions.map((fraction) => fraction * range),
    predicted: fractions.map((fraction) => Math.abs(fraction) * range * speed),
    distance: travelled,
  };
}
