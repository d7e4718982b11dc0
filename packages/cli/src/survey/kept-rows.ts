// What a survey keeps of a row: the numbers of the table, and the vectors of the arrays; of a point at which the
// computation does not converge, why. Rows of a shard that was stopped are kept in a file, as those of --out are.

import { rm } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { type DerivativeRoute, type Provenance, VielbeinError } from "@vielbein/core";
import { LinalgError } from "@vielbein/linalg";
import { defined } from "../kit/defined.ts";
import { writeDurably } from "../kit/output.ts";
import { routeOf } from "../kit/routes.ts";
import { type Column, type Columns, encodeRows, openRows, type RowValue } from "../kit/row-file.ts";
import type { FoundRow, OpenJob } from "../kit/rows-command.ts";
import type { SurveyFolder } from "./folder.ts";
import { provenanceOfPart } from "./parts.ts";
import { type Plan, type PlannedMethod, plannedPart } from "./plan.ts";
import { readIfThere } from "./reading.ts";
import type { Shard } from "./shards.ts";

/** What may befall one point and leave the others alone, by error code. */
const PROBLEMS = ["NUMERICAL_FAILURE", "NO_CONVERGENCE"] as const;

/** Cells of the file of unfinished rows: an array for each that the plan keeps, flat, beside these. */
export interface KeptRow {
  /** The columns of the table, in the order of the plan; NaN where there is no value. */
  readonly table: Float64Array;
  /** Position in `DERIVATIVE_ROUTES`, −1 for none. */
  readonly route: number;
  /** Position in {@link PROBLEMS}, −1 for none. */
  readonly problem: number;
  readonly [array: string]: RowValue;
}

/** Columns of job rows that the table states by itself. */
const PLACES: readonly string[] = ["layer", "index", "pair", "route"];

/** The columns of the table that rows of a job have: cells that are numbers, and what sums a row up. */
export function tableColumns({ columns, summary }: OpenJob): string[] {
  const numbers = Object.entries(columns)
    .filter(([name, { shape }]) => shape.length === 0 && !PLACES.includes(name))
    .map(([name]) => name);
  return [...new Set([...numbers, ...summary])];
}

/** Computes a row, and keeps of it what the plan says. */
export async function computeKept(job: OpenJob, method: PlannedMethod, index: number): Promise<KeptRow> {
  try {
    return keep(await job.compute(index), method);
  } catch (error) {
    const problem = problemOf(error);
    if (problem < 0) throw error;
    return { ...keep({ cells: {}, summary: {} }, method), problem };
  }
}

function problemOf(error: unknown): number {
  if (!(error instanceof VielbeinError || error instanceof LinalgError)) return -1;
  return (PROBLEMS as readonly string[]).indexOf(error.code);
}

export function problemText({ problem }: KeptRow): string | undefined {
  return PROBLEMS[problem];
}

export function routeText(row: KeptRow): DerivativeRoute | undefined {
  return routeOf(row);
}

function keep({ cells, summary }: FoundRow, { columns, arrays }: PlannedMethod): KeptRow {
  const numbers = { ...cells, ...summary };
  const vectors = arrays.flatMap(({ column }) => {
    const cell = cells[column];
    return cell === undefined ? [] : [[column, flat(cell)] as const];
  });
  return {
    table: Float64Array.from(columns, (name) => (numbers[name] ?? Number.NaN) as number),
    route: (cells.route ?? -1) as number,
    problem: -1,
    ...Object.fromEntries(vectors),
  };
}

function flat(cell: RowValue): RowValue {
  return typeof cell === "object" && "rows" in cell ? cell.data : cell;
}

/** Writes the rows of a shard that is stopped. */
export async function keepUnfinished(
  folder: SurveyFolder,
  plan: Plan,
  shard: Shard,
  rows: readonly KeptRow[],
): Promise<void> {
  const whole = rows.map((row) => ({ ...missing(plan, shard), ...row }));
  const bytes = encodeRows(whole, columnsOf(plan, shard), provenanceOf(plan, shard));
  await writeDurably(folder.unfinished(shard.number), bytes, folder.temporary);
}

/** The rows of a shard that were kept when it was stopped; none where there are none, or where they are damaged. */
export async function unfinishedRows(folder: SurveyFolder, plan: Plan, shard: Shard): Promise<KeptRow[]> {
  const path = folder.unfinished(shard.number);
  const bytes = await readIfThere(path);
  if (!bytes) return [];
  try {
    const kept = openRows<KeptRow>(bytes, path);
    const planned: unknown = JSON.parse(JSON.stringify(provenanceOf(plan, shard)));
    const isThis = isDeepStrictEqual(JSON.parse(JSON.stringify(kept.provenance)), planned);
    const rows = isThis ? await kept.rows(columnsOf(plan, shard)) : [];
    return rows.length <= shard.count ? rows : [];
  } catch (error) {
    if (!(error instanceof VielbeinError || error instanceof LinalgError)) throw error;
    return [];
  }
}

export async function dropUnfinished(folder: SurveyFolder, { number }: Shard): Promise<void> {
  await rm(folder.unfinished(number), { force: true });
}

/** Of a failed point. */
function missing(plan: Plan, shard: Shard): Record<string, RowValue> {
  return Object.fromEntries(
    arraysOf(plan, shard).map(({ column, size }) => [column, new Float64Array(size).fill(Number.NaN)]),
  );
}

function columnsOf(plan: Plan, shard: Shard): Columns<KeptRow> {
  const gaps: Pick<Column, "hasGaps"> = { hasGaps: true };
  const arrays = arraysOf(plan, shard).map(({ column, size, dtype }): [string, Column] => [
    column,
    { shape: [size], dtype, ...gaps },
  ]);
  return {
    table: { shape: [plannedPart(plan, shard).method.columns.length], ...gaps },
    route: { shape: [], isWhole: true },
    problem: { shape: [], isWhole: true },
    ...Object.fromEntries(arrays),
  };
}

/** The arrays that a layer has cells for, and how many numbers a cell has. */
function arraysOf(plan: Plan, shard: Shard) {
  const { method, layer } = plannedPart(plan, shard);
  return method.arrays.flatMap(({ column, dtype }) => {
    const shape = layer.cells[column];
    return shape ? [{ column, dtype, size: shape.reduce((size, extent) => size * extent, 1) }] : [];
  });
}

function provenanceOf(plan: Plan, shard: Shard): Provenance {
  const { options, ...rest } = provenanceOfPart(plan, shard);
  const { first, count } = shard;
  return { ...rest, options: defined({ ...options, rows: [first, count] }) };
}
