// Homogeneity of the metric in a survey that keeps eigenvectors: whether the axes of one point matter at another. It
// compares every point with every other, so that it is taken of the first points only.

import type { Correlations } from "@vielbein/core";
import { bootstrapValues, intervalOf } from "@vielbein/core/statistics";
import { matrix } from "@vielbein/linalg";
import { compareSpectra, type SpectrumRow } from "../commands/metric/report.ts";
import { readChunk } from "./arrays.ts";
import type { SurveyFolder } from "./folder.ts";
import { type NamedPlan, type Part, plannedPart, seedOf } from "./plan.ts";
import { isIntact, readReceipt } from "./receipts.ts";
import { isSamePart, type Shard, shardsOf } from "./shards.ts";
import type { Statistic } from "./statistics.ts";

/** Points that are compared, the first ones: the time grows as the square of their number. */
export const COMPARED = 50;

const SPECTRUM = ["eigenvalues", "eigenvectors"];
const SHUFFLED = SPECTRUM.map((column) => `shuffled_${column}`);

export interface FoundHomogeneity {
  readonly statistics: readonly Statistic[];
  /** Shards whose arrays are not what their receipts say, and how many of the points that are compared they have. */
  readonly damaged: readonly Shard[];
  readonly lost: number;
}

/**
 * Homogeneity beside its nulls at every layer of every model; none where the survey keeps no full eigenvectors.
 *
 * @param missing shards whose tables are missing or damaged.
 */
export async function readHomogeneity(
  folder: SurveyFolder,
  plan: NamedPlan,
  missing: readonly Shard[],
): Promise<FoundHomogeneity> {
  const statistics: Statistic[] = [];
  const damaged: Shard[] = [];
  const absent = new Set(missing.map(({ number }) => number));
  const shards = shardsOf(plan).filter((shard) => plannedPart(plan, shard).method.name === "metric");
  for (const part of shards.filter(({ first }) => first === 0)) {
    if (keptColumns(plan, part).length === 0) continue;
    const own = shards.filter((shard) => isSamePart(shard, part) && shard.first < COMPARED);
    const there = own.filter(({ number }) => !absent.has(number));
    const intact: Shard[] = [];
    for (const shard of there) ((await isWhole(folder, plan, shard)) ? intact : damaged).push(shard);
    const lost = comparedIn(there) - comparedIn(intact);
    statistics.push(...(await statisticsOfPart(folder, plan, intact, lost)));
  }
  return { statistics, damaged, lost: comparedIn(damaged) };
}

/** Points of shards that are among those compared. */
function comparedIn(shards: readonly Shard[]): number {
  return shards.reduce((sum, { first, count }) => sum + Math.min(count, COMPARED - first), 0);
}

async function isWhole(folder: SurveyFolder, plan: NamedPlan, shard: Shard): Promise<boolean> {
  const receipt = await readReceipt(folder, plan, shard);
  return receipt !== undefined && isIntact(folder, receipt, true);
}

/** @param shards of one part, intact. */
async function statisticsOfPart(
  folder: SurveyFolder,
  plan: NamedPlan,
  shards: readonly Shard[],
  lost: number,
): Promise<Statistic[]> {
  const [part] = shards;
  if (!part) return [];
  const { model, method, layer } = part;
  const columns = keptColumns(plan, part);
  const computed: SpectrumRow[] = [];
  for (const shard of shards) computed.push(...(await spectraOf(folder, plan, shard, columns)));
  const rows = computed.filter((row) => !row.eigenvalues.some(Number.isNaN));
  if (rows.length < 2) return [];
  const seed = seedOf(plannedPart(plan, part).method);
  const { homogeneity, haar, shuffled } = compareSpectra(rows, seed);
  const missing = computed.length - rows.length + lost;
  return Object.entries({ "": homogeneity, haar_: haar, shuffled_: shuffled }).flatMap(([prefix, found]) =>
    found === undefined
      ? []
      : [
          { quantity: `${prefix}homogeneity`, ...meanOf(found.logarithmic, seed) },
          { quantity: `${prefix}homogeneity_linear`, ...meanOf(found.linear, seed) },
        ].map((mean) => ({ model, method, layer, missing, values: undefined, ...mean })),
  );
}

/** The columns to be read: none where eigenvectors are not kept, or not all of them. */
function keptColumns(plan: NamedPlan, part: Part): string[] {
  const {
    layer: { cells },
    method: { arrays },
  } = plannedPart(plan, part);
  const [n, k] = cells.eigenvectors ?? [];
  const isKept = (name: string) => cells[name] !== undefined && arrays.some(({ column }) => column === name);
  if (n === undefined || n !== k || !SPECTRUM.every(isKept)) return [];
  return SHUFFLED.every(isKept) ? [...SPECTRUM, ...SHUFFLED] : SPECTRUM;
}

/** The spectra of a shard at the points that are compared. */
async function spectraOf(
  folder: SurveyFolder,
  plan: NamedPlan,
  shard: Shard,
  columns: readonly string[],
): Promise<SpectrumRow[]> {
  const { cells } = plannedPart(plan, shard).layer;
  const [n = 0] = cells.eigenvectors ?? [];
  const chunks = new Map<string, Float64Array>();
  for (const column of columns) chunks.set(column, await readChunk(folder, plan, shard, column));
  return Array.from({ length: Math.min(shard.count, COMPARED - shard.first) }, (_, i) => {
    const cellsOfRow = [...chunks].map(([column, data]) => {
      const size = data.length / shard.count;
      const cell = data.slice(i * size, (i + 1) * size);
      return [column, column.endsWith("eigenvectors") ? matrix(n, n, cell) : cell];
    });
    return Object.fromEntries(cellsOfRow) as SpectrumRow;
  });
}

/** The mean over ordered pairs of points, with its interval by the bootstrap over points. */
function meanOf({ matrix: { rows, data }, mean }: Correlations, seed: number) {
  const values = bootstrapValues(
    rows,
    (drawn) => {
      let [sum, count] = [0, 0];
      for (const i of drawn) {
        for (const j of drawn) {
          const value = data[i * rows + j];
          // A point that was drawn twice is no pair.
          if (i === j || value === undefined || Number.isNaN(value)) continue;
          sum += value;
          count++;
        }
      }
      return sum / count;
    },
    { seed },
  ).filter(Number.isFinite);
  return {
    points: rows,
    mean: mean ?? Number.NaN,
    interval: mean === undefined || values.length === 0 ? undefined : intervalOf(values),
  };
}
