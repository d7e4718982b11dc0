// What the tables of a survey hold, column by column, for each method at each layer of each model. Tables are read one at
// a time, and those that are not what their receipt says are left out.

import { readFile } from "node:fs/promises";
import type { SurveyFolder } from "./folder.ts";
import { type NamedPlan, type Part, plannedPart } from "./plan.ts";
import { isIntact, readReceipt } from "./receipts.ts";
import { type Shard, shardsOf } from "./shards.ts";
import { decodeTable } from "./table.ts";

/** The rows of one part. */
export interface FoundPart extends Part {
  /** By column, a number for each point or pair, `[total]`; NaN where there is none. */
  readonly columns: ReadonlyMap<string, Float64Array>;
  /** Rows that were computed, and those of them without values, because the computation does not converge there. */
  rows: number;
  problems: number;
}

export interface Found {
  readonly parts: readonly FoundPart[];
  /** Shards that are not there, or damaged. */
  readonly missing: readonly Shard[];
}

export async function readFound(folder: SurveyFolder, plan: NamedPlan): Promise<Found> {
  const parts = new Map<string, FoundPart>();
  const missing: Shard[] = [];
  for (const shard of shardsOf(plan)) {
    const part = parts.get(keyOf(shard)) ?? emptyPart(plan, shard);
    parts.set(keyOf(shard), part);
    if (!(await addShard(folder, plan, shard, part))) missing.push(shard);
  }
  return { parts: [...parts.values()], missing };
}

function keyOf({ model, method, layer }: Part): string {
  return `${model}/${method}/${layer}`;
}

function emptyPart(plan: NamedPlan, part: Part): FoundPart {
  const { model, method, layer } = part;
  const { columns, total } = plannedPart(plan, part).method;
  const empty = columns.map((name) => [name, new Float64Array(total).fill(Number.NaN)] as const);
  return { model, method, layer, columns: new Map(empty), rows: 0, problems: 0 };
}

async function addShard(
  folder: SurveyFolder,
  plan: NamedPlan,
  shard: Shard,
  part: FoundPart,
): Promise<boolean> {
  const receipt = await readReceipt(folder, plan, shard);
  const path = folder.tablePath(shard.number);
  const table = receipt?.files.filter((file) => file.path === path);
  // The arrays are not read for a report.
  if (!receipt || !table?.length || !(await isIntact(folder, { ...receipt, files: table }, true)))
    return false;
  const rows = await decodeTable(await readFile(folder.file(path)));
  const { name } = plannedPart(plan, shard).method;
  for (const [column, values] of part.columns) {
    for (const [i, row] of rows.entries()) {
      values[shard.first + i] = (row[`${name}_${column}`] ?? Number.NaN) as number;
    }
  }
  part.rows += receipt.rows;
  part.problems += receipt.problems;
  return true;
}
