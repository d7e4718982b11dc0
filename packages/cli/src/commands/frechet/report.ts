// What `frechet` reports.

import type { Provenance } from "@vielbein/core";
import type { AgreedBasis, FrechetBasis } from "@vielbein/core/grassmann";
import { bandPlot } from "@vielbein/viz";
import { originOf } from "../../inputs/captions.ts";
import { defined } from "../../kit/defined.ts";
import { spacesText } from "../../kit/names.ts";
import { fixed, number, table, text } from "../../kit/table.ts";
import { dim, heading } from "../../kit/terminal.ts";
import type { Fit } from "./fits.ts";

export interface Result {
  readonly found: AgreedBasis & Partial<Pick<FrechetBasis, "subspace">>;
  /** Agreement of as many uniform bases in their place, by falling value. */
  readonly chance: Float64Array;
  readonly fits: readonly Fit[];
  /** Points whose local bases were averaged. */
  readonly count: number;
  readonly provenance: Provenance;
}

export function toJson({ found, chance, fits, provenance }: Result): object {
  const { subspace } = found;
  return {
    agreement: Array.from(found.agreement),
    chance: meanOf(chance),
    converged: found.rotation.converged && (subspace?.converged ?? true),
    subspace: subspace && {
      variance: subspace.variance,
      radius: subspace.radius,
      unique: subspace.unique,
    },
    fits,
    provenance,
  };
}

export function toText({ found, chance, fits, count, provenance }: Result): string {
  const { agreement, rotation, subspace } = found;
  const directions = table(Array.from(agreement), [
    text("direction", (_, k) => `d${k}`),
    number("agreement", (value) => value.toFixed(3)),
  ]);
  const distances = table(fits, [
    text("distance from held-out tangent spaces", ({ name }) => name),
    number("mean", ({ mean }) => mean.toFixed(3)),
    number("deviation", ({ standardDeviation }) => standardDeviation.toFixed(3)),
    number("farther than the Fréchet basis, 95 %", ({ excess }) =>
      excess ? `${fixed(excess.mean, 3)} (${excess.interval.map((end) => fixed(end, 3)).join(" to ")})` : "",
    ),
  ]);
  const lines = [
    heading(spacesText(provenance.from, provenance.to), originOf(provenance)),
    directions,
    dim(
      `mean |cos| with the local directions at ${count} points; ${meanOf(chance).toFixed(3)} on average with uniform ones in their place`,
    ),
    ...(fits[0] ? ["", distances, dim(`√(Σθ²/k) in radians, at ${fits[0].count} further samples`)] : []),
    ...meanRemarks(subspace, rotation.converged),
  ];
  return `${lines.join("\n")}\n`;
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

/** An SVG document. */
export function agreementPlot({ found, chance, fits, count, provenance }: Result): string {
  const x = Array.from(chance.keys());
  const [own] = fits;
  return bandPlot({
    title: `${provenance.model.file}: agreement of local bases`,
    subtitle: `${spacesText(provenance.from, provenance.to)} · ${originOf(provenance)}, ${count} points`,
    series: [
      { label: "local bases", x, y: found.agreement },
      { label: "uniform bases", x, y: chance, reference: true },
    ],
    x: { title: "direction of the Fréchet basis", scale: "whole" },
    y: { title: "mean |cos| with the local directions" },
    ...defined({ bandTitle: own && `${own.mean.toFixed(2)} rad from unseen tangent spaces` }),
  });
}

/** What is to be known of the means. */
function meanRemarks(subspace: FrechetBasis["subspace"] | undefined, isRotationDone: boolean): string[] {
  const remarks = [];
  if (subspace && !subspace.unique) {
    const radius = subspace.radius.toFixed(2);
    remarks.push(
      `the mean subspace may be one of several: local ones lie up to ${radius} from it, beyond π/4 = 0.79`,
    );
  }
  if (!(isRotationDone && (subspace?.converged ?? true))) {
    remarks.push(
      "not converged: the local bases have too little in common for one mean; take fewer directions",
    );
  }
  return remarks.map(dim);
}
