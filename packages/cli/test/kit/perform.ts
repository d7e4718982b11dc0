// Runs one command in a program of its own, under the name that the arguments begin with.

import { Command } from "commander";
import type { CommandValue } from "../../src/kit/command.ts";
import type { Terminal } from "../../src/kit/terminal.ts";

export interface Performance {
  readonly stdout: string;
  readonly stderr: string;
  /** What the command failed with. */
  readonly error: unknown;
}

export async function perform(
  command: CommandValue,
  argv: readonly string[],
  signal: AbortSignal = new AbortController().signal,
): Promise<Performance> {
  const [out, err]: [string[], string[]] = [[], []];
  const terminal: Terminal = {
    stdout: { write: (text) => out.push(String(text)) },
    stderr: { write: (text) => err.push(String(text)), isTTY: true },
    reports: "stdout",
    quiet: false,
  };
  const program = new Command().exitOverride().configureOutput({
    writeOut: (text) => out.push(text),
    writeErr: (text) => err.push(text),
  });
  command.addTo(program, { name: argv[0]!, summary: "" }, { terminal, signal });
  let error: unknown;
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (caught) {
    error = caught;
  }
  return { stdout: out.join(""), stderr: err.join(""), error };
}
