// Compiled by ../types.test.ts and never run: what the compiler infers of options and arguments.

import { indexList, integer } from "../../../src/kit/arguments.ts";
import { command } from "../../../src/kit/command.ts";
import { input, output } from "../../../src/kit/command-files.ts";
import {
  choice,
  flag,
  json,
  listOption,
  type OptionsOf,
  option,
  required,
  withDefault,
} from "../../../src/kit/options.ts";
import { computeRows, type RowsJob, rowOptions } from "../../../src/kit/rows.ts";

/** True of one type and the same alone. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

const shared = { from: option("--from <tensor>", ""), seed: option("--seed <n>", "", integer(0), 0) };

const options = {
  ...shared,
  layers: option("--layers <list>", "", indexList),
  to: listOption("--to <tensors...>", ""),
  mode: choice("--mode <mode>", "", ["linear", "curve"], "linear"),
  unit: choice("--unit <space>", "", ["input", "output"]).conflicts("to"),
  target: required(input("--target <file>", "")),
  distance: withDefault(input("--distance <features>", ""), "l2"),
  out: output("--out <file>", ""),
  loud: flag("--loud", ""),
  json,
};

type Values = OptionsOf<typeof options>;

/** Every property and its type; a list of the others would be an error. */
export const inferred: {
  readonly [K in keyof Values]-?: Same<Values[K], Expected[K]>;
} = {
  from: true,
  seed: true,
  layers: true,
  to: true,
  mode: true,
  unit: true,
  target: true,
  distance: true,
  out: true,
  loud: true,
  json: true,
};

interface Expected {
  readonly from?: string | undefined;
  readonly seed: number;
  readonly layers?: number[] | undefined;
  readonly to?: readonly string[] | undefined;
  readonly mode: "linear" | "curve";
  readonly unit?: "input" | "output" | undefined;
  readonly target: string;
  readonly distance: string;
  readonly out?: string | undefined;
  readonly loud: boolean;
  readonly json: boolean;
}

/** What may be left out is what has no default. */
export const least: Values = {
  seed: 0,
  mode: "curve",
  target: "x",
  distance: "l2",
  loud: false,
  json: false,
};

export const one = command({
  argument: "<model>",
  description: "",
  options,
  // @ts-expect-error: presets are of options that there are, with values of theirs.
  presets: () => ({ mode: "spherical" }),
  async run({ model, options: { mode, seed }, ...rest }) {
    const same: Same<typeof model, string> = true;
    // @ts-expect-error: there is no such argument.
    rest.files;
    return { text: () => `${same} ${mode satisfies "linear" | "curve"} ${seed.toFixed()}` };
  },
});

declare const job: RowsJob<{ readonly n: number }>;

export const several = command({
  argument: "<files...>",
  description: "",
  options: {},
  async run(task) {
    const { files } = task;
    const same: Same<typeof files, readonly string[]> = true;
    // @ts-expect-error: rows are computed by commands with --out and --resume alone.
    const report = computeRows(task, job);
    return { text: () => `${same} ${report}` };
  },
});

export const rows = rowOptions("rows").out satisfies { readonly type: string | undefined };

// @ts-expect-error: a default is one of the choices.
export const wrong = choice("--mode <mode>", "", ["linear", "curve"], "spherical");

// @ts-expect-error: a default is what the parser makes.
export const mistaken = option("--seed <n>", "", integer(0), "0");
