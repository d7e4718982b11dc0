// Options as values that know the type of what they yield. The options of a command are a plain object of them, in the
// order in which they are listed; groups that commands share are such objects, to be spread.

import { VielbeinError } from "@vielbein/core";
import { Option } from "commander";

/** An option that yields a T: undefined where it was not given and has no default. */
export class TypedOption<T> extends Option {
  /** Known to the compiler alone. */
  declare readonly type: T;
}

/** Options by the names that their values have in code: `--image-range` is `imageRange`. */
export type Options = Readonly<Record<string, TypedOption<unknown>>>;

/** What options yield, by their names. */
export type OptionsOf<O extends Options> = {
  readonly [K in keyof O as undefined extends O[K]["type"] ? never : K]: O[K]["type"];
} & {
  readonly [K in keyof O as undefined extends O[K]["type"] ? K : never]?: O[K]["type"];
};

/** An option that yields whether it was given; `--no-…`, whether it was not. */
export function flag(flags: string, description: string): TypedOption<boolean> {
  return new TypedOption(flags, description);
}

/** Makes a value of a text. An option that may be given several times is handed what it has made so far. */
type Parse<T> = (text: string, previous?: T) => T;

/** An option with a value: the text as it is, or what `parse` makes of it, and a default. */
export function option(flags: string, description: string): TypedOption<string | undefined>;
export function option<T>(flags: string, description: string, parse: Parse<T>): TypedOption<T | undefined>;
export function option<T>(
  flags: string,
  description: string,
  parse: Parse<T>,
  preset: NoInfer<T>,
): TypedOption<T>;
export function option(
  flags: string,
  description: string,
  parse?: Parse<unknown>,
  preset?: unknown,
): TypedOption<unknown> {
  const result = new TypedOption<unknown>(flags, description).default(preset);
  return parse ? result.argParser(parse) : result;
}

/** An option with one or more values, of flags such as `--to <tensors...>`. */
export function listOption(flags: string, description: string): TypedOption<readonly string[] | undefined> {
  return new TypedOption(flags, description);
}

/** An option that takes one of `choices`. */
export function choice<const C extends string>(
  flags: string,
  description: string,
  choices: readonly C[],
): TypedOption<C | undefined>;
export function choice<const C extends string>(
  flags: string,
  description: string,
  choices: readonly C[],
  preset: NoInfer<C>,
): TypedOption<C>;
export function choice(
  flags: string,
  description: string,
  choices: readonly string[],
  preset?: string,
): TypedOption<string | undefined> {
  return new TypedOption<string | undefined>(flags, description).choices(choices).default(preset);
}

/** The same option, which always yields a value. */
type Given<O extends TypedOption<unknown>> = O & TypedOption<NonNullable<O["type"]>>;

/** Makes an option one that must be given. */
export function required<O extends TypedOption<unknown>>(given: O): Given<O> {
  return given.makeOptionMandatory() as Given<O>;
}

/** Gives an option a default. */
export function withDefault<O extends TypedOption<unknown>>(
  given: O,
  preset: NonNullable<O["type"]>,
): Given<O> {
  return given.default(preset) as Given<O>;
}

/**
 * Refuses options that have no use in the company of others.
 *
 * @param given the values of options, by their names in code.
 * @param names of those that have no use.
 * @param why with the remedy: what follows the option's flag in the message.
 * @throws {VielbeinError} `INVALID_ARGUMENT` for the first of them that was given.
 */
export function requireAbsent(
  given: Readonly<Record<string, unknown>>,
  names: readonly string[],
  why: string,
): void {
  const useless = names.find((name) => given[name] !== undefined && given[name] !== false);
  if (useless === undefined) return;
  throw new VielbeinError("INVALID_ARGUMENT", `${flagOf(useless)}: ${why}`);
}

/** The flag of an option: that of `imageRange` is `--image-range`. */
function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`;
}

/** Asks for the document in place of the text. */
export const json: TypedOption<boolean> = flag("--json", "one JSON document on stdout");
