// Slurm: a job array, whose elements compute shares of the missing shards. An element may be preempted, requeued and
// killed: what it had computed is kept, and it goes on. The limits of the site are read where it tells them.

import { userInfo } from "node:os";
import { join } from "node:path";
import { VielbeinError } from "@vielbein/core";
import { definedItems } from "../kit/defined.ts";
import { TryAgainError } from "../kit/exit-codes.ts";
import { makeFolder } from "../kit/folders.ts";
import { quoted } from "../kit/shell.ts";
import { info, type Terminal } from "../kit/terminal.ts";
import { shardWords } from "./shards.ts";
import { elementLine, jobName, type Resources, type Submission } from "./submission.ts";
import { ask, requireTool, tell } from "./tools.ts";

export interface SlurmOptions extends Resources {
  readonly partition?: string | undefined;
  /** Further options of sbatch, as they are typed. */
  readonly sbatch?: readonly string[] | undefined;
}

/** Slurm's own default. */
const MAX_ARRAY_SIZE = 1001;

/** The largest array that may be submitted now: 1, which takes no array, where these are switched off. */
export async function slurmLimit(terminal: Terminal): Promise<number> {
  const config = await ask("scontrol", ["show", "config"]);
  const [, size] = /^\s*MaxArraySize\s*=\s*(\d+)/m.exec(config ?? "") ?? [];
  if (size === undefined) {
    info(
      terminal,
      `scontrol does not say how large arrays may be: taken to be ${MAX_ARRAY_SIZE - 1} elements`,
    );
  }
  // The largest index is one less, and indices start at 0.
  const array = Math.max(Number(size ?? MAX_ARRAY_SIZE), 1);
  return Math.min(array, await submitLimit());
}

/** What the accounting lets the user submit, less what is in the queue. */
async function submitLimit(): Promise<number> {
  const user = userInfo().username;
  const asked = ["-n", "-P", "show", "assoc", "where", `user=${user}`, "format=MaxSubmitJobs"];
  const limits = ((await ask("sacctmgr", asked)) ?? "")
    .split("\n")
    .filter((line) => /^\d+$/.test(line.trim()))
    .map(Number);
  if (limits.length === 0) return Number.POSITIVE_INFINITY;
  const queued = ((await ask("squeue", ["-h", "-r", "-u", user, "-o", "%i"])) ?? "").split("\n");
  const free = Math.min(...limits) - queued.filter((line) => line !== "").length;
  if (free > 0) return free;
  throw new TryAgainError(
    `the scheduler takes ${Math.min(...limits)} jobs of ${user} at a time, and as many are in the queue: submit again when some have ended`,
  );
}

/** Submits the array, and returns what sbatch says. */
export async function submitToSlurm(submission: Submission, options: SlurmOptions): Promise<string> {
  await requireTool("sbatch");
  const waiting = await ask("squeue", ["-h", "-n", jobName(submission), "-o", "%i"]);
  if (waiting !== undefined && waiting.trim() !== "") {
    throw new TryAgainError(
      `elements of this survey are in the queue still (${waiting.trim().split("\n").join(", ")}): submit again when they have ended, or cancel them`,
    );
  }
  await makeFolder(join(submission.folder, "logs"));
  return tell("sbatch", ["--parsable"], slurmScript(submission, options));
}

/** The batch script. */
export function slurmScript(submission: Submission, options: SlurmOptions): string {
  const { elements, folder } = submission;
  const { cpus, gpus, mem, time, atOnce, partition, sbatch = [] } = options;
  const given = { partition, gpus, mem, time, "cpus-per-task": cpus };
  const throttle = atOnce === undefined ? "" : `%${atOnce}`;
  const directives = definedItems([
    `--job-name=${jobName(submission)}`,
    // Of one element no array is needed, which some sites do not have.
    elements > 1 ? `--array=0-${elements - 1}${throttle}` : undefined,
    ...Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`])),
    "--requeue",
    "--signal=B:TERM@120",
    "--open-mode=append",
    `--output=${logPattern(folder, elements > 1 ? "%A_%a.log" : "%j.log")}`,
    ...sbatch,
  ]);
  const program = [process.execPath, ...process.execArgv, process.argv[1] ?? "vielbein"]
    .map(quoted)
    .join(" ");
  const line = `${program} ${elementLine(submission, shardWords(submission.missing).join(" "), INDEX, JOBS)}`;
  const head = directives.map((directive) => `#SBATCH ${directive}\n`).join("");
  return `#!/bin/bash\n${head}${BODY.replace("LINE", () => line)}`;
}

/**
 * Where the logs of elements are, as sbatch reads it in a script: in quotes, with `%%` for a percent sign, which else
 * begins a symbol. A backslash keeps Slurm from replacing any symbol of the path.
 *
 * @param name with symbols.
 * @throws {VielbeinError} `INVALID_ARGUMENT` for a folder that cannot be written so.
 */
function logPattern(folder: string, name: string): string {
  const [bad] = /[\\\n\r]/.exec(folder) ?? [];
  if (bad !== undefined) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `${JSON.stringify(folder)}: its path has ${bad === "\\" ? "a backslash" : "a line break"}, and Slurm takes no path of a log with one. Rename that folder: a survey may be moved together with its models.`,
    );
  }
  return `"${join(folder, "logs").replaceAll("%", "%%").replaceAll('"', '\\"')}/${name}"`;
}

/** What Slurm tells an element; a job that is no array has no index. */
const INDEX = `"\${SLURM_ARRAY_TASK_ID:-0}"`;
const JOBS = `"\${SLURM_CPUS_PER_TASK:-1}"`;

/**
 * Near the time limit the element is told to stop, saves its point, and queues itself again. When it is preempted or
 * cancelled the scheduler decides: the job is completing then, and no longer running.
 */
const BODY = `
LINE &
worker=$!
stopped=
trap 'stopped=yes; kill -TERM "$worker" 2> /dev/null' TERM
wait "$worker"
# A signal ends the wait before the worker ends.
while kill -0 "$worker" 2> /dev/null; do wait "$worker"; done
wait "$worker"
status=$?
job=$SLURM_JOB_ID
if [ "$status" = 75 ] && [ -n "$stopped" ] && [ "\${SLURM_RESTART_COUNT:-0}" -lt 100 ] &&
  [ "$(squeue -h -j "$job" -o %T)" = RUNNING ]; then
  scontrol requeue "$job"
fi
exit "$status"
`;
