// The shortest way between two codes beside the straight line.

import { VielbeinError } from "@vielbein/core";
import { fromCode } from "../directions.ts";
import { medianOf } from "../evidence.ts";
import { derivativeProblem } from "../problems.ts";
import { section } from "../section.ts";
import { counted, percents } from "../words.ts";
import { type Argument, type Run, type Workbench, work } from "../workbench.ts";

interface Length {
  readonly length: number;
}

interface GeodesicDocument {
  readonly straight: Length;
  readonly geodesic: Length;
  readonly steps: number;
  readonly converged: boolean;
}

export interface GeodesicNumbers {
  /** Of each pair of codes: lengths, and whether the search came to its end. */
  readonly ways: readonly {
    readonly straight: number;
    readonly shortest: number;
    readonly converged: boolean;
  }[];
}

export const geodesicSection = section<GeodesicNumbers>({
  id: "geodesic",
  title: "Whether straight lines are the shortest ways (geodesics)",
  question: "Between two samples, does a straight line of codes take a detour through the outputs?",
  reading:
    "Images along the straight line and along the shortest way that was found, at an even speed; the length is how far the output travels.",
  share: 10,
  absence: derivativeProblem,
  async compute(bench) {
    const runs: Run<GeodesicDocument>[] = [];
    for (let way = 0; way < bench.budget.ways; way++) runs.push(await findWay(bench, way));
    return {
      numbers: {
        ways: runs.map(({ document: { straight, geodesic: shortest, converged } }) => ({
          straight: straight.length,
          shortest: shortest.length,
          converged,
        })),
      },
      figures: Object.values(runs[0]?.figures ?? {}),
      runs,
    };
  },
  sentence: geodesicSentence,
});

/** Between samples 2i and 2i + 1; the first is drawn, if it can be. */
async function findWay(bench: Workbench, way: number): Promise<Run<GeodesicDocument>> {
  const { segments, steps } = bench.budget;
  const args = ["--sample", 2 * way, "--sample", 2 * way + 1, "--segments", segments, "--steps", steps];
  const find = (draws: boolean) => {
    const sheet: Argument[] = draws ? ["--sheet", work("geodesic.svg")] : [];
    return bench.run<GeodesicDocument>("geodesic", [...args, ...sheet], { ...fromCode(bench), draws });
  };
  if (way > 0) return find(false);
  return find(true).catch((error: unknown) => {
    if (error instanceof VielbeinError && error.code === "SHAPE_MISMATCH") return find(false);
    throw error;
  });
}

/** Part of the length below which a way is no shorter. */
const LITTLE = 0.01;

export function geodesicSentence({ ways }: GeodesicNumbers): string {
  const moving = ways.filter(({ straight }) => straight > 0);
  if (moving.length === 0) return "The output does not move along the straight line, so no way is shorter.";
  const savings = moving.map(({ straight, shortest }) => 1 - shortest / straight);
  const middle = medianOf(savings);
  const between = `between ${counted(moving.length, "pair")} of codes`;
  const unfinished = moving.filter(({ converged }) => !converged).length;
  const search =
    unfinished === 0
      ? ""
      : `; ${moving.length === 1 ? "the search" : `${unfinished} of ${moving.length} searches`} had not ended, so shorter ways may exist`;
  if (middle < LITTLE) {
    return `Straight lines are as short as any way that was found, to within ${percents(LITTLE)}, ${between}${search}.`;
  }
  const ends = savings.map((saving) => Math.round(100 * saving));
  const spread = moving.length > 1 ? ` (${Math.min(...ends)} to ${Math.max(...ends)} %)` : "";
  const caution = moving.length === 1 ? "; one pair says nothing of others" : "";
  return `The shortest way found is ${percents(middle)} shorter than the straight line${spread}, ${between}: straight lines take detours${search}${caution}.`;
}
