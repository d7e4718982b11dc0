// Several workers on one machine: processes of this program that share the shards by claims. This one watches.

import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { EXIT } from "../kit/exit.ts";
import { CannotWriteError, StatusError, TryAgainError } from "../kit/exit-codes.ts";
import { liveClaim } from "./claims.ts";
import { readFailure } from "./failures.ts";
import type { RowProgress } from "./progress.ts";
import { isIntact, readReceipt } from "./receipts.ts";
import { type Shard, shardWords } from "./shards.ts";
import { failureToReport, type Outcome, type Work } from "./worker.ts";

interface ProcessWork extends Work {
  /** In seconds. */
  readonly lease: number;
  readonly progress: RowProgress;
}

/** How often the folder is looked at, in milliseconds. */
const INTERVAL = 2000;

/**
 * Computes the shards in `count` processes.
 *
 * @throws {TryAgainError} once it is told to stop, and they have stopped; {CannotWriteError}; {Error} where one dies.
 */
export async function runProcesses(
  count: number,
  shards: readonly Shard[],
  work: ProcessWork,
): Promise<Outcome> {
  const before = await doneAmong(shards, work, true);
  const done = new Set(before);
  const open = shards.filter((shard) => !done.has(shard));
  // Shards that were given to this run are its own: what claims say of them is of a run that has ended.
  if (!work.isSharing) for (const shard of open) await work.claims.release(shard);
  await work.progress.begin();
  const children = Array.from({ length: Math.min(count, open.length) }, () => start(open, work));
  const stop = (): void => {
    for (const { child } of children) child.kill("SIGTERM");
  };
  work.signal.addEventListener("abort", stop);
  if (work.signal.aborted) stop();
  const ended = Promise.all(children.map(({ status }) => status));
  const statuses = await watched(ended, work.progress);
  work.signal.removeEventListener("abort", stop);
  return conclude(open, before, statuses, work);
}

/** Draws the progress until all have ended. */
async function watched<T>(ended: Promise<T>, progress: RowProgress): Promise<T> {
  const over = new AbortController();
  const looking = (async () => {
    while (!over.signal.aborted) {
      await progress.look();
      await delay(INTERVAL, undefined, { signal: over.signal }).catch(() => undefined);
    }
  })();
  try {
    return await ended;
  } finally {
    over.abort();
    await looking;
  }
}

/** What a process ended with: its status, or the signal that killed it. */
interface Status {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly said: string;
}

function start(
  shards: readonly Shard[],
  { folder, lease }: ProcessWork,
): { readonly child: ChildProcess; readonly status: Promise<Status> } {
  const chosen = shardWords(shards.map(({ number }) => number));
  const words = ["survey", "run", folder.path, "--claim", "--jobs", "1", "--lease", String(lease), ...chosen];
  // The channel closes when this process dies, whatever kills it: see {@link whileParentLives}.
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...words, "--quiet"], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-LONGEST);
  });
  const status = new Promise<Status>((done) => {
    child.on("error", (error) => done({ code: EXIT.unexpected, signal: null, said: error.message }));
    child.on("close", (code, signal) => done({ code, signal, said: said.trim() }));
  });
  return { child, status };
}

/** Characters that are kept of what a process says. */
const LONGEST = 2000;

async function conclude(
  open: readonly Shard[],
  before: readonly Shard[],
  statuses: readonly Status[],
  work: ProcessWork,
): Promise<Outcome> {
  if (work.signal.aborted) {
    throw new TryAgainError("stopped; what was computed is kept: run the same command to go on");
  }
  const outcome: Outcome = {
    done: [],
    before: before.map(({ number }) => number),
    failed: [],
    elsewhere: [],
  };
  for (const shard of open) {
    const kind = await kindOf(shard, work);
    outcome[kind].push(shard.number);
  }
  const failures = statuses.filter(({ code }) => code !== EXIT.ok).map(failureOf);
  return { ...outcome, failure: failures.reduce(failureToReport, undefined) };
}

async function kindOf(shard: Shard, work: ProcessWork): Promise<"done" | "failed" | "elsewhere"> {
  if ((await doneAmong([shard], work, false)).length > 0) return "done";
  if (await readFailure(work.folder, shard)) return "failed";
  return (await liveClaim(work.folder, shard, 0)) ? "elsewhere" : "failed";
}

async function doneAmong(
  shards: readonly Shard[],
  { folder, plan }: Work,
  thoroughly: boolean,
): Promise<Shard[]> {
  const done: Shard[] = [];
  for (const shard of shards) {
    const receipt = await readReceipt(folder, plan, shard);
    if (receipt && (await isIntact(folder, receipt, thoroughly))) done.push(shard);
  }
  return done;
}

/** The error that a process ended with, so that this one ends in the same way. */
function failureOf({ code, signal, said }: Status): Error {
  const message = said.replace(/^vielbein: /, "") || `a worker ended with ${signal ?? `status ${code}`}`;
  if (code === EXIT.cannotWrite) return new CannotWriteError(message);
  if (code === EXIT.tryAgain) return new TryAgainError(message);
  return new StatusError(
    signal ? `a worker was killed by ${signal}: ${message}` : message,
    code ?? EXIT.unexpected,
  );
}

/** Does `work`, and tells it to stop when the process that started this one is gone. */
export async function whileParentLives<T>(
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const gone = new AbortController();
  const stop = (): void => gone.abort();
  process.once("disconnect", stop);
  try {
    return await work(AbortSignal.any([signal, gone.signal]));
  } finally {
    process.off("disconnect", stop);
  }
}
