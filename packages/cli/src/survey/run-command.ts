// vielbein survey run: computes shards, in this process or in several.

import { availableParallelism } from "node:os";
import { integer, positive } from "../kit/arguments.ts";
import { command } from "../kit/command.ts";
import { flag, json, type OptionsOf, option } from "../kit/options.ts";
import type { Report } from "../kit/report.ts";
import { finishingSteps } from "../kit/signals.ts";
import type { Task } from "../kit/task.ts";
import { Claims } from "./claims.ts";
import { SurveyFolder } from "./folder.ts";
import { errorSeenFrom, inFolder } from "./place.ts";
import { readPlan } from "./plan.ts";
import { runProcesses, whileParentLives } from "./processes.ts";
import { RowProgress } from "./progress.ts";
import { chooseShards, rangesText, type Shard, shardRanges, shardsOf, share } from "./shards.ts";
import { computeShards, type Outcome, type Work } from "./worker.ts";

const options = {
  shards: option("--shards <ranges>", "only these shards, such as 0-99,120; repeatable", shardRanges),
  shardOf: option(
    "--shard-of <i/n>",
    "only part I, from 0, of N equal parts of the shards: one for each of N workers",
    share,
  ),
  claim: flag(
    "--claim",
    "leave shards that others work on to them: for workers that share the shards without knowing of each other",
  ),
  jobs: option(
    "--jobs <n>",
    "processes, each with a model and one thread of its own (default: one for each core)",
    integer(1, 1024),
  ),
  lease: option(
    "--lease <seconds>",
    "how long a worker that says nothing is believed to live",
    positive,
    600,
  ),
  json,
};

type RunOptions = OptionsOf<typeof options>;

export const run = command({
  argument: "<folder>",
  description:
    "Computes every shard that has no receipt, or whose files are not what its receipt says. May be stopped and started again at any time, on any number of machines that share the folder: SIGTERM and Ctrl-C finish the point at hand, keep it, and exit with status 75.",
  options,
  run: (task) =>
    finishingSteps(() => whileParentLives(task.signal, (signal) => runSurvey({ ...task, signal }))),
});

interface RunTask extends Task<RunOptions> {
  /** That of the survey. */
  readonly folder: string;
}

async function runSurvey({ folder: path, options, terminal, signal }: RunTask): Promise<Report> {
  const plan = await readPlan(new SurveyFolder(path));
  const here = process.cwd();
  return inFolder(path, async (folder) => {
    const shards = chooseShards(shardsOf(plan), options.shards, options.shardOf);
    const jobs = options.jobs ?? coresHere();
    const claims = new Claims(folder, 1000 * options.lease);
    const progress = new RowProgress(terminal, folder, plan, shards);
    const work = { folder, plan, claims, isSharing: options.claim, onRow: progress.count, terminal, signal };
    try {
      const outcome =
        jobs > 1 && shards.length > 1
          ? await runProcesses(Math.min(jobs, shards.length), shards, {
              ...work,
              lease: options.lease,
              progress,
            })
          : await computeHere(shards, work, progress);
      return reportOf(path, { ...outcome, failure: errorSeenFrom(here, folder.path, outcome.failure) });
    } finally {
      progress.done();
    }
  });
}

async function computeHere(shards: readonly Shard[], work: Work, progress: RowProgress): Promise<Outcome> {
  await progress.begin();
  return computeShards(shards, work);
}

/** Those that a scheduler gave, or that there are. */
function coresHere(): number {
  const given = Number(process.env.SLURM_CPUS_PER_TASK);
  return Number.isInteger(given) && given > 0 ? given : availableParallelism();
}

function reportOf(path: string, { done, before, failed, elsewhere, failure }: Outcome): Report {
  const lines = [
    ...named(done, "computed"),
    ...named(before, "had been computed before"),
    ...named(elsewhere, "are being computed by others: when these are done, vielbein survey status says so"),
    ...named(failed, "failed"),
  ];
  return {
    json: () => ({ folder: path, computed: done, before, elsewhere, failed }),
    text: () => `${lines.join("\n") || "no shard is of this part"}\n`,
    conclude: () => {
      if (failure !== undefined) throw failure;
    },
  };
}

function named(numbers: readonly number[], what: string): string[] {
  const sorted = numbers.toSorted((a, b) => a - b);
  return numbers.length === 0
    ? []
    : [`${numbers.length} ${numbers.length === 1 ? "shard" : "shards"} ${what}: ${rangesText(sorted)}`];
}
