// Mutants, one after the other, in a process that may die of them.

import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { seedBytes } from "./models.mjs";
import { mutate } from "./mutate.mjs";
import { Choices } from "./random.mjs";

const TRIAL = fileURLToPath(new URL("trial.mjs", import.meta.url));

/** Outcomes that are faults of ours. */
export const FAULTS = ["untyped", "disagreement", "process died", "too slow", "too large"];

/** Mutant `index` of a seed. */
export function mutant(seed, index) {
  const choices = new Choices(seed * 1_000_003 + index);
  const [name, bytes] = choices.of(Object.entries(seedBytes()));
  return { name, index, ...mutate(bytes, choices) };
}

/**
 * Tries `count` mutants from `first` on and hands each result to `onResult`.
 *
 * @param seconds time that one may take; @param megabytes memory that the process may reach.
 */
export async function fuzz({ count, seed, first = 0, seconds = 20, megabytes = 3000 }, onResult) {
  const place = new Place();
  for (let index = first; index < first + count; index++) {
    const one = mutant(seed, index);
    let result = await place.attempt(one.bytes, seconds, megabytes);
    // It may have died of what an earlier mutant left behind.
    if (result.outcome === "process died") result = await place.attempt(one.bytes, seconds, megabytes);
    onResult({ ...one, ...result });
  }
  place.close();
}

/** The process, a new one after each that ended. */
class Place {
  child;

  attempt(bytes, seconds, megabytes) {
    this.child ??= fork(TRIAL, { stdio: ["ignore", "ignore", "ignore", "ipc"], execArgv: [] });
    const { child } = this;
    return new Promise((resolve) => {
      const settle = (result) => {
        clearTimeout(timer);
        clearInterval(watch);
        child.removeAllListeners();
        if (["process died", "too slow", "too large"].includes(result.outcome)) this.close();
        resolve(result);
      };
      const timer = setTimeout(() => settle({ outcome: "too slow", detail: `${seconds} s` }), 1000 * seconds);
      const watch = setInterval(() => {
        const used = residentMegabytes(child.pid);
        if (used > megabytes) settle({ outcome: "too large", detail: `${used} MB` });
      }, 100);
      child.once("message", settle);
      child.once("exit", (code, signal) =>
        settle({ outcome: "process died", detail: signal ?? `exit ${code}` }),
      );
      child.send({ bytes: Buffer.from(bytes).toString("base64") });
    });
  }

  close() {
    this.child?.kill("SIGKILL");
    this.child = undefined;
  }
}

/** 0 where the system does not say. */
function residentMegabytes(pid) {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1000;
  } catch {
    return 0;
  }
}
