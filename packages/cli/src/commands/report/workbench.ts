// Where the sections of a report do their work: commands are run on one model, with their figures and files in a folder
// that is thrown away, and what is typed to run them alone is kept beside what they found.

import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Provenance } from "@vielbein/core";
import { pictureOptions } from "../../inputs/pictures.ts";
import { flagsOf, invoke } from "../../kit/invoke.ts";
import { quoted } from "../../kit/shell.ts";
import type { Terminal } from "../../kit/terminal.ts";
import { makeWorkFolder } from "../../kit/work-folder.ts";
import type { Budget } from "./budgets.ts";
import { COMMANDS, type CommandName } from "./commands.ts";
import { type SharedOptions, typed } from "./shared-options.ts";
import { type Inspected, type Subject, subjectOf } from "./subject.ts";

/** A file in the folder. */
interface WorkFile {
  readonly file: string;
}

/** An argument of a command: a text, or a file that it writes or reads. */
export type Argument = string | number | WorkFile;

/** A file of the folder: figures, which end in .svg, are read when the command is done. */
export function work(file: string): WorkFile {
  return { file };
}

/** What differs from the options that all commands are given. */
export interface Changes {
  /** Ends of the map in place of those that were asked for; undefined: those that the command takes by default. */
  readonly from?: string | undefined;
  readonly to?: readonly string[] | undefined;
  /** Whether it draws images: options on them are refused by commands that then draw none. Default `true`. */
  readonly draws?: boolean | undefined;
}

/** What a command did. */
export interface Run<D> {
  readonly document: D & { readonly provenance?: Provenance };
  /** Those that it wrote, by name. */
  readonly figures: Readonly<Record<string, string>>;
  /** What is typed to run it alone; before it what that needs. */
  readonly commands: readonly string[];
  readonly remarks: readonly string[];
}

/** Where the work is done. */
interface Surroundings {
  readonly signal: AbortSignal;
  readonly watch: NonNullable<Terminal["watch"]>;
}

/** Remarks on files that are thrown away, and on how long something took. */
const NOT_OF_RESULTS = /^(wrote|stopped) |: assembly .* s, decomposition/;

/** What all of it is done with. */
export interface WorkSettings extends Surroundings {
  readonly shared: SharedOptions;
  readonly budget: Budget;
}

export class Workbench {
  readonly model: string;
  readonly budget: Budget;
  readonly #settings: WorkSettings;
  readonly #folder: string;
  readonly #done: Map<string, Promise<unknown>> = new Map();
  #inspected: Run<Inspected> | undefined;

  private constructor(model: string, settings: WorkSettings, folder: string) {
    this.model = model;
    this.budget = settings.budget;
    this.#settings = settings;
    this.#folder = folder;
  }

  /** @throws what `inspect` does. */
  static async open(model: string, settings: WorkSettings): Promise<Workbench> {
    const folder = await makeWorkFolder();
    const bench = new Workbench(model, settings, folder);
    try {
      bench.#inspected = await bench.run<Inspected>("inspect", []);
      return bench;
    } catch (error) {
      await bench.dispose();
      throw error;
    }
  }

  /** What `inspect` found. */
  get inspected(): Run<Inspected> {
    if (!this.#inspected) throw new Error("The model was not inspected yet.");
    return this.#inspected;
  }

  get subject(): Subject {
    return subjectOf(this.inspected.document);
  }

  /** Runs a command on the model. */
  run<D>(name: CommandName, args: readonly Argument[], changes?: Changes): Promise<Run<D>> {
    const flags = flagsOf(COMMANDS[name]);
    const own = changed(this.#settings.shared, changes);
    const taken = new Map([...own].filter(([long]) => flags.has(long)));
    const wanted = taken.has("--points") ? withoutCounts(args) : args;
    return this.#run(name, [this.model, ...wanted, ...typed(taken)]);
  }

  /** Runs a command on files that others wrote. */
  runOn<D>(name: CommandName, files: readonly WorkFile[], args: readonly Argument[]): Promise<Run<D>> {
    return this.#run(name, [...files, ...args]);
  }

  /** What several sections need is done by the first of them. */
  once<T>(key: string, find: () => Promise<T>): Promise<T> {
    const known = this.#done.get(key) as Promise<T> | undefined;
    if (known) return known;
    const found = find();
    this.#done.set(key, found);
    return found;
  }

  async dispose(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #run<D>(name: CommandName, args: readonly Argument[]): Promise<Run<D>> {
    const inFolder = (arg: Argument) =>
      typeof arg === "object" ? join(this.#folder, arg.file) : String(arg);
    const asTyped = (arg: Argument) => quoted(typeof arg === "object" ? arg.file : String(arg));
    const { signal, watch } = this.#settings;
    const found = await invoke({ name, command: COMMANDS[name], args: args.map(inFolder), signal, watch });
    const figures: Record<string, string> = {};
    for (const arg of args) {
      if (typeof arg !== "object" || !arg.file.endsWith(".svg")) continue;
      const svg = await readFile(inFolder(arg), "utf8").catch(() => undefined);
      if (svg !== undefined) figures[arg.file] = svg;
    }
    return {
      document: found.document as Run<D>["document"],
      figures,
      commands: [["vielbein", name, ...args.map(asTyped)].join(" ")],
      remarks: found.remarks
        .filter((text) => !NOT_OF_RESULTS.test(text))
        .map((text) => text.replaceAll(`${this.#folder}/`, "")),
    };
  }
}

function changed(shared: SharedOptions, changes: Changes = {}): SharedOptions {
  const { from, to, draws = true } = changes;
  const result = new Map(shared);
  if (from !== undefined) result.set("--from", [from]);
  if ("to" in changes) result.delete("--to");
  if (to) result.set("--to", to);
  if (!draws) for (const { long } of Object.values(pictureOptions)) result.delete(String(long));
  return result;
}

/** Of points that are given, all count, whatever the effort. */
function withoutCounts(args: readonly Argument[]): readonly Argument[] {
  const isCount = (arg: Argument | undefined) => arg === "--samples" || arg === "--pairs";
  return args.filter((arg, i) => !isCount(arg) && !isCount(args[i - 1]));
}
