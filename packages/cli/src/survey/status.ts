// What the folder of a survey says of its shards: done, running, failed, or open. The scheduler is not asked.

import { type Claim, liveClaim } from "./claims.ts";
import { type Failure, readFailure } from "./failures.ts";
import type { SurveyFolder } from "./folder.ts";
import type { NamedPlan } from "./plan.ts";
import { isIntact, type Receipt, readReceipt } from "./receipts.ts";
import { type Shard, shardsOf } from "./shards.ts";

export type ShardState =
  | { readonly kind: "done"; readonly shard: Shard; readonly receipt: Receipt }
  /** There is a receipt, and files are not what it says. */
  | { readonly kind: "damaged"; readonly shard: Shard }
  | { readonly kind: "running"; readonly shard: Shard; readonly claim: Partial<Claim> }
  | { readonly kind: "failed"; readonly shard: Shard; readonly failure: Failure }
  | { readonly kind: "open"; readonly shard: Shard };

/** How long a claim that says nothing is taken for a living one, in milliseconds. */
const SILENCE = 60_000;

/** @param thoroughly as of {@link isIntact}. */
async function stateOf(
  folder: SurveyFolder,
  plan: NamedPlan,
  shard: Shard,
  thoroughly: boolean,
): Promise<ShardState> {
  const receipt = await readReceipt(folder, plan, shard);
  const intact = receipt !== undefined && (await isIntact(folder, receipt, thoroughly));
  if (receipt && intact) return { kind: "done", shard, receipt };
  const claim = await liveClaim(folder, shard, SILENCE);
  if (claim) return { kind: "running", shard, claim };
  if (receipt) return { kind: "damaged", shard };
  const failure = await readFailure(folder, shard);
  return failure ? { kind: "failed", shard, failure } : { kind: "open", shard };
}

/** The states of all shards. */
export async function statesOf(
  folder: SurveyFolder,
  plan: NamedPlan,
  thoroughly: boolean,
): Promise<ShardState[]> {
  const states: ShardState[] = [];
  for (const shard of shardsOf(plan)) states.push(await stateOf(folder, plan, shard, thoroughly));
  return states;
}

/** States of one kind. */
export function ofKind<K extends ShardState["kind"]>(
  states: readonly ShardState[],
  kind: K,
): Extract<ShardState, { kind: K }>[] {
  return states.filter((state): state is Extract<ShardState, { kind: K }> => state.kind === kind);
}

/**
 * The processor seconds that the rest takes, at the mean cost of the rows of its method so far; undefined where
 * nothing is known of a method.
 */
export function remainingSeconds(states: readonly ShardState[]): number | undefined {
  const known = new Map<number, { rows: number; seconds: number }>();
  for (const { shard, receipt } of ofKind(states, "done")) {
    if (receipt.computed === 0) continue;
    const { rows, seconds } = known.get(shard.method) ?? { rows: 0, seconds: 0 };
    known.set(shard.method, { rows: rows + receipt.computed, seconds: seconds + receipt.seconds });
  }
  let total = 0;
  for (const { shard, kind } of states) {
    if (kind === "done") continue;
    const alike = known.get(shard.method);
    if (!alike) return undefined;
    total += (shard.count * alike.seconds) / alike.rows;
  }
  return total;
}
