// The sessions of stages that run again and again.

import type { KeptTensor, RuntimeTensor, Session } from "@vielbein/core/runtime";
import { entryOf } from "../model/names.ts";
import { release } from "./residual-store.ts";
import { runStages, type Stage } from "./stages.ts";

/** Calls must not overlap. */
export class StageSessions {
  readonly #stages: readonly Stage[];
  readonly #open: (stage: Stage) => Promise<Session>;
  readonly #sessions: Map<Stage, Session> = new Map();

  /** @param open opens the session of a stage, which keeps what it yields; called when it is first wanted. */
  constructor(stages: readonly Stage[], open: (stage: Stage) => Promise<Session>) {
    this.#stages = stages;
    this.#open = open;
  }

  /** Runs all stages; the engine keeps nothing of what they yield. */
  async run(
    feeds: ReadonlyMap<string, RuntimeTensor>,
    outputs: readonly string[],
  ): Promise<Map<string, RuntimeTensor>> {
    const tensors = new Map<string, RuntimeTensor | KeptTensor>(feeds);
    await runStages(this.#stages, tensors, async (stage) => {
      const session = this.#sessions.get(stage) ?? (await this.#open(stage));
      this.#sessions.set(stage, session);
      return session;
    });
    try {
      const results = new Map<string, RuntimeTensor>();
      for (const name of outputs) {
        const tensor = entryOf(tensors, name);
        results.set(name, "data" in tensor ? tensor : await tensor.read());
      }
      return results;
    } finally {
      await release(tensors.values());
    }
  }

  async dispose(): Promise<void> {
    for (const session of this.#sessions.values()) await session.dispose();
    this.#sessions.clear();
  }
}
