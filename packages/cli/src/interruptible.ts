// A command that signals end: the first lets it keep what it has, the second does not.

import { abandonRuns } from "@vielbein/runtime-node";
import { removeUnfinished } from "./kit/output.ts";
import { endLater, isFinishingSteps, SIGNALS } from "./kit/signals.ts";
import { type RunOptions, run } from "./program.ts";

const TICK_MS = 100;
/** How long an interrupted command may go on using the engine, to finish a step and report what it has, in ticks. */
const PATIENCE = 6;
/** How long it may take in all, counted while it is not busy computing. */
const GRACE = 15;

const interrupt = new AbortController();
let signal: NodeJS.Signals | undefined;
/** Whether the engine goes on although its run was given up: then the process cannot exit in order. */
let isEngineBusy = false;

/** Runs the program until it ends or signals end it; returns the exit status. */
export async function runInterruptibly(
  argv: readonly string[],
  streams: Omit<RunOptions, "signal">,
): Promise<number> {
  for (const name of SIGNALS) process.on(name, end);
  process.on("exit", removeUnfinished);
  return run(argv, { ...streams, signal: interrupt.signal });
}

/** Once all is printed: dies of the signal where the engine would keep the process from ending. */
export function dieIfBusy(): void {
  if (signal && isEngineBusy) dieOf(signal);
}

function end(name: NodeJS.Signals): void {
  const isPatient = isFinishingSteps();
  if (signal && !(isPatient && name !== "SIGINT")) {
    dieOf(name);
    return;
  }
  signal = name;
  interrupt.abort();
  if (isPatient) return;
  endLater(name, GRACE * TICK_MS);
  let ticks = 0;
  setInterval(() => {
    ticks++;
    if (ticks === PATIENCE) isEngineBusy = abandonRuns();
    if (ticks === GRACE) dieOf(name);
  }, TICK_MS).unref();
}

/** What shells expect of an interrupted program, 130 for SIGINT; and nothing native gets in its way. */
function dieOf(name: NodeJS.Signals): void {
  removeUnfinished();
  process.removeAllListeners(name);
  process.kill(process.pid, name);
}
