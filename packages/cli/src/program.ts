// The command line program: commands, errors, signals.

import { type Command, CommanderError } from "commander";
import { EXIT } from "./kit/exit.ts";
import { exitCodeOf, InterruptedError, isOutOfMemory } from "./kit/exit-codes.ts";
import { oneLine, print, shown, type Terminal } from "./kit/terminal.ts";
import { addTitle } from "./kit/title.ts";
import { type Listing, listings } from "./listings.ts";
import { outline } from "./outline.ts";

/** Where a run of the program writes, and what interrupts it. */
export interface RunOptions {
  /** Where results are printed. */
  readonly stdout: Terminal["stdout"];
  /** Where progress, remarks and errors are printed. */
  readonly stderr: Terminal["stderr"];
  /** Aborted when the user interrupts; work stops at the next chunk and what is done is kept. */
  readonly signal: AbortSignal;
}

/** Runs the program on the arguments after the command name; returns the exit status. */
export async function run(argv: readonly string[], options: RunOptions): Promise<number> {
  const { stdout, stderr, signal } = options;
  const terminal: Terminal = { stdout, stderr, reports: "stdout", quiet: argv.includes("--quiet") };
  try {
    const program = await programWith(({ name }) => argv.includes(name), terminal, signal);
    await program.parseAsync(withoutHelp(argv), { from: "user" });
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

/** `help survey plan` is `survey plan --help`: Commander's own `help` reads one name. */
function withoutHelp(argv: readonly string[]): string[] {
  const [first, ...names] = argv;
  return first === "help" && names.length > 1 ? [...names, "--help"] : [...argv];
}

/** The program with all its commands. */
export function wholeProgram(terminal: Terminal, signal: AbortSignal): Promise<Command> {
  return programWith(() => true, terminal, signal);
}

/** The program in which those commands can be run; of the others it knows the titles. */
async function programWith(
  isLoaded: (listing: Listing) => boolean,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Command> {
  const program = outline()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => print(terminal, text),
      writeErr: (text) => terminal.stderr.write(shown(text)),
    })
    .showHelpAfterError("(--help lists the options)");
  for (const listing of listings) {
    if (isLoaded(listing)) (await listing.load()).addTo(program, listing, { terminal, signal });
    else addTitle(program, listing);
  }
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
