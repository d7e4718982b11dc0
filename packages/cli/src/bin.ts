// Entry of the command. What needs no command is answered before any is loaded.

import { settleAllocator } from "./kit/allocator.ts";
import { EXIT } from "./kit/exit.ts";
import { StandardStream } from "./kit/streams.ts";
import { answer } from "./outline.ts";

const argv = process.argv.slice(2);
const [stdout, stderr] = [new StandardStream(process.stdout), new StandardStream(process.stderr)];
const text = answer(argv);
if (text !== undefined) {
  stdout.write(text);
  await endWith(EXIT.ok);
} else {
  // Before the rest is loaded, since this process begins anew.
  settleAllocator();
  const { dieIfBusy, runInterruptibly } = await import("./interruptible.ts");
  await endWith(await runInterruptibly(argv, { stdout, stderr }));
  dieIfBusy();
}

/** Sets the exit status once all is written. */
async function endWith(status: number): Promise<void> {
  const failure = await stdout.flushed();
  if (failure) stderr.write(`vielbein: Cannot write to stdout: ${failure.message}.\n`);
  process.exitCode = failure && status === EXIT.ok ? EXIT.cannotWrite : status;
}
