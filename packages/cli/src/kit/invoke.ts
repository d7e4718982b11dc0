// A command as a part of another: it is given arguments as they are typed, and its document is handed back instead of
// printed. So whatever it computes, the same arguments compute alone.

import { Command } from "commander";
import type { CommandValue } from "./command.ts";
import type { Terminal } from "./terminal.ts";

export interface Invocation {
  /** What it is called where it is typed. */
  readonly name: string;
  readonly command: CommandValue;
  /** Those after the command's name, without --json. */
  readonly args: readonly string[];
  readonly signal: AbortSignal;
  /** Told of its progress. */
  readonly watch: NonNullable<Terminal["watch"]>;
}

export interface Invoked {
  /** What --json prints. */
  readonly document: unknown;
  /** What it said on stderr, line by line. */
  readonly remarks: readonly string[];
}

/**
 * Runs a command that has --json.
 *
 * @throws what the command throws; {CommanderError} for arguments that it does not take.
 */
export async function invoke({ name, command, args, signal, watch }: Invocation): Promise<Invoked> {
  const printed: string[] = [];
  const said: string[] = [];
  const terminal: Terminal = {
    stdout: { write: (text) => printed.push(String(text)) },
    stderr: { write: (text) => said.push(String(text)) },
    reports: "stdout",
    quiet: false,
    watch,
  };
  const { program } = programOf(name, command, terminal, signal);
  await program.parseAsync([name, ...args, "--json"], { from: "user" });
  const remarks = said.join("").split("\n");
  return { document: JSON.parse(printed.join("")), remarks: remarks.filter((line) => line !== "") };
}

/** The long names of the options that a command takes, `--seed`. */
export function flagsOf(command: CommandValue): ReadonlySet<string> {
  const nowhere = { write: () => undefined };
  const terminal: Terminal = { stdout: nowhere, stderr: nowhere, reports: "stdout", quiet: true };
  const { added } = programOf("command", command, terminal, new AbortController().signal);
  return new Set(added.options.map(({ long }) => String(long)));
}

function programOf(
  name: string,
  command: CommandValue,
  terminal: Terminal,
  signal: AbortSignal,
): { readonly program: Command; readonly added: Command } {
  const program = new Command("vielbein")
    .exitOverride()
    .configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
  command.addTo(program, { name, summary: "" }, { terminal, signal });
  const [added] = program.commands;
  if (!added) throw new Error(`${name} adds no command.`);
  return { program, added };
}
