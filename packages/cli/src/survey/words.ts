// Options as they are typed: what the options of `survey plan` become in the command lines of the methods. Files are
// named from the folder of the survey, so that the lines can be typed there, and the survey can be moved together with
// its models.

import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import { VielbeinError } from "@vielbein/core";
import { InvalidArgumentError } from "commander";
import { InputOption, type NamedFile, OutputOption } from "../kit/command-files.ts";
import type { Options } from "../kit/options.ts";
import { TypedOption } from "../kit/options.ts";
import { METHODS } from "./methods.ts";

/** Options that yield the words they were given, once their values are found to be good. */
export type WordsOf<O extends Options> = {
  readonly [K in keyof O]: TypedOption<readonly string[] | undefined>;
};

/** The same options, whose values are words such as `["--seed", "3"]`. */
export function asWords<O extends Options>(options: O): WordsOf<O> {
  return Object.fromEntries(
    Object.entries(options).map(([key, option]) => [key, wordsOption(option)]),
  ) as WordsOf<O>;
}

function wordsOption(option: TypedOption<unknown>): TypedOption<readonly string[] | undefined> {
  const result = new (option instanceof InputOption ? InputOption : TypedOption)<
    readonly string[] | undefined
  >(option.flags, option.description);
  if (option.argChoices) result.argChoices = option.argChoices;
  if (option.isBoolean()) return result;
  const { parseArg, long } = option;
  const values: unknown[] = [];
  return result.argParser((text: string, previous: readonly string[] = []) => {
    // What an option that may be given several times has made so far.
    if (previous.length === 0) values.length = 0;
    const value = parseArg ? parseArg(text, values.at(-1)) : text;
    if (option.argChoices && !option.argChoices.includes(text)) {
      throw new InvalidArgumentError(`Allowed choices are ${option.argChoices.join(", ")}.`);
    }
    values.push(value);
    const isFurther = option.variadic && previous.length > 0;
    return isFurther || long === undefined ? [...previous, text] : [...previous, long, text];
  });
}

/** What is typed for the options that a method has; `given` by their names in code. */
export function wordsFor(options: Options, given: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(given).flatMap(([name, value]) => {
    const option = options[name];
    if (!option || value === undefined || value === false) return [];
    return value === true ? [option.long!] : (value as readonly string[]);
  });
}

/** Options of one method. */
export interface MethodWords {
  readonly method: string;
  readonly words: readonly string[];
}

/** `warpage --k 50 --epsilon 0.1`, several times. */
export function methodWords(text: string, previous: readonly MethodWords[] = []): MethodWords[] {
  const [method = "", ...words] = split(text);
  if (!METHODS.includes(method) || !words[0]?.startsWith("-")) {
    throw new InvalidArgumentError(
      `Expected a method, ${METHODS.join(", ")}, and its options, such as "warpage --k 50".`,
    );
  }
  return [...previous, { method, words }];
}

/** At spaces outside of quotes. */
function split(text: string): string[] {
  const parts = text.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  return parts.map((part) => part.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));
}

/** What the plan says for all methods, and no method by itself. */
const COMMON: readonly string[] = ["--to", "--every-layer", "--out", "--resume", "--json"];

/**
 * Refuses what a survey writes or chooses itself.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT`
 */
export function requireOwnOptions({ method, words }: MethodWords, options: Options): void {
  for (const option of Object.values(options)) {
    const { long = "" } = option;
    if (!words.some((word) => word === long || word.startsWith(`${long}=`))) continue;
    if (!COMMON.includes(long) && !(option instanceof OutputOption)) continue;
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `--with "${method} …": ${long} is not for one method of a survey, which writes its own files and has the same layers for all. Leave it out.`,
    );
  }
}

/** The words with files named from `folder`; what names no file that is there stays. */
export function fromFolder(words: readonly string[], options: Options, folder: string): string[] {
  const files = filesAmong(words, options, ".");
  return words.map((word, i) => {
    const named = files.get(i);
    if (!named) return word;
    const { start, path } = named;
    return `${word.slice(0, start)}${relative(folder, resolve(path))}${word.slice(start + path.length)}`;
  });
}

/** The absolute paths of the files that words name from `folder`. */
export function filesNamed(words: readonly string[], options: Options, folder: string): string[] {
  return [...filesAmong(words, options, folder).values()].map(({ path }) => resolve(folder, path));
}

/** The files that are there, seen from `folder`, by the places of their words. */
function filesAmong(words: readonly string[], options: Options, folder: string): Map<number, NamedFile> {
  const inputs = Object.values(options).filter((option) => option instanceof InputOption);
  const files = new Map<number, NamedFile>();
  for (const [i, word] of words.entries()) {
    const [before] = words.slice(Math.max(i - 1, 0), i);
    for (const input of inputs) {
      const { long, short } = input;
      const start = word.startsWith(`${long}=`) ? `${long}=`.length : 0;
      if (start === 0 && before !== long && (short === undefined || before !== short)) continue;
      const named = input.fileIn(word.slice(start));
      if (!named || !word.startsWith(named.path, start + named.start)) continue;
      if (existsSync(resolve(folder, named.path))) files.set(i, { ...named, start: start + named.start });
    }
  }
  return files;
}
