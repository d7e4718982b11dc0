// A worker: computes one shard after another in this process. A shard is a function of the plan and its number, so any
// worker computes the same bytes; its receipt comes last, and a shard without one is computed again.

import { HOPELESS } from "../kit/exit.ts";
import { CannotWriteError, exitCodeOf, TryAgainError } from "../kit/exit-codes.ts";
import { writeDurably } from "../kit/output.ts";
import type { OpenJob } from "../kit/rows-command.ts";
import { disposing } from "../kit/task.ts";
import type { Terminal } from "../kit/terminal.ts";
import { encodeChunks } from "./arrays.ts";
import type { Claims } from "./claims.ts";
import { dropFailure, keepFailure } from "./failures.ts";
import type { SurveyFolder } from "./folder.ts";
import {
  computeKept,
  dropUnfinished,
  type KeptRow,
  keepUnfinished,
  problemText,
  unfinishedRows,
} from "./kept-rows.ts";
import { openPart } from "./parts.ts";
import { type NamedPlan, plannedPart } from "./plan.ts";
import { type Effort, isIntact, readReceipt, receiptFor, receiptText } from "./receipts.ts";
import { isSamePart, type Shard } from "./shards.ts";
import { encodeTable } from "./table.ts";

export interface Work {
  readonly folder: SurveyFolder;
  readonly plan: NamedPlan;
  readonly terminal: Terminal;
  /** Aborted when the worker is to stop after the point at hand. */
  readonly signal: AbortSignal;
  readonly claims: Claims;
  /** Whether shards that others work on are left to them. */
  readonly isSharing: boolean;
  /** Called after every row. */
  readonly onRow: (shard: Shard, rows: number) => void;
}

/** What became of the shards. */
export interface Outcome {
  readonly done: number[];
  /** Those that had a receipt and are intact. */
  readonly before: number[];
  readonly failed: number[];
  /** Those that others are at work on. */
  readonly elsewhere: number[];
  /** The first failure that another try may mend, else the first. */
  readonly failure?: unknown;
}

/**
 * Computes those of the shards that are not done. Shards that fail, all of a model that cannot be opened among them, are
 * kept count of, and the others computed.
 *
 * @throws {TryAgainError} once it is told to stop; {CannotWriteError}.
 */
export async function computeShards(shards: readonly Shard[], work: Work): Promise<Outcome> {
  const outcome: Outcome & { failure?: unknown } = { done: [], before: [], failed: [], elsewhere: [] };
  const queue = shards[Symbol.iterator]();
  let shard = await nextShard(queue, work, outcome);
  while (shard) {
    const part = shard;
    await disposing(async (use) => {
      const job = openPart(work.plan, part, { terminal: work.terminal, use });
      while (shard && isSamePart(shard, part)) {
        await attempt(shard, job, work, outcome);
        shard = await nextShard(queue, work, outcome);
      }
    });
  }
  return outcome;
}

/** The failure to end with: the first that another try may mend, so that schedulers try again; else the first. */
export function failureToReport(first: unknown, next: unknown): unknown {
  return first === undefined || (isHopeless(first) && !isHopeless(next)) ? next : first;
}

function isHopeless(error: unknown): boolean {
  return HOPELESS.includes(exitCodeOf(error));
}

/** Whether it is this run that ends, and says nothing of the shard. */
function isOfRun(error: unknown): boolean {
  return error instanceof TryAgainError || error instanceof CannotWriteError;
}

/** The next shard that is to be computed, claimed. */
async function nextShard(queue: Iterator<Shard>, work: Work, outcome: Outcome): Promise<Shard | undefined> {
  for (let next = queue.next(); !next.done; next = queue.next()) {
    const shard = next.value;
    requireLeave(work);
    if (await isDone(shard, work)) {
      outcome.before.push(shard.number);
      continue;
    }
    if (!(await claim(shard, work))) {
      outcome.elsewhere.push(shard.number);
      continue;
    }
    // Whoever had it may have finished it meanwhile.
    if (!(await isDone(shard, work))) return shard;
    await work.claims.release(shard);
    outcome.before.push(shard.number);
  }
  return undefined;
}

async function claim(shard: Shard, { claims, isSharing }: Work): Promise<boolean> {
  if (isSharing) return claims.take(shard);
  await claims.seize(shard);
  return true;
}

/** A receipt is not trusted: what it lists is read. */
async function isDone(shard: Shard, { folder, plan }: Work): Promise<boolean> {
  const receipt = await readReceipt(folder, plan, shard);
  return receipt !== undefined && (await isIntact(folder, receipt, true));
}

function requireLeave({ signal }: Work): void {
  if (signal.aborted) {
    throw new TryAgainError("stopped; what was computed is kept: run the same command to go on");
  }
}

/** @param job rejects where the part of the shard cannot be opened. */
async function attempt(
  shard: Shard,
  job: Promise<OpenJob>,
  work: Work,
  outcome: Outcome & { failure?: unknown },
): Promise<void> {
  const rows: KeptRow[] = [];
  try {
    await computeShard(shard, await job, work, rows);
    outcome.done.push(shard.number);
  } catch (error) {
    if (isOfRun(error)) throw error;
    await keepFailure(work.folder, shard, error, shard.first + rows.length);
    outcome.failed.push(shard.number);
    outcome.failure = failureToReport(outcome.failure, error);
  } finally {
    await work.claims.release(shard);
  }
}

/** @param rows receives them as they are computed. */
async function computeShard(shard: Shard, job: OpenJob, work: Work, rows: KeptRow[]): Promise<void> {
  const { folder, plan, claims, onRow } = work;
  const [started, used] = [performance.now(), process.cpuUsage()];
  rows.push(...(await unfinishedRows(folder, plan, shard)));
  const kept = rows.length;
  if (kept > 0) onRow(shard, kept);
  while (rows.length < shard.count) {
    if (work.signal.aborted && rows.length > kept) await keepUnfinished(folder, plan, shard, rows);
    requireLeave(work);
    rows.push(await computeKept(job, plannedPart(plan, shard).method, shard.first + rows.length));
    onRow(shard, rows.length);
    // The engine holds the thread while it runs: let signals in between rows.
    await new Promise(setImmediate);
    await claims.renew(shard, rows.length);
  }
  const { user, system } = process.cpuUsage(used);
  await finish(shard, work, rows, {
    rows: shard.count,
    problems: rows.filter((row) => problemText(row) !== undefined).length,
    computed: rows.length - kept,
    seconds: (performance.now() - started) / 1000,
    cpuSeconds: (user + system) / 1e6,
  });
}

async function finish(
  shard: Shard,
  { folder, plan }: Work,
  rows: readonly KeptRow[],
  effort: Effort,
): Promise<void> {
  const table = { path: folder.tablePath(shard.number), bytes: encodeTable(plan, shard, rows) };
  const files = [table, ...(await encodeChunks(plan, shard, rows))];
  for (const { path, bytes } of files) await writeDurably(folder.file(path), bytes, folder.temporary);
  const receipt = receiptText(receiptFor(plan, shard, files, effort));
  await writeDurably(folder.receipt(shard.number), receipt, folder.temporary);
  await dropUnfinished(folder, shard);
  await dropFailure(folder, shard);
}
