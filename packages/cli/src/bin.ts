// Entry of the command: signals and the standard streams.

import { EXIT } from "./exit-codes.ts";
import { removeUnfinished } from "./output.ts";
import { run } from "./program.ts";
import { StandardStream } from "./streams.ts";

const interrupt = new AbortController();
process.once("SIGINT", () => interrupt.abort());
process.once("SIGTERM", () => interrupt.abort());
process.on("exit", removeUnfinished);

const [stdout, stderr] = [new StandardStream(process.stdout), new StandardStream(process.stderr)];
const status = await run(process.argv.slice(2), { stdout, stderr, signal: interrupt.signal });
const failure = await stdout.flushed();
if (failure) stderr.write(`vielbein: Cannot write to stdout: ${failure.message}.\n`);
process.exitCode = failure && status === EXIT.ok ? EXIT.cannotWrite : status;
