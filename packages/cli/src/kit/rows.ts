// Long computations, row by row: a row for each point, pair or seed. What was computed is kept in the --out file
// whatever happens, and --resume goes on from there. Rows are deterministic by index, so a run in parts yields the
// same file, bit for bit, as a run in one.

import { readFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { type Provenance, VielbeinError } from "@vielbein/core";
import type { Command } from "commander";
import { OutputOption } from "./command-files.ts";
import { InterruptedError } from "./exit-codes.ts";
import { isStream, writeWhole } from "./output.ts";
import { type Columns, encodeRows, openRows, type Row } from "./row-file.ts";
import { info, Progress, type Terminal } from "./terminal.ts";

export interface RowOptions {
  out?: string;
  resume?: boolean;
}

export interface RowsJob<R> extends RowOptions {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** What is counted, in the plural: `local bases`. */
  readonly what: string;
  readonly total: number;
  /** Identifies the computation: a file of another model, option or seed is not resumed. */
  readonly provenance: Provenance;
  /** What the cells of the rows are. */
  readonly columns: Columns<R>;
}

/** Adds --out and --resume. `content` completes "write …". */
export function addRowOptions(command: Command, content: string): Command {
  return command
    .addOption(new OutputOption("--out <file.npz>", `write ${content} for numpy.load`))
    .option("--resume", "go on with the rows that --out keeps of an interrupted run");
}

/** A run that dies without notice loses at most this much work, unless writing takes long itself. */
const SAVE_INTERVAL_MS = 60_000;
const SAVE_SHARE = 20;

/**
 * Computes rows 0 … total − 1 and hands them to `report`. After an interrupt or a failure, `report` gets the rows
 * there are, if any, `complete` being false; --out keeps them; and the error is thrown on.
 *
 * @throws {InterruptedError} on interrupt; {VielbeinError} `INVALID_ARGUMENT` where --resume does not fit the file;
 *   {CannotWriteError}; what `compute` throws.
 */
export async function computeRows<R extends Row<R>>(
  job: RowsJob<R>,
  compute: (index: number) => Promise<R>,
  report: (rows: readonly R[], complete: boolean) => void | Promise<void>,
): Promise<void> {
  const { terminal, signal, what, total, provenance, columns, out } = job;
  // What goes into a stream is written once.
  const isKept = out !== undefined && !(await isStream(out));
  const rows = await keptRows<R>(job);
  const known = rows.length;
  const save = async (): Promise<void> => {
    if (out !== undefined && rows.length > 0) {
      await writeWhole(out, encodeRows(rows, columns, provenance), terminal);
    }
  };
  const progress = new Progress(terminal, what, total);
  progress.step(known);
  let stop: unknown;
  let saved = performance.now();
  let patience = SAVE_INTERVAL_MS;
  try {
    for (let index = known; index < total; index++) {
      signal.throwIfAborted();
      rows.push(await compute(index));
      progress.step(index + 1);
      // The engine holds the thread while it runs: let signals in between rows.
      await new Promise(setImmediate);
      const start = performance.now();
      if (!isKept || start - saved < patience) continue;
      await save();
      saved = performance.now();
      patience = Math.max(SAVE_INTERVAL_MS, SAVE_SHARE * (saved - start));
    }
  } catch (error) {
    stop = error;
  }
  progress.done();
  const unsaved = rows.length > known ? await failureOf(save) : undefined;
  if (rows.length > known && out !== undefined && !unsaved && !stop) info(terminal, `wrote ${out}`);
  const unreported = rows.length > 0 ? await failureOf(async () => report(rows, !stop)) : undefined;
  if (unsaved) throw unsaved;
  if (!stop && unreported) throw unreported;
  if (!stop) return;
  const advice = whatNow(job, rows.length, isKept);
  if (signal.aborted) throw new InterruptedError(`interrupted ${advice}`, { cause: stop });
  if (rows.length > 0) info(terminal, `stopped ${advice}`);
  throw stop;
}

async function failureOf(work: () => Promise<void>): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  return undefined;
}

function whatNow({ what, total, out }: RowsJob<unknown>, count: number, isKept: boolean): string {
  if (count === 0) return `before the first of ${total} ${what}`;
  const after = `after ${count} of ${total} ${what}`;
  return isKept
    ? `${after}; ${out} keeps them: run the same command with --resume to go on`
    : `${after}; with --out FILE.npz they would be kept, for --resume to go on`;
}

/** The rows in the --out file, with --resume; none where there is no file yet. */
async function keptRows<R extends Row<R>>(job: RowsJob<R>): Promise<R[]> {
  const { terminal, out, resume, total, what } = job;
  if (!resume) return [];
  if (out === undefined) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      "--resume reads the rows that --out keeps: name that file with --out FILE.npz.",
    );
  }
  if (await isStream(out)) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `--resume: "${out}" is a stream or a device, which keeps no rows. Name a file with --out FILE.npz.`,
    );
  }
  const bytes = await readFile(out).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new VielbeinError("MISSING_FILE", `--resume: cannot read "${out}": ${error.message}.`, {
      cause: error,
    });
  });
  if (!bytes) {
    info(terminal, `${out} does not exist yet: starting from the first`);
    return [];
  }
  const kept = openRows<R>(bytes, out);
  requireSameRun(out, kept.provenance, job.provenance);
  const rows = kept.rows(job.columns);
  if (rows.length > total) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `--resume: "${out}" keeps ${rows.length} ${what}, more than the ${total} asked for. Ask for as many, or write to another file.`,
    );
  }
  info(terminal, `${out} keeps ${rows.length} of ${total} ${what}`);
  return rows;
}

function requireSameRun(out: string, before: Provenance, now: Provenance): void {
  const difference = firstDifference(identity(before), identity(now));
  if (!difference) return;
  const [name, was, is] = difference;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `--resume: "${out}" is of another run: its ${name} is ${was}, now it is ${is}. Give the options of that run, or write to another file.`,
  );
}

/** Provenance less what may differ between parts of one run: the name of the model's file, and the number of points. */
function identity(provenance: Provenance): unknown {
  const { model, points, ...rest } = JSON.parse(JSON.stringify(provenance));
  return {
    ...rest,
    model: { ...model, file: undefined },
    points: { ...points, file: undefined, count: undefined },
  };
}

/** Dotted path of the first entry that differs, and the two values as JSON. */
function firstDifference(a: unknown, b: unknown, path = ""): [string, string, string] | undefined {
  if (isDeepStrictEqual(a, b)) return undefined;
  if (isRecord(a) && isRecord(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const difference = firstDifference(a[key], b[key], path ? `${path}.${key}` : key);
      if (difference) return difference;
    }
  }
  return [path, JSON.stringify(a) ?? "absent", JSON.stringify(b) ?? "absent"];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
