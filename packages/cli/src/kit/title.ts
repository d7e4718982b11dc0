// What a list of commands says of one.

import type { Command } from "commander";

export interface Title {
  readonly name: string;
  readonly summary: string;
}

/** Adds a command of which nothing else is known yet. */
export function addTitle(parent: Command, { name, summary }: Title): Command {
  return parent.command(name).summary(summary);
}
