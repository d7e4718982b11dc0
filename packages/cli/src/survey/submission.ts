// What is submitted of a survey: the shards that are missing, spread over the elements of a job array.

import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { basename } from "node:path";
import { VielbeinError } from "@vielbein/core";
import { quoted } from "../kit/shell.ts";
import { SurveyFolder } from "./folder.ts";
import { type NamedPlan, readPlan } from "./plan.ts";
import { rangesText } from "./shards.ts";
import { statesOf } from "./status.ts";

export interface Submission {
  /** Absolute, without links: the same on all machines. */
  readonly folder: string;
  readonly plan: NamedPlan;
  readonly missing: readonly number[];
  /** How many elements share them. */
  readonly elements: number;
}

/** What an element is given, as options are typed. */
export interface Resources {
  readonly cpus: number;
  readonly gpus?: number | undefined;
  readonly mem?: string | undefined;
  readonly time?: string | undefined;
  /** Elements that run at a time. */
  readonly atOnce?: number | undefined;
}

/** So many elements, unless more are asked for: queues take them, and each has several shards. */
const ELEMENTS = 100;

/**
 * @param wanted the number of elements that is asked for.
 * @param limit the largest that the scheduler takes.
 * @throws {VielbeinError} `INVALID_ARGUMENT` where nothing is missing; what reading the plan throws.
 */
export async function submissionOf(
  path: string,
  wanted: number | undefined,
  limit: number,
): Promise<Submission> {
  const plan = await readPlan(new SurveyFolder(path));
  const folder = await realpath(path);
  const states = await statesOf(new SurveyFolder(folder), plan, false);
  const missing = states.filter(({ kind }) => kind !== "done").map(({ shard }) => shard.number);
  if (missing.length === 0) {
    throw new VielbeinError("INVALID_ARGUMENT", `"${path}": nothing is missing, all shards are done.`);
  }
  requireListed(path, missing);
  return { folder, plan, missing, elements: Math.min(missing.length, wanted ?? ELEMENTS, limit) };
}

/** Characters of all arguments of a process: Linux takes two megabytes, with the environment, unless it is told otherwise. */
const LONGEST_LIST = 2 ** 20;

/** @throws {VielbeinError} `INVALID_ARGUMENT` where the list of the shards is longer than a command line may be. */
function requireListed(path: string, missing: readonly number[]): void {
  const { length } = rangesText(missing);
  if (length <= LONGEST_LIST) return;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `"${path}": ${missing.length} scattered shards are missing, and a command line with a list of ${length} characters does not start. Let workers find what is missing: submit a script of your own with vielbein survey run ${quoted(path)} --claim.`,
  );
}

/** A name for jobs of this survey, and the same for all of them. */
export function jobName({ plan }: Pick<Submission, "plan">): string {
  return `vielbein-${plan.id.slice(0, 10)}`;
}

/** A name for this submission alone. */
export function submissionName(submission: Submission): string {
  const what = createHash("sha256").update(rangesText(submission.missing)).digest("hex");
  return `${jobName(submission)}-${what.slice(0, 6)}`;
}

/**
 * What follows `vielbein` in the command line of an element, for a shell.
 *
 * @param shards which are missing: {@link shardWords}, or what the shell makes these of.
 * @param index what the shell makes the number of the element of, from 0.
 * @param jobs what it makes the number of processes of.
 */
export function elementLine(
  { folder, elements }: Submission,
  shards: string,
  index: string,
  jobs: string,
): string {
  return `survey run ${quoted(folder)} ${shards} --shard-of ${index}/${elements} --jobs ${jobs}`;
}

/** For messages. */
export function submissionText({ folder, missing, elements }: Submission): string {
  const shards = missing.length === 1 ? "1 shard" : `${missing.length} shards`;
  return `${shards} of ${basename(folder)} in ${elements === 1 ? "1 element" : `${elements} elements`}`;
}
