// Values of inputs other than the code as users give them: on the command line, in the explorer's fields and in its
// address.

import { parseDecimal } from "../decimal.ts";
import { requireKind } from "../requirements.ts";

/** What an input is set to. */
export type InputSetting =
  /** All of its numbers, row-major. */
  | readonly (number | bigint)[]
  /** A vector with 1 at this index and 0 elsewhere: a class. */
  | { readonly onehot: number }
  /** The same number everywhere. */
  | { readonly all: number | bigint }
  | { readonly shape: readonly number[]; readonly data: ArrayLike<number | bigint> };

/** `3`, `1,0.5,-2`, `onehot:3` or `all:0.5` → a setting; undefined for anything else. */
export function parseSetting(text: string): InputSetting | undefined {
  requireKind("parseSetting: text", "text", text);
  const onehot = /^\s*onehot:\s*(\d+)\s*$/.exec(text);
  if (onehot) return { onehot: Number(onehot[1]) };
  const all = /^\s*all:(.*)$/.exec(text);
  const values = numbers(all ? all[1] : text);
  if (!all) return values;
  return values?.length === 1 ? { all: values[0] } : undefined;
}

/** A setting as {@link parseSetting} reads it; an array as its numbers. */
export function formatSetting(setting: InputSetting): string {
  requireKind("formatSetting: setting", "object", setting);
  if ("onehot" in setting) return `onehot:${setting.onehot}`;
  if ("all" in setting) return `all:${setting.all}`;
  return Array.from("data" in setting ? setting.data : setting, String).join(",");
}

function numbers(text: string): (number | bigint)[] | undefined {
  const values = text.split(",").map((part) => {
    const value = parseDecimal(part);
    // Integers that no float64 number represents.
    return /^\s*[+-]?\d+\s*$/.test(part) && !Number.isSafeInteger(value)
      ? BigInt(part.trim().replace("+", ""))
      : value;
  });
  return values.every((value) => Number.isFinite(Number(value))) ? values : undefined;
}
