// Entry of the command: signals and the standard streams.

import { abandonRuns } from "@vielbein/runtime-node";
import { EXIT } from "./kit/exit-codes.ts";
import { removeUnfinished } from "./kit/output.ts";
import { endLater, SIGNALS } from "./kit/signals.ts";
import { StandardStream } from "./kit/streams.ts";
import { run } from "./program.ts";

const TICK_MS = 100;
/** How long an interrupted command may go on using the engine, to finish a step and report what it has, in ticks. */
const PATIENCE = 6;
/** How long it may take in all, counted while it is not busy computing. */
const GRACE = 15;

const interrupt = new AbortController();
let signal: NodeJS.Signals | undefined;
/** Whether the engine goes on although its run was given up: then the process cannot exit in order. */
let isEngineBusy = false;

for (const name of SIGNALS) process.on(name, end);

/** The first signal lets the command keep what it has, the second does not. */
function end(name: NodeJS.Signals): void {
  if (signal) {
    dieOf(name);
    return;
  }
  signal = name;
  interrupt.abort();
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

process.on("exit", removeUnfinished);

const [stdout, stderr] = [new StandardStream(process.stdout), new StandardStream(process.stderr)];
const status = await run(process.argv.slice(2), { stdout, stderr, signal: interrupt.signal });
const failure = await stdout.flushed();
if (failure) stderr.write(`vielbein: Cannot write to stdout: ${failure.message}.\n`);
process.exitCode = failure && status === EXIT.ok ? EXIT.cannotWrite : status;
if (signal && isEngineBusy) dieOf(signal);
