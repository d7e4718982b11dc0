// The command line program: commands, errors, signals.

import { Command, CommanderError } from "commander";
import { basisCommand } from "./commands/basis.ts";
import { deriveCommand } from "./commands/derive.ts";
import { inspectCommand } from "./commands/inspect.ts";
import { traverseCommand } from "./commands/traverse.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";
import { version } from "./version.ts";

export interface RunOptions {
  readonly stdout: Terminal["stdout"];
  readonly stderr: Terminal["stderr"];
  /** Aborted when the user interrupts; work stops at the next chunk and what is done is kept. */
  readonly signal: AbortSignal;
}

/** Runs the program on the arguments after the command name; returns the exit status. */
export async function run(argv: readonly string[], options: RunOptions): Promise<number> {
  const terminal = { stdout: options.stdout, stderr: options.stderr, quiet: argv.includes("--quiet") };
  const program = new Command("vielbein")
    .description("The local geometry of any ONNX generator: exact Jacobians, local bases, traversals.")
    .version(version)
    .option("--quiet", "no progress and no remarks on stderr")
    .option("--verbose", "stack traces with errors")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => options.stdout.write(text),
      writeErr: (text) => options.stderr.write(text),
    })
    .showHelpAfterError("(--help lists the options)")
    .addHelpText("before", examples)
    .addHelpText("after", exitCodes);
  inspectCommand(program, terminal);
  basisCommand(program, terminal, options.signal);
  traverseCommand(program, terminal, options.signal);
  deriveCommand(program, terminal);
  for (const command of program.commands) {
    command
      .option("--quiet", "no progress and no remarks on stderr")
      .option("--verbose", "stack traces with errors");
  }
  try {
    await program.parseAsync([...argv], { from: "user" });
    return EXIT.ok;
  } catch (error) {
    const code = exitCodeOf(error);
    // Commander has printed its own message already.
    if (!(error instanceof CommanderError)) {
      options.stderr.write(`${describe(error, argv.includes("--verbose"))}\n`);
    }
    return code;
  }
}

function describe(error: unknown, verbose: boolean): string {
  if (!(error instanceof Error)) return `vielbein: ${error}`;
  if (error.name === "AbortError") return "vielbein: interrupted";
  const message = `vielbein: ${error.message.replace(/\s*\n\s*/g, " ")}`;
  return verbose ? `${message}\n${error.stack}` : message;
}

const examples = `Examples:
  vielbein inspect generator.onnx
  vielbein basis generator.onnx --samples 8 --out bases.npz
  vielbein traverse generator.onnx --directions 0-4 --range 3 --out sheet.png
  vielbein traverse sample                (the embedded generator of cartoon faces)
`;

const exitCodes = `
Exit status: 0 done, 2 wrong usage, 65 bad model or input, 66 missing file, 69 engine unavailable,
70 numerical failure, 73 cannot write, 75 try again with more resources, 130 interrupted.`;
