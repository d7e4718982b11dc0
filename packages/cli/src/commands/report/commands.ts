// The commands that a report runs, by the names under which they are typed.

import { basis } from "../basis.ts";
import { compare } from "../compare/command.ts";
import { dimension } from "../dimension/command.ts";
import { distortion } from "../distortion/command.ts";
import { geodesic } from "../geodesic/command.ts";
import { inspect } from "../inspect.ts";
import { metric } from "../metric/command.ts";
import { pca } from "../pca.ts";
import { samples } from "../samples.ts";
import { sefa } from "../sefa/command.ts";
import { traverse } from "../traverse/command.ts";
import { warpage } from "../warpage/command.ts";

export const COMMANDS = {
  basis,
  compare,
  dimension,
  distortion,
  geodesic,
  inspect,
  metric,
  pca,
  samples,
  sefa,
  traverse,
  warpage,
};

export type CommandName = keyof typeof COMMANDS;
