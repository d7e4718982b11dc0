// What captions and footers say about results: where the codes come from, the programs and the model.

import type { Provenance, Truncation } from "@vielbein/core";
import { definedItems } from "../kit/defined.ts";
import { shortHash } from "../kit/names.ts";
import { type Drawing, describeDrawing } from "./pictures.ts";

/**
 * Where codes come from: `seed 0`, `seed 0, z → w`, or the name of a file; how they were truncated; and of which region
 * of the output the results are.
 */
export function originOf({
  points,
  from,
  truncation,
  options,
}: Pick<Provenance, "points" | "from" | "truncation" | "options">): string {
  const parts = [
    sourceOf(points, from.name),
    truncation && describeTruncation(truncation),
    options.region === undefined ? undefined : describeRegion(options.region as object),
  ];
  return definedItems(parts).join(", ");
}

/** A region as the provenance describes it. */
function describeRegion(region: object): string {
  return `region ${Object.entries(region)
    .filter(([name]) => name !== "sha256")
    .map(([, value]) => value)
    .join(",")}`;
}

function sourceOf(points: Provenance["points"], from: string): string {
  if ("file" in points) return points.file;
  return `seed ${points.seed}${points.drawnIn === undefined ? "" : `, ${points.drawnIn} → ${from}`}`;
}

function describeTruncation({ psi, space, toward, distribution }: Truncation): string {
  return toward === "mean of samples"
    ? `ψ = ${psi} toward the mean of ${space}`
    : `${space} scaled by ${psi} (${distribution})`;
}

/** The footer of a sheet of images: the programs, the model, what else there is to say, and how outputs are drawn. */
export function footerOf(
  { tool, runtime, model }: Provenance,
  drawing: Drawing,
  ...remarks: readonly string[]
): string {
  const parts = [tool, runtime, `model ${shortHash(model.sha256)}`, ...remarks, ...describeDrawing(drawing)];
  return parts.join(" · ");
}

/**
 * A line on points at which nothing moves: derivatives that are 0 have no directions.
 *
 * @param largest the largest singular value or eigenvalue at each point.
 */
export function stillnessRemark(from: string, to: string, largest: readonly number[]): string[] {
  const [count, still] = [largest.length, largest.filter((value) => value === 0).length];
  if (still === 0) return [];
  const where =
    still < count
      ? `at ${still} of ${count} points`
      : count === 1
        ? "at this point"
        : `at any of ${count} points`;
  return [
    `"${to}" does not depend on "${from}" ${where}: the derivative is 0 there, and directions say nothing`,
  ];
}

/** What it took to find the leading part of a derivative by iteration. */
export function iterationText(products: number, residual: number): string {
  return `by iteration, at most ${products} products with the Jacobian and its transpose for each point; largest residual ${residual.toPrecision(2)}`;
}
