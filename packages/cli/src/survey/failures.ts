// Why a shard could not be computed, until it is.

import { rm } from "node:fs/promises";
import { hostname } from "node:os";
import * as z from "zod/mini";
import { exitCodeOf } from "../kit/exit-codes.ts";
import { writeDurably } from "../kit/output.ts";
import type { SurveyFolder } from "./folder.ts";
import { readIfThere } from "./reading.ts";
import type { Shard } from "./shards.ts";

const failureSchema = z.object({
  message: z.string(),
  status: z.int(),
  row: z.int(),
  host: z.string(),
  at: z.string(),
});

export type Failure = z.infer<typeof failureSchema>;

/** @param row the row at which it failed. */
export async function keepFailure(
  folder: SurveyFolder,
  { number }: Shard,
  error: unknown,
  row: number,
): Promise<void> {
  const failure: Failure = {
    message: error instanceof Error ? error.message : String(error),
    status: exitCodeOf(error),
    row,
    host: hostname(),
    at: new Date().toISOString(),
  };
  await writeDurably(folder.failure(number), `${JSON.stringify(failure, null, 2)}\n`, folder.temporary);
}

export async function dropFailure(folder: SurveyFolder, { number }: Shard): Promise<void> {
  await rm(folder.failure(number), { force: true });
}

export async function readFailure(folder: SurveyFolder, { number }: Shard): Promise<Failure | undefined> {
  const bytes = await readIfThere(folder.failure(number));
  try {
    return bytes && z.safeParse(failureSchema, JSON.parse(bytes.toString())).data;
  } catch {
    return undefined;
  }
}
