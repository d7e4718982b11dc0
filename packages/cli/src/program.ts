// The command line program: commands, errors, signals.

import { VielbeinError } from "@vielbein/core";
import { Command, CommanderError } from "commander";
import { axesCommand } from "./commands/axes/command.ts";
import { basisCommand } from "./commands/basis.ts";
import { compareCommand } from "./commands/compare.ts";
import { deriveCommand } from "./commands/derive.ts";
import { dimensionCommand } from "./commands/dimension/command.ts";
import { directionsCommand } from "./commands/directions.ts";
import { distortionCommand } from "./commands/distortion/command.ts";
import { editCommand } from "./commands/edit/command.ts";
import { exploreCommand } from "./commands/explore/command.ts";
import { geodesicCommand } from "./commands/geodesic.ts";
import { inspectCommand } from "./commands/inspect.ts";
import { invertCommand } from "./commands/invert/command.ts";
import { metricCommand } from "./commands/metric/command.ts";
import { pcaCommand } from "./commands/pca.ts";
import { pplCommand } from "./commands/ppl.ts";
import { randomCommand } from "./commands/random.ts";
import { sefaCommand } from "./commands/sefa/command.ts";
import { traverseCommand } from "./commands/traverse/command.ts";
import { warpageCommand } from "./commands/warpage/command.ts";
import { checkOutputs } from "./kit/command-files.ts";
import { EXIT, exitCodeOf, InterruptedError, isOutOfMemory } from "./kit/exit-codes.ts";
import { oneLine, print, shown, type Terminal } from "./kit/terminal.ts";
import { version } from "./kit/version.ts";

export interface RunOptions {
  readonly stdout: Terminal["stdout"];
  readonly stderr: Terminal["stderr"];
  /** Aborted when the user interrupts; work stops at the next chunk and what is done is kept. */
  readonly signal: AbortSignal;
}

/** Runs the program on the arguments after the command name; returns the exit status. */
export async function run(argv: readonly string[], options: RunOptions): Promise<number> {
  const { stdout, stderr, signal } = options;
  const terminal: Terminal = { stdout, stderr, reports: "stdout", quiet: argv.includes("--quiet") };
  try {
    await programFor(terminal, signal).parseAsync([...argv], { from: "user" });
    return EXIT.ok;
  } catch (error) {
    const code = exitCodeOf(error);
    // Commander has printed its own message already.
    if (!(error instanceof CommanderError)) {
      stderr.write(shown(`${describe(error, argv.includes("--verbose"))}\n`));
    }
    return code;
  }
}

/** The program with all its commands. */
export function programFor(terminal: Terminal, signal: AbortSignal): Command {
  const program = new Command("vielbein")
    .description("The local geometry of any ONNX generator: exact Jacobians, local bases, traversals.")
    .version(version)
    .option("--quiet", "no progress and no remarks on stderr")
    .option("--verbose", "stack traces with errors")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => print(terminal, text),
      writeErr: (text) => terminal.stderr.write(shown(text)),
    })
    .showHelpAfterError("(--help lists the options)")
    .addHelpText("before", examples)
    .addHelpText("after", exitCodes);
  inspectCommand(program, terminal);
  basisCommand(program, terminal, signal);
  traverseCommand(program, terminal, signal);
  dimensionCommand(program, terminal, signal);
  distortionCommand(program, terminal, signal);
  warpageCommand(program, terminal, signal);
  metricCommand(program, terminal, signal);
  axesCommand(program, terminal, signal);
  compareCommand(program, terminal, signal);
  sefaCommand(program, terminal, signal);
  pcaCommand(program, terminal, signal);
  randomCommand(program, terminal);
  directionsCommand(program, terminal);
  editCommand(program, terminal, signal);
  invertCommand(program, terminal, signal);
  geodesicCommand(program, terminal, signal);
  pplCommand(program, terminal, signal);
  deriveCommand(program, terminal);
  exploreCommand(program, terminal, signal);
  for (const command of runnable(program)) {
    command
      .option("--quiet", "no progress and no remarks on stderr")
      .option("--verbose", "stack traces with errors")
      .hook("preAction", async () => {
        requireValues(command);
        if (await checkOutputs(command)) terminal.reports = "stderr";
      });
  }
  return program;
}

/** The commands that do something, `directions import` and not `directions`. */
export function runnable({ commands }: Command): readonly Command[] {
  return commands.flatMap((command) => (command.commands.length > 0 ? runnable(command) : [command]));
}

/** An empty text is what a variable of the shell that is not set leaves: it names nothing. */
function requireValues(command: Command): void {
  const given = [
    ...command.args.map((value) => [command.registeredArguments[0]!.name().toUpperCase(), value] as const),
    ...command.options.map(
      (option) => [option.long, command.getOptionValue(option.attributeName())] as const,
    ),
  ];
  for (const [name, value] of given) {
    if (![value].flat().includes("")) continue;
    throw new VielbeinError("INVALID_ARGUMENT", `${name}: its value is empty. Give one, or leave it out.`);
  }
}

function describe(error: unknown, verbose: boolean): string {
  if (!(error instanceof Error)) return `vielbein: ${error}`;
  if (isOutOfMemory(error)) {
    return `vielbein: The machine has no memory for this: ${error.message}. Lower --memory, ask for less, or use a larger machine.`;
  }
  if (error.name === "AbortError" && !(error instanceof InterruptedError)) return "vielbein: interrupted";
  const message = `vielbein: ${oneLine(error.message)}`;
  return verbose ? `${message}\n${error.stack}` : message;
}

const examples = `Examples:
  vielbein inspect generator.onnx
  vielbein basis generator.onnx --samples 8 --out bases.npz
  vielbein traverse generator.onnx --directions 0-4 --range 3 --out sheet.png
  vielbein sefa generator.onnx --from w --out sefa.safetensors --html pages
  vielbein edit generator.onnx --from w --directions sefa.safetensors --edit "2*d0 - d3"
  vielbein explore generator.onnx
  vielbein traverse sample                (the embedded generator of cartoon faces)
`;

const exitCodes = `
Exit status: 0 done, 2 wrong usage, 65 bad model or input, 66 missing file, 69 engine unavailable,
70 numerical failure, 73 cannot write, 75 try again with more resources, 130 interrupted.`;
