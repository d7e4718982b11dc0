// vielbein survey status: how far a survey is.

import { resolve } from "node:path";
import { command } from "../kit/command.ts";
import { definedItems } from "../kit/defined.ts";
import { durationText } from "../kit/durations.ts";
import { TryAgainError } from "../kit/exit-codes.ts";
import { shortHash } from "../kit/names.ts";
import { flag, json } from "../kit/options.ts";
import type { Report } from "../kit/report.ts";
import { quoted } from "../kit/shell.ts";
import { number, table, text } from "../kit/table.ts";
import { dim, heading } from "../kit/terminal.ts";
import { SurveyFolder } from "./folder.ts";
import { seenFrom } from "./place.ts";
import { type NamedPlan, readPlan } from "./plan.ts";
import { rangesText } from "./shards.ts";
import { ofKind, remainingSeconds, type ShardState, statesOf } from "./status.ts";

export const status = command({
  argument: "<folder>",
  description:
    "Reads the receipts in the folder of a survey: no scheduler is asked. Exit status 0 only where all shards are done, else 75.",
  options: {
    verify: flag("--verify", "read all files and compare their hashes; else sizes are compared"),
    json,
  },
  async run({ folder: path, options }) {
    const folder = new SurveyFolder(path);
    const plan = await readPlan(folder);
    const states = await statesOf(folder, plan, options.verify);
    return statusReport(
      path,
      plan,
      states.map((state) => asSeenHere(state, path)),
    );
  },
});

/** A failure names files as they are found from the working directory. */
function asSeenHere(state: ShardState, path: string): ShardState {
  if (state.kind !== "failed") return state;
  const message = seenFrom(process.cwd(), resolve(path), state.failure.message);
  return { ...state, failure: { ...state.failure, message } };
}

/** Fails unless all shards are done. */
function statusReport(path: string, plan: NamedPlan, states: readonly ShardState[]): Report {
  const missing = states.filter(({ kind }) => kind !== "done");
  return {
    json: () => statusJson(plan, states),
    text: () => statusText(path, plan, states),
    conclude: () => {
      if (missing.length === 0) return;
      throw new TryAgainError(
        `${missing.length} of ${states.length} shards are missing. Compute them with vielbein survey run ${quoted(path)}.`,
      );
    },
  };
}

function numbersOf(states: readonly ShardState[], kind: ShardState["kind"]): number[] {
  return ofKind(states, kind).map(({ shard }) => shard.number);
}

function statusJson(plan: NamedPlan, states: readonly ShardState[]): object {
  return {
    survey: plan.id,
    shards: states.length,
    done: numbersOf(states, "done"),
    damaged: numbersOf(states, "damaged"),
    running: ofKind(states, "running").map(({ shard, claim }) => ({ shard: shard.number, ...claim })),
    failed: ofKind(states, "failed").map(({ shard, failure }) => ({ shard: shard.number, ...failure })),
    open: numbersOf(states, "open"),
    problems: problemsIn(states),
    remainingSeconds: remainingSeconds(states) ?? null,
  };
}

/** Rows without values. */
function problemsIn(states: readonly ShardState[]): number {
  return ofKind(states, "done").reduce((sum, { receipt }) => sum + receipt.problems, 0);
}

const KINDS = ["done", "running", "failed", "damaged", "open"] as const;

function statusText(path: string, plan: NamedPlan, states: readonly ShardState[]): string {
  const parts = KINDS.flatMap((kind) => {
    const numbers = numbersOf(states, kind);
    return numbers.length > 0 ? [{ kind, numbers }] : [];
  });
  const body = table(parts, [
    text("shards", ({ kind }) => kind),
    number("", ({ numbers }) => numbers.length),
    text("", ({ numbers }) => shortened(rangesText(numbers))),
  ]);
  const title = heading(path, `survey ${shortHash(plan.id)}, ${states.length} shards`);
  return `${[title, body, ...runningLines(states), ...failureLines(states), ...remarks(states)].join("\n")}\n`;
}

const LONGEST = 70;

function shortened(ranges: string): string {
  return ranges.length <= LONGEST ? ranges : `${ranges.slice(0, LONGEST)}…`;
}

function runningLines(states: readonly ShardState[]): string[] {
  return ofKind(states, "running").map(({ shard, claim }) =>
    dim(
      `${shard.number}: ${claim.rows ?? 0} of ${shard.count} on ${claim.host ?? "?"}, since ${claim.since ?? "?"}`,
    ),
  );
}

function failureLines(states: readonly ShardState[]): string[] {
  return ofKind(states, "failed").map(
    ({ shard, failure }) => `${shard.number}: row ${failure.row}: ${failure.message}`,
  );
}

function remarks(states: readonly ShardState[]): string[] {
  const problems = problemsIn(states);
  const rest = remainingSeconds(states) ?? 0;
  return definedItems([
    problems > 0 ? `${problems} rows have no values: the computation does not converge there` : undefined,
    rest > 0 ? `about ${durationText(rest)} left for one process` : undefined,
  ]).map((remark) => dim(remark));
}
