// The methods that a survey can be of: commands whose work is rows.

import { basis } from "../commands/basis.ts";
import { dimension } from "../commands/dimension/command.ts";
import { distortion } from "../commands/distortion/command.ts";
import { metric } from "../commands/metric/command.ts";
import { warpage } from "../commands/warpage/command.ts";
import type { RowsCommand } from "../kit/rows-command.ts";

const methods: Readonly<Record<string, RowsCommand>> = { basis, dimension, distortion, warpage, metric };

export const METHODS: readonly string[] = Object.keys(methods);

/** The command of a method. */
export function methodOf(name: string): RowsCommand {
  const found = methods[name];
  if (!found) throw new Error(`No method is called ${name}.`);
  return found;
}

/** Whether the rows of a method are pairs of points. */
export function isOfPairs({ options }: RowsCommand): boolean {
  return "pairs" in options;
}
