// How many rows of the shards at hand are computed, whoever computes them.

import { Progress, type Terminal } from "../kit/terminal.ts";
import { liveClaim } from "./claims.ts";
import type { SurveyFolder } from "./folder.ts";
import type { NamedPlan } from "./plan.ts";
import { readReceipt } from "./receipts.ts";
import type { Shard } from "./shards.ts";

export class RowProgress {
  readonly #progress: Progress;
  readonly #folder: SurveyFolder;
  readonly #plan: NamedPlan;
  readonly #shards: readonly Shard[];
  /** By shard, and of all. */
  readonly #rows: Map<number, number> = new Map();
  #total = 0;

  constructor(terminal: Terminal, folder: SurveyFolder, plan: NamedPlan, shards: readonly Shard[]) {
    const total = shards.reduce((sum, { count }) => sum + count, 0);
    this.#progress = new Progress(terminal, "rows", total, { timeLeft: true });
    this.#folder = folder;
    this.#plan = plan;
    this.#shards = shards;
  }

  /** Counts what is done before this run begins. */
  async begin(): Promise<void> {
    await this.look();
    this.#progress.begin(this.#total);
  }

  /** Takes the counts from receipts and claims. */
  async look(): Promise<void> {
    for (const shard of this.#shards) {
      if (this.#rows.get(shard.number) === shard.count) continue;
      const isDone = await readReceipt(this.#folder, this.#plan, shard);
      this.#set(shard, isDone ? shard.count : ((await liveClaim(this.#folder, shard, 0))?.rows ?? 0));
    }
    this.#progress.step(this.#total);
  }

  readonly count = (shard: Shard, rows: number): void => {
    this.#set(shard, rows);
    this.#progress.step(this.#total);
  };

  done(): void {
    this.#progress.done();
  }

  #set({ number }: Shard, rows: number): void {
    this.#total += rows - (this.#rows.get(number) ?? 0);
    this.#rows.set(number, rows);
  }
}
