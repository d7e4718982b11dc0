// The options that a report hands on to its commands: as they were typed, once they are known to be good.

import { mapOptions, pointOptions } from "../../inputs/model.ts";
import { pictureOptions } from "../../inputs/pictures.ts";
import type { Options, TypedOption } from "../../kit/options.ts";

/** Those that may be given several times. */
const REPEATABLE: readonly string[] = ["--set", "--shape"];

const handedOn = { ...mapOptions, ...pointOptions, ...pictureOptions };

/** What was typed: the texts of an option, or whether it was given. */
type Typed = readonly string[] | boolean | undefined;

/** Options of the map, the points and the pictures, each of which yields what was typed. */
export const sharedOptions: { readonly [K in keyof typeof handedOn]: TypedOption<Typed> } =
  Object.fromEntries(
    Object.entries<TypedOption<unknown>>(handedOn).map(([key, option]) => [key, asTyped(option)]),
  ) as { readonly [K in keyof typeof handedOn]: TypedOption<Typed> };

/** Long names, `--seed`, with the texts given: one for each time; none of a flag. */
export type SharedOptions = ReadonlyMap<string, readonly string[]>;

/** The same option, of the same class, that checks its value and keeps the text. */
function asTyped(option: TypedOption<unknown>): TypedOption<Typed> {
  const copy: TypedOption<Typed> = Object.assign(Object.create(Object.getPrototypeOf(option)), option);
  if (option.isBoolean()) return copy;
  const { parseArg } = option;
  const isRepeatable = REPEATABLE.includes(String(option.long));
  return copy.default(undefined).argParser((text: string, previous?: Typed) => {
    const texts = isRepeatable && Array.isArray(previous) ? [...previous, text] : [text];
    texts.reduce<unknown>((made, each) => parseArg?.(each, made), undefined);
    return texts;
  });
}

/** What was given of them. */
export function sharedTexts(options: Readonly<Record<string, unknown>>): SharedOptions {
  const given = Object.entries<Options[string]>(sharedOptions).flatMap(
    ([key, { long }]): [string, readonly string[]][] => {
      const value = options[key];
      if (value === true) return [[String(long), []]];
      return Array.isArray(value) ? [[String(long), value]] : [];
    },
  );
  return new Map(given);
}

/** As they are typed: `--seed`, `3`; of --to, which commands on several layers take a list of, all after one name. */
export function typed(shared: SharedOptions): string[] {
  return [...shared].flatMap(([long, texts]) =>
    texts.length === 0 || long === "--to" ? [long, ...texts] : texts.flatMap((text) => [long, text]),
  );
}
