// The option --set: values of inputs beside the code, with the arrays of the files it names.

import { formatSetting, type InputSetting } from "@vielbein/core";
import { type Assignments, assignment, isNpy } from "../kit/arguments.ts";
import { InputOption } from "../kit/command-files.ts";
import { readArray } from "./array-files.ts";

/** The option --set. `effect` says what it gives an input. */
export function setOption(effect: string): InputOption<Assignments | undefined> {
  return new InputOption<Assignments | undefined>(
    "--set <name=values>",
    `${effect}: all its numbers separated by commas, onehot:INDEX, all:NUMBER, or FILE.npy; repeatable`,
  )
    .argParser(assignment)
    .naming((value) => {
      const start = value.indexOf("=") + 1;
      return isNpy(value) ? { start, path: value.slice(start) } : undefined;
    });
}

/** What inputs are set to, and how the provenance records it. */
export interface Settings {
  readonly settings: Readonly<Record<string, InputSetting>>;
  readonly description: Readonly<Record<string, unknown>>;
}

/** @throws {VielbeinError} `MISSING_FILE`; what reading a file throws. */
export async function readSettings(set: Assignments = {}): Promise<Settings> {
  const entries: [string, InputSetting, unknown][] = [];
  for (const [name, setting] of Object.entries(set)) {
    if ("file" in setting) entries.push([name, ...(await readSetting(name, setting.file))]);
    else entries.push([name, setting, formatSetting(setting)]);
  }
  return {
    settings: Object.fromEntries(entries.map(([name, setting]) => [name, setting])),
    description: Object.fromEntries(entries.map(([name, , described]) => [name, described])),
  };
}

async function readSetting(name: string, path: string): Promise<[InputSetting, unknown]> {
  const { shape, data, file, sha256 } = await readArray(`--set ${name}`, path, () => true, "any");
  return [
    { shape, data: data as ArrayLike<number | bigint> },
    { file, sha256 },
  ];
}
