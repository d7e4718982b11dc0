// Long computations, row by row: a row for each point, pair or seed. What was computed is kept in the --out file
// whatever happens, and --resume goes on from there. Rows are deterministic by index, so a run in parts yields the
// same file, bit for bit, as a run in one.

import { readFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { type Provenance, VielbeinError } from "@vielbein/core";
import { output } from "./command-files.ts";
import { InterruptedError } from "./exit-codes.ts";
import { flag, type OptionsOf } from "./options.ts";
import { isStream, writeWhole } from "./output.ts";
import type { Report } from "./report.ts";
import { withRoutes } from "./routes.ts";
import { type Columns, encodeRows, openRows, type Row } from "./row-file.ts";
import type { Task } from "./task.ts";
import { info, Progress } from "./terminal.ts";

/** --out and --resume. `content` completes "write …". */
export function rowOptions(content: string) {
  return {
    out: output("--out <file.npz>", `write ${content} for numpy.load`),
    resume: flag("--resume", "continue an interrupted run from the rows that --out keeps"),
  };
}

export type RowOptions = OptionsOf<ReturnType<typeof rowOptions>>;

export interface RowsJob<R> {
  /** What is counted, in the plural: `local bases`. */
  readonly what: string;
  readonly total: number;
  /**
   * Identifies the computation, before its routes are known: a file of another model, option or seed is not resumed.
   */
  readonly provenance: Provenance;
  /** What the cells of the rows are. */
  readonly columns: Columns<R>;
  readonly compute: (index: number) => Promise<R>;
  /**
   * After an interrupt or a failure, of the rows that there are, `complete` being false. The provenance has the routes
   * that the rows name.
   */
  readonly report: (
    rows: readonly R[],
    provenance: Provenance,
    complete: boolean,
  ) => Report | Promise<Report>;
}

/** A run that dies without notice loses at most this much work, unless writing takes long itself. */
const SAVE_INTERVAL_MS = 60_000;
const SAVE_SHARE = 20;

/**
 * Computes rows 0 … total − 1 and reports on them. After an interrupt or a failure the report is of the rows that there
 * are, --out keeps them, and the report's conclusion throws the error; where there are none, this does.
 *
 * @throws {InterruptedError} on interrupt; {VielbeinError} `INVALID_ARGUMENT` where --resume does not fit the file;
 *   {CannotWriteError}; what `compute` and `report` throw.
 */
export async function computeRows<R extends Row<R>>(
  task: Task<RowOptions>,
  job: RowsJob<R>,
): Promise<Report> {
  const { terminal, signal, options } = task;
  const { out } = options;
  // What goes into a stream is written once.
  const isKept = out !== undefined && !(await isStream(out));
  const rows = await keptRows(task, job);
  const known = rows.length;
  const save = async (): Promise<void> => {
    if (out === undefined || rows.length === known) return;
    await writeWhole(out, encodeRows(rows, job.columns, withRoutes(job.provenance, rows)), terminal);
  };
  const stop = await failureOf(() => appendRows(task, job, rows, isKept ? save : undefined));
  const unsaved = await failureOf(save);
  if (rows.length > known && out !== undefined && !unsaved && !stop) info(terminal, `wrote ${out}`);
  const conclude = (): void => {
    if (unsaved) throw unsaved;
    if (!stop) return;
    const advice = whatNow(job, rows.length, isKept ? out : undefined);
    if (signal.aborted) throw new InterruptedError(`interrupted ${advice}`, { cause: stop });
    if (rows.length > 0) info(terminal, `stopped ${advice}`);
    throw stop;
  };
  if (rows.length === 0) return { conclude };
  try {
    return { ...(await job.report(rows, withRoutes(job.provenance, rows), !stop)), conclude };
  } catch (error) {
    conclude();
    throw error;
  }
}

/** Computes the rows that are missing, and saves from time to time where that is of use. */
async function appendRows<R>(
  { terminal, signal }: Task<unknown>,
  { what, total, compute }: RowsJob<R>,
  rows: R[],
  save: (() => Promise<void>) | undefined,
): Promise<void> {
  const progress = new Progress(terminal, what, total);
  progress.step(rows.length);
  let saved = performance.now();
  let patience = SAVE_INTERVAL_MS;
  try {
    for (let index = rows.length; index < total; index++) {
      signal.throwIfAborted();
      rows.push(await compute(index));
      progress.step(index + 1);
      // The engine holds the thread while it runs: let signals in between rows.
      await new Promise(setImmediate);
      const start = performance.now();
      if (!save || start - saved < patience) continue;
      await save();
      saved = performance.now();
      patience = Math.max(SAVE_INTERVAL_MS, SAVE_SHARE * (saved - start));
    }
  } finally {
    progress.done();
  }
}

async function failureOf(work: () => Promise<void>): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** @param kept the file that keeps the rows, if one does. */
function whatNow<R>({ what, total }: RowsJob<R>, count: number, kept: string | undefined): string {
  if (count === 0) return `before the first of ${total} ${what}`;
  const after = `after ${count} of ${total} ${what}`;
  return kept !== undefined
    ? `${after}; ${kept} keeps them: run the same command with --resume to go on`
    : `${after}; with --out FILE.npz they would be kept, for --resume to go on`;
}

/** The rows in the --out file, with --resume; none where there is no file yet. */
async function keptRows<R extends Row<R>>(
  { terminal, options: { out, resume } }: Task<RowOptions>,
  { what, total, provenance, columns }: RowsJob<R>,
): Promise<R[]> {
  if (!resume) return [];
  if (out === undefined) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      "--resume reads the rows that --out keeps: name that file with --out FILE.npz.",
    );
  }
  const bytes = await keptBytes(out);
  if (!bytes) {
    info(terminal, `${out} does not exist yet: starting from the first`);
    return [];
  }
  const kept = openRows<R>(bytes, out);
  requireSameRun(out, kept.provenance, provenance);
  const rows = await kept.rows(columns);
  if (rows.length > total) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `--resume: "${out}" keeps ${rows.length} ${what}, more than the ${total} asked for. Ask for as many, or write to another file.`,
    );
  }
  info(terminal, `${out} keeps ${rows.length} of ${total} ${what}`);
  return rows;
}

/** The file; undefined where there is none yet. */
async function keptBytes(out: string): Promise<Uint8Array | undefined> {
  if (await isStream(out)) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `--resume: "${out}" is a stream or a device, which keeps no rows. Name a file with --out FILE.npz.`,
    );
  }
  return readFile(out).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new VielbeinError(
      "MISSING_FILE",
      `--resume: cannot read "${out}": ${error.message}. Check its permissions, or write to another file.`,
      {
        cause: error,
      },
    );
  });
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

/**
 * Provenance less what may differ between parts of one run: the name of the model's file, the number of points, and the
 * routes, which another budget may change.
 */
function identity(provenance: Provenance): unknown {
  const { model, points, options, ...rest } = JSON.parse(JSON.stringify(provenance));
  return {
    ...rest,
    options: { ...options, routes: undefined },
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
