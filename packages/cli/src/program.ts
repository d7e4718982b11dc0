// The command line program: commands, errors, signals.

import { Command, CommanderError } from "commander";
import { axes } from "./commands/axes/command.ts";
import { basis } from "./commands/basis.ts";
import { compare } from "./commands/compare/command.ts";
import { curvature } from "./commands/curvature/command.ts";
import { derive } from "./commands/derive.ts";
import { dimension } from "./commands/dimension/command.ts";
import { directions } from "./commands/directions.ts";
import { distortion } from "./commands/distortion/command.ts";
import { edit } from "./commands/edit/command.ts";
import { explore } from "./commands/explore/command.ts";
import { flipd } from "./commands/flipd/command.ts";
import { frechet } from "./commands/frechet/command.ts";
import { geodesic } from "./commands/geodesic/command.ts";
import { inspect } from "./commands/inspect.ts";
import { intrinsic } from "./commands/intrinsic/command.ts";
import { invert } from "./commands/invert/command.ts";
import { metric } from "./commands/metric/command.ts";
import { pca } from "./commands/pca.ts";
import { ppl } from "./commands/ppl.ts";
import { random } from "./commands/random.ts";
import { region } from "./commands/region.ts";
import { sefa } from "./commands/sefa/command.ts";
import { traverse } from "./commands/traverse/command.ts";
import { warpage } from "./commands/warpage/command.ts";
import type { CommandValue } from "./kit/command.ts";
import { EXIT, exitCodeOf, InterruptedError, isOutOfMemory } from "./kit/exit-codes.ts";
import { oneLine, print, shown, type Terminal } from "./kit/terminal.ts";
import { version } from "./kit/version.ts";

/** In the order in which they are listed. */
const commands: readonly CommandValue[] = [
  inspect,
  basis,
  traverse,
  dimension,
  intrinsic,
  flipd,
  distortion,
  warpage,
  metric,
  curvature,
  axes,
  compare,
  sefa,
  pca,
  frechet,
  region,
  random,
  directions,
  edit,
  invert,
  geodesic,
  ppl,
  derive,
  explore,
];

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
  for (const command of commands) command.addTo(program, { terminal, signal });
  return program;
}

/** The commands that do something, `directions import` and not `directions`. */
export function runnable({ commands }: Command): readonly Command[] {
  return commands.flatMap((command) => (command.commands.length > 0 ? runnable(command) : [command]));
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
  vielbein flipd sample-denoiser --points sample-pictures --sigma 0.2,0.5
`;

const exitCodes = `
Exit status: 0 done, 2 wrong usage, 65 bad model or input, 66 missing file, 69 engine unavailable,
70 numerical failure, 73 cannot write, 75 try again with more resources, 130 interrupted.`;
