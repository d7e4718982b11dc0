// What the tests of all commands know of one: the least work it can do, the limits of its numeric options, and what
// these are without being given. Each command has a file in profiles/.

import { readdirSync } from "node:fs";
import type { Command } from "commander";

/** Files to work on. */
export interface ProfileFiles {
  readonly model: string;
  /** An image as an array. */
  readonly target: string;
  /** Two files of directions. */
  readonly first: string;
  readonly second: string;
  /** The folder of a survey. */
  readonly survey: string;
}

export interface CommandProfile {
  /** As it is typed. */
  readonly command: string;
  /** The arguments of the least work, where the command writes files. */
  readonly least?: (files: ProfileFiles) => readonly string[];
  /** What it cannot do without beside the model; nothing of it needs to be there. */
  readonly required?: readonly string[];
  readonly limits?: Readonly<Record<string, Limits>>;
  readonly defaults?: Readonly<Record<string, number | readonly number[]>>;
}

/** `random`, or `directions import`. */
export const nameOf = (command: Command): string =>
  command.parent?.parent ? `${command.parent.name()} ${command.name()}` : command.name();

/** Those of all commands. */
export async function readProfiles(): Promise<CommandProfile[]> {
  const folder = new URL("profiles/", import.meta.url);
  const files = readdirSync(folder).sort();
  return Promise.all(files.map(async (name) => (await import(new URL(name, folder).href)).profile));
}

/** Values of an option that are taken, and that are refused. */
export type Limits = { readonly passes: readonly string[]; readonly fails: readonly string[] };

const none = ["", " ", "x", "NaN", "Infinity", "0x1"];
export const integer = (low: number, high?: number): Limits => ({
  passes: [String(low), String(high ?? Number.MAX_SAFE_INTEGER)],
  fails: [
    ...none,
    String(low - 1),
    "1.5",
    "1e2",
    "0x2",
    high === undefined ? "9007199254740992" : String(high + 1),
  ],
});
export const positive: Limits = { passes: ["1e-300", "1e300"], fails: [...none, "0", "-1", "1e999"] };
export const positives: Limits = { passes: ["1", "0.1,2"], fails: [...none, "0", "1,", "1,-1", "1,1"] };
export const shares: Limits = { passes: ["0.1", "0.01,0.999"], fails: [...none, "0", "1", "0.1,0.1"] };
export const between = (low: number, high: number): Limits => ({
  passes: [String(low), String(high)],
  fails: [...none, String(low - 0.1), String(high + 0.1)],
});
export const percent: Limits = { passes: ["0.5", "14"], fails: [...none, "0", "14.1", "-1"] };
export const indices: Limits = {
  passes: ["0", "0-2,5"],
  fails: ["", "x", "-1", "2-1", "1.5", "0-100000", "1;2"],
};
export const size: Limits = { passes: ["1", "512M", "2 GiB"], fails: ["", "0", "-1", "M", "1X"] };
export const range: Limits = {
  passes: ["-1,1"],
  fails: ["", "1", "1,1", "1,-1", "0,x", "0,1,2", "0,Infinity", "0,0x1", ",1"],
};

export const layout: Limits = {
  passes: ["hwc", "hw:28,28", "sheet-hwc:16,16,10", "classes", "signal:2,4096"],
  fails: ["", "nchw", "chw:3,64", "hw:0,4", "hw:-1,4", "signal:1,2,3", "chw:3,64,64,"],
};

export const pictureSize: Limits = {
  passes: ["1", "64,32", "99999"],
  fails: ["", "0", "x", "4x4", "1,2,3", "-1", "100000"],
};

export const map = {
  "--threads": integer(1, 1024),
  "--trial-seconds": integer(1, 10 ** 6),
  "--noise-seed": integer(0, 2 ** 24 - 1),
  "--label": integer(0),
  "--size": integer(1, 65_536),
};
export const points = { "--seed": integer(0), "--truncation": between(0, 2), "--memory": size };
export const sampling = { ...map, ...points };
export const untrained = integer(0, 1000);
