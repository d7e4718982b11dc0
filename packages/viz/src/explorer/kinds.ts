// What the page says of each kind of directions.

import type { DirectionKind, ExplorerDirections } from "./engine.ts";

export interface KindText {
  readonly label: string;
  /** What the directions and their values are, in a line. */
  readonly title: string;
}

/** In the order of the columns: a region that was just marked is seen at once. */
export const KINDS: Readonly<Record<DirectionKind, KindText>> = {
  region: {
    label: "Region",
    title: "What moves the marked region. out/in: the rest, for each unit inside",
  },
  basis: {
    label: "Local Basis",
    title: "What moves this picture most. σ: how far, for each unit of the code",
  },
  sefa: { label: "SeFa", title: "Read off the weights, for all pictures. λ: how strongly they respond" },
  pca: { label: "PCA", title: "How samples differ most. sd: how far they spread along it" },
  metric: { label: "Metric axes", title: "What moves pictures most on average. λ: how far, squared" },
  file: { label: "File", title: "Directions that were opened, or taken from the shelf" },
};

/** What stands beside the names, where it is not the value that the directions are ordered by. */
export function labelsOf({ inside, outside }: ExplorerDirections): readonly string[] {
  if (!inside || !outside) return [];
  return Array.from(inside, (value, k) => `out/in ${value > 0 ? (outside[k] / value).toPrecision(2) : "–"}`);
}

/** What is to be said of the directions as a whole; empty where nothing is. */
export function noteOf(kind: DirectionKind, { certainty }: ExplorerDirections): string {
  if (!certainty || certainty.samples >= certainty.of) return "";
  const { samples, of, agreement } = certainty;
  const agreed = agreement === undefined ? "" : `, which agree to ${agreement.toFixed(2)} with half of them`;
  return `${KINDS[kind].label} of ${samples} of ${of} samples${agreed}; growing more certain …`;
}
