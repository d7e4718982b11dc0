// Of how many rows the numbers of a report are, where not all rows have them.

import { isOfPairs, methodOf } from "./methods.ts";
import type { Part } from "./plan.ts";
import { nullTitle, type Quantity } from "./quantities.ts";
import { isSamePart } from "./shards.ts";
import type { MethodStatistics, Statistic } from "./statistics.ts";

/** A quantity of the rows at one layer, as a table calls it. */
interface Counted {
  readonly title: string;
  readonly statistic: Statistic;
  readonly needsDimension?: boolean | undefined;
}

/**
 * `local dimension: of 1 of 9 points, 8 flat`: the quantities that fewer rows have than were computed, without their
 * names where all are alike; empty where all have all.
 *
 * @param problems rows at which the computation does not converge.
 */
export function countsText(
  shown: MethodStatistics,
  quantities: readonly Quantity[],
  part: Part,
  problems: number,
): string {
  const counted = countedOf(shown, quantities, part);
  const unit = isOfPairs(methodOf(shown.method.name)) ? "pairs" : "points";
  const titles = new Map<string, string[]>();
  for (const { title, statistic, needsDimension } of counted) {
    const { points, missing } = statistic;
    if (missing === 0) continue;
    const flat = needsDimension ? missing - problems : 0;
    const text = `of ${points} of ${points + missing} ${unit}${flat > 0 ? `, ${flat} flat` : ""}`;
    titles.set(text, [...(titles.get(text) ?? []), title]);
  }
  return [...titles]
    .map(([text, those]) => (those.length === counted.length ? text : `${those.join(", ")}: ${text}`))
    .join("; ");
}

/** Rows of a part that lack one of the quantities, or several. */
export function lackingRows(shown: MethodStatistics, quantities: readonly Quantity[], part: Part): number {
  const counted = countedOf(
    shown,
    quantities.map((quantity) => ({ ...quantity, nullName: undefined })),
    part,
  );
  return Math.max(0, ...counted.map(({ statistic }) => statistic.missing));
}

/** What compares points is of the first ones, as a remark says, and has no count of rows. */
function countedOf(
  { method, statistics }: MethodStatistics,
  quantities: readonly Quantity[],
  part: Part,
): Counted[] {
  const own = statistics.filter((one) => isSamePart(one, part));
  const find = (title: string, name: string, needsDimension?: boolean): Counted[] =>
    own
      .filter(({ quantity }) => quantity === name)
      .map((statistic) => ({ title, statistic, needsDimension }));
  return quantities
    .filter(({ column }) => method.columns.includes(column))
    .flatMap(({ name, title, nullName = "", needsDimension }) => {
      const hasNull = statistics.some(({ quantity, points }) => quantity === nullName && points > 0);
      const nulls = hasNull ? find(`${title} ${nullTitle(nullName)}`, nullName, needsDimension) : [];
      return [...find(title, name, needsDimension), ...nulls];
    });
}
