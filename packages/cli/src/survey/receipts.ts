// Receipts: what was computed of a shard. A receipt is written when all files of its shard are, so a shard is done where
// there is one and the files are what it says; whether a scheduler lists a job says nothing.

import { createHash } from "node:crypto";
import { cpus, hostname } from "node:os";
import * as z from "zod/mini";
import { version } from "../kit/version.ts";
import type { NamedFile } from "./arrays.ts";
import type { SurveyFolder } from "./folder.ts";
import { type NamedPlan, plannedPart } from "./plan.ts";
import { readIfThere, statIfThere } from "./reading.ts";
import type { Shard } from "./shards.ts";

const count = z.int().check(z.nonnegative());

const receiptSchema = z.object({
  /** Hash of the plan. */
  survey: z.string(),
  shard: count,
  rows: count,
  /** Rows without values, because the computation does not converge there. */
  problems: count,
  files: z.array(z.object({ path: z.string(), bytes: count, sha256: z.string() })),
  /** Of this run: rows that were kept from one before it cost nothing. */
  seconds: z.number(),
  cpuSeconds: z.number(),
  computed: count,
  /** Of the process, the most so far, in bytes. */
  peakMemory: z.number(),
  finished: z.string(),
  host: z.string(),
  processor: z.string(),
  engine: z.string(),
  tool: z.string(),
});

export type Receipt = z.infer<typeof receiptSchema>;

/** What a run says of itself. */
export type Effort = Pick<Receipt, "rows" | "problems" | "computed" | "seconds" | "cpuSeconds">;

export function receiptFor(
  plan: NamedPlan,
  shard: Shard,
  files: readonly NamedFile[],
  effort: Effort,
): Receipt {
  return {
    survey: plan.id,
    shard: shard.number,
    ...effort,
    files: files.map(({ path, bytes }) => ({ path, bytes: bytes.length, sha256: sha256(bytes) })),
    peakMemory: 1024 * process.resourceUsage().maxRSS,
    finished: new Date().toISOString(),
    host: hostname(),
    processor: cpus()[0]?.model ?? "",
    engine: plannedPart(plan, shard).layer.provenance.runtime,
    tool: `vielbein ${version}, node ${process.version}`,
  };
}

export function receiptText(receipt: Receipt): string {
  return `${JSON.stringify(receipt, null, 2)}\n`;
}

/** The receipt of a shard; undefined where there is none, or one that this survey cannot have written. */
export async function readReceipt(
  folder: SurveyFolder,
  plan: NamedPlan,
  shard: Shard,
): Promise<Receipt | undefined> {
  const bytes = await readIfThere(folder.receipt(shard.number));
  const found = bytes && parsed(bytes.toString());
  return found?.survey === plan.id && found.shard === shard.number && found.rows === shard.count
    ? found
    : undefined;
}

function parsed(text: string): Receipt | undefined {
  try {
    return z.safeParse(receiptSchema, JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/**
 * Whether the files of a receipt are there.
 *
 * @param thoroughly whether to read them, too, and compare their hashes; else their sizes are compared.
 */
export async function isIntact(
  folder: SurveyFolder,
  { files }: Receipt,
  thoroughly: boolean,
): Promise<boolean> {
  for (const { path, bytes, sha256: hash } of files) {
    const place = folder.file(path);
    if ((await statIfThere(place))?.size !== bytes) return false;
    if (!thoroughly) continue;
    const found = await readIfThere(place);
    if (!found || sha256(found) !== hash) return false;
  }
  return true;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
