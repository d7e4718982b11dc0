// Commands as values. A command says what options it takes and how it comes to its report; reading the command line,
// checking files before any work, disposing of what was opened and printing are done here, for all.

import { VielbeinError } from "@vielbein/core";
import { Command, CommanderError } from "commander";
import { checkOutputs } from "./command-files.ts";
import { flag, type Options, type OptionsOf } from "./options.ts";
import { present, type Report } from "./report.ts";
import { disposing, type Task } from "./task.ts";
import type { Terminal } from "./terminal.ts";
import { addTitle, type Title } from "./title.ts";

/** `<model>`, `<files...>` where there may be several, `[model]` where it may be left out. */
type Argument = `<${string}>` | `[${string}]`;

/** Its value by its name. */
type ArgumentOf<A extends Argument> = A extends `<${infer Name}...>`
  ? { readonly [K in Name]: readonly string[] }
  : A extends `<${infer Name}>`
    ? { readonly [K in Name]: string }
    : A extends `[${infer Name}]`
      ? { readonly [K in Name]: string | undefined }
      : never;

export interface Definition<A extends Argument, O extends Options> {
  readonly argument: A;
  readonly description: string;
  /** In the order in which they are listed. */
  readonly options: O;
  /** Values for options that were not given, where they depend on others. */
  readonly presets?: (options: OptionsOf<O>) => Partial<OptionsOf<O>>;
  /** Does the work; its report is printed. */
  readonly run: (task: Task<OptionsOf<O>> & ArgumentOf<A>) => Promise<Report>;
}

/** Where a command runs. */
interface Surroundings {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** A command, or a group of them, to be added to a program. */
export interface CommandValue {
  readonly addTo: (parent: Command, title: Title, surroundings: Surroundings) => void;
}

/** The command of a definition; the types of its options and of its argument are inferred. */
export function command<const A extends Argument, O extends Options>(
  definition: Definition<A, O>,
): CommandValue {
  return {
    addTo(parent, title, { terminal, signal }) {
      const added = addDefined(parent, title, definition);
      added
        .hook("preAction", async () => {
          requireValues(added);
          applyPresets(added, definition);
          if (await checkOutputs(added)) terminal.reports = "stderr";
        })
        .action(async (argument: string | readonly string[] | undefined) => {
          const options = optionsOf(added);
          const given = { [added.registeredArguments[0]!.name()]: argument } as ArgumentOf<A>;
          await disposing(async (use) => {
            const task = { options: options as OptionsOf<O>, terminal, signal, use, ...given };
            await present(await definition.run(task), terminal, options.json === true);
          });
        });
    },
  };
}

/**
 * What the words of a command line give the options, with presets and defaults; nothing is run.
 *
 * @param words options alone, as they are typed.
 * @throws {VielbeinError} `INVALID_ARGUMENT` for words that are no options of the command, and for values that do not fit.
 */
export function readOptions<A extends Argument, O extends Options>(
  definition: Omit<Definition<A, O>, "run">,
  words: readonly string[],
): OptionsOf<O> {
  const said: string[] = [];
  const parent = new Command()
    .exitOverride()
    .configureOutput({ writeErr: (text) => said.push(text), writeOut: () => undefined });
  const added = addDefined(parent, { name: "words", summary: "" }, definition).action(() => undefined);
  try {
    parent.parse(["words", ...words, "--", "-"], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const reason = said
      .join("")
      .trim()
      .replace(/^error: /, "");
    throw new VielbeinError("INVALID_ARGUMENT", `${words.join(" ")}: ${reason}`, {
      cause: error,
    });
  }
  applyPresets(added, definition);
  return optionsOf(added) as OptionsOf<O>;
}

/** Commands under one name: `directions import`. */
export function group(members: readonly (Title & { readonly command: CommandValue })[]): CommandValue {
  return {
    addTo(parent, title, surroundings) {
      const added = addTitle(parent, title);
      for (const { command, ...member } of members) command.addTo(added, member, surroundings);
    },
  };
}

/** Options of every command, last in the list. */
const commonOptions: Options = {
  quiet: flag("--quiet", "no progress and no remarks on stderr"),
  verbose: flag("--verbose", "stack traces with errors"),
};

function addDefined(
  parent: Command,
  title: Title,
  { argument, description, options }: Omit<Definition<Argument, Options>, "presets" | "run">,
): Command {
  const added = addTitle(parent, title).argument(argument).description(description);
  for (const [key, option] of Object.entries({ ...options, ...commonOptions })) {
    if (option.attributeName() !== key) {
      throw new Error(
        `${title.name}: ${option.long} is read as "${option.attributeName()}", but named "${key}".`,
      );
    }
    added.addOption(option);
  }
  return added;
}

/** The values of all options; of one that says whether it was given, false where it was not. */
function optionsOf(command: Command): Record<string, unknown> {
  const flags = command.options.filter((option) => option.isBoolean());
  return { ...Object.fromEntries(flags.map((option) => [option.attributeName(), false])), ...command.opts() };
}

/** An empty text is what a variable of the shell that is not set leaves: it names nothing. */
function requireValues(command: Command): void {
  const given = [
    ...command.args.map((value) => [command.registeredArguments[0]!.name().toUpperCase(), value] as const),
    ...command.options.map(
      (option) => [option.long, command.getOptionValue(option.attributeName())] as const,
    ),
  ];
  for (const [name, value] of given) {
    if (![value].flat().includes("")) continue;
    throw new VielbeinError("INVALID_ARGUMENT", `${name}: its value is empty. Give one, or leave it out.`);
  }
}

function applyPresets<A extends Argument, O extends Options>(
  command: Command,
  { presets }: Pick<Definition<A, O>, "presets">,
): void {
  const values = presets?.(command.opts() as OptionsOf<O>) ?? {};
  for (const [key, value] of Object.entries(values)) {
    if (command.getOptionValue(key) !== undefined) continue;
    command.setOptionValueWithSource(key, value, "default");
  }
}
