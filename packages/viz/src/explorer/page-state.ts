// What the address restores: seed, truncation, further inputs, what was answered about a checkpoint, spaces, layout,
// layers, the columns and their slider values; and the code itself where it is not that of the seed any more. One schema
// is both how an address is written and how it is read. Parameters of other names are passed over; an address of which
// any part is damaged restores nothing, since half of what was shared would be another picture.

import { formatSetting, type InputSetting, parseDecimal, VielbeinError } from "@vielbein/core";
import * as z from "zod/mini";
import { parseLayout } from "../images/image-layout.ts";
import {
  readExtent,
  readRegion,
  readSetting,
  withinReach,
  withoutTrailingZeros,
  writeRegion,
} from "./address-text.ts";
import type { LayerRange, StepUnit } from "./code.ts";
import type { AxisExtents, CheckpointAnswers, DirectionKind, ExplorerRegion, InputValues } from "./engine.ts";
import { readFloats, writeFloats } from "./float-text.ts";

/** Slider values by column. */
export type StepsByKind = Readonly<Partial<Record<DirectionKind, readonly number[]>>>;

export interface PageState {
  readonly seed: number;
  readonly truncation: number;
  /** Columns that are shown, at least one. */
  readonly kinds: readonly DirectionKind[];
  readonly unit: StepUnit;
  /** Slider values; trailing zeros are left out. */
  readonly steps: StepsByKind;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Values of inputs beside the code. */
  readonly set?: InputValues | undefined;
  /** Extents of axes that the file leaves open. */
  readonly extents?: AxisExtents | undefined;
  /** What a checkpoint does not say by itself, as it was answered. */
  readonly checkpoint?: CheckpointAnswers | undefined;
  /** How outputs are drawn, where the person chose it. */
  readonly layout?: string | undefined;
  readonly layers?: LayerRange | undefined;
  /** The region of the picture that is marked. */
  readonly region?: ExplorerRegion | undefined;
  /** The code around which the sliders move, where it is not the sample of the seed. */
  readonly anchor?: Float32Array | undefined;
}

const KINDS = ["basis", "sefa", "pca", "metric", "region"] as const satisfies readonly DirectionKind[];
const DEFAULT_KINDS: readonly DirectionKind[] = ["basis", "sefa"];

/** Largest extent of an axis. */
const MOST = 999_999;

/** The state of a page whose address says nothing. */
export const FRESH: PageState = {
  seed: 0,
  truncation: 1,
  kinds: DEFAULT_KINDS,
  unit: "deviation",
  steps: {},
};

/** Whether two states differ in nothing but how far sliders are moved, and the unit of that. */
export function isSameButSteps(a: PageState, b: PageState): boolean {
  const rest = (state: PageState) => encodePageState({ ...state, steps: {}, unit: "deviation" });
  return rest(a) === rest(b);
}

/** A parameter that is there once, as text and as its value. What `read` returns is for the schema to judge. */
function parameter<T>(
  value: z.ZodMiniType<T, T>,
  read: (text: string) => unknown,
  write: (value: T) => string,
) {
  return z.optional(
    z.codec(z.tuple([z.string()]), value, {
      decode: ([text]) => read(text) as T,
      encode: (value) => [write(value)] as [string],
    }),
  );
}

/** A parameter that is there once for each name. `read` returns undefined for what it cannot read. */
function namedParameters<T>(
  value: z.ZodMiniType<T, T>,
  read: (text: string) => readonly [name: string, value: T] | undefined,
  write: (value: T) => string,
) {
  const entries = z
    .array(z.readonly(z.tuple([z.string().check(z.minLength(1)), value])))
    .check(z.refine((named) => new Set(named.map(([name]) => name)).size === named.length));
  return z.optional(
    z.codec(z.array(z.string()), entries, {
      decode: (texts) => texts.map(read) as z.input<typeof entries>,
      encode: (named) => named.map(([name, value]) => `${name}:${write(value)}`),
    }),
  );
}

const text = (value: string): string => value;
const words = (list: string): string[] => list.split(",");
const steps = parameter(
  z.array(z.number()),
  (list) => words(list).map((t) => withinReach(parseDecimal(t))),
  String,
);

const ADDRESS = z.object({
  seed: parameter(z.int().check(z.nonnegative()), parseDecimal, String),
  truncation: parameter(z.number().check(z.gte(0), z.lte(2)), parseDecimal, String),
  from: parameter(z.string().check(z.minLength(1)), text, text),
  to: parameter(z.string().check(z.minLength(1)), text, text),
  set: namedParameters(z.custom<InputSetting>(), readSetting, formatSetting),
  axis: namedParameters(z.int().check(z.gte(1), z.lte(MOST)), readExtent, String),
  label: parameter(z.int().check(z.nonnegative()), parseDecimal, String),
  activation: parameter(z.string().check(z.minLength(1)), text, text),
  size: parameter(z.int().check(z.positive()), parseDecimal, String),
  layout: parameter(z.string().check(z.refine((layout) => parseLayout(layout) !== undefined)), text, text),
  layers: parameter(
    z.readonly(z.tuple([z.int(), z.int()])).check(z.refine(([first, last]) => first <= last)),
    (range) => /^(\d+)-(\d+)$/.exec(range)?.slice(1).map(Number),
    (range) => range.join("-"),
  ),
  show: parameter(z.array(z.enum(KINDS)), words, String),
  unit: parameter(z.enum(["deviation", "change"]), text, text),
  basis: steps,
  sefa: steps,
  pca: steps,
  metric: steps,
  mask: parameter(
    z.custom<ExplorerRegion>((region) => region !== undefined),
    readRegion,
    writeRegion,
  ),
  region: steps,
  at: parameter(
    z.custom<Float32Array>((code) => code instanceof Float32Array),
    readFloats,
    writeFloats,
  ),
});

type Address = z.output<typeof ADDRESS>;

/** What the parameters are, for messages. */
const FORMS: Readonly<Record<keyof Address, string>> = {
  seed: "a whole number, such as 7",
  truncation: "a number from 0 to 2",
  from: "the name of a space",
  to: "the name of a space",
  set: "an input and its numbers, such as label:3, each input once",
  axis: "an axis and its extent, such as height:64, each axis once",
  label: "the number of a class, such as 3",
  activation: "activations, such as relu,tanh",
  size: "a number of pixels, such as 512",
  layout: "a layout, such as chw or hw:28,28",
  layers: "the first and the last layer, such as 0-3",
  show: `any of ${KINDS.join(", ")}`,
  unit: "deviation or change",
  basis: "numbers, such as 1.5,0,-2",
  sefa: "numbers, such as 1.5,0,-2",
  pca: "numbers, such as 1.5,0,-2",
  metric: "numbers, such as 1.5,0,-2",
  mask: "a rule, a size and the runs of a mask, such as ratio:64x64:…",
  region: "numbers, such as 1.5,0,-2",
  at: "a code in Base64",
};

/**
 * The text for the page's address, without the `#`; undefined where a field holds what no address restores. Directions
 * from a file cannot be restored and are left out.
 */
export function encodePageState(pageState: PageState): string | undefined {
  const { seed, truncation, kinds, unit, steps, from, to, checkpoint, layout, layers, region, anchor } =
    pageState;
  const kept = KINDS.filter((kind) => kinds.includes(kind));
  const isDefault = kept.length === 0 || String(kept) === String(DEFAULT_KINDS);
  return write({
    seed,
    truncation: truncation === 1 ? undefined : truncation,
    from,
    to,
    ...choiceOf(pageState),
    ...checkpoint,
    layout,
    layers,
    show: isDefault ? undefined : kept,
    unit: unit === "deviation" ? undefined : unit,
    ...Object.fromEntries(kept.map((kind) => [kind, withoutTrailingZeros(steps[kind] ?? [])])),
    mask: region,
    at: anchor,
  });
}

/**
 * The part of the page's state that the command line chooses, without the `#`: inputs, their extents, and the layout.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` for what the page could not restore.
 */
export function encodeChoice(choice: Pick<PageState, "set" | "extents" | "layout">): string {
  const text = write({ ...choiceOf(choice), layout: choice.layout });
  if (text !== undefined) return text;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `The explorer's address cannot have these inputs, extents or layout: an extent must be ${FORMS.axis}, from 1 to ${MOST}. Choose them on the page.`,
  );
}

function choiceOf({
  set = {},
  extents = {},
}: Pick<PageState, "set" | "extents">): Pick<Address, "set" | "axis"> {
  return { set: Object.entries(set), axis: Object.entries(extents) };
}

function write(address: Address): string | undefined {
  const { success, data } = z.safeEncode(ADDRESS, address);
  if (!success) return undefined;
  const parts = Object.entries(data).flatMap(([key, texts = []]) => texts.map((text) => [key, text]));
  const readable = String(new URLSearchParams(parts));
  return readable.replaceAll("%2C", ",").replaceAll("%2F", "/").replaceAll("%3A", ":");
}

/**
 * @param hash with or without its `#`.
 * @throws {VielbeinError} `INVALID_ARGUMENT` that names the part of the address that is damaged.
 */
export function decodePageState(hash: string): PageState {
  const parts = new URLSearchParams(hash.replace(/^#/, ""));
  const keys = (Object.keys(FORMS) as (keyof Address)[]).filter((key) => parts.has(key));
  const { success, data, error } = z.safeDecode(
    ADDRESS,
    Object.fromEntries(keys.map((key) => [key, parts.getAll(key)])) as z.input<typeof ADDRESS>,
  );
  if (!success) throw damaged(error.issues[0]?.path[0] as keyof Address, parts);
  const { show, axis, set, at: anchor, mask: region, ...rest } = data;
  const { seed = 0, truncation = 1, unit = "deviation" } = rest;
  const { from, to, layout, layers, label, activation, size } = rest;
  const isAnswered = label !== undefined || activation !== undefined || size !== undefined;
  // Without a region there are no directions of one.
  const kinds = (show ?? DEFAULT_KINDS).filter((kind) => kind !== "region" || region);
  const steps = Object.fromEntries(
    KINDS.flatMap((kind) => (kinds.includes(kind) && rest[kind] ? [[kind, rest[kind]] as const] : [])),
  );
  const extents = axis && Object.fromEntries(axis);
  return {
    seed,
    truncation,
    kinds,
    unit,
    steps,
    from,
    to,
    set: set && Object.fromEntries(set),
    extents,
    checkpoint: isAnswered ? { label, activation, size } : undefined,
    layout,
    layers,
    region,
    anchor,
  };
}

function damaged(key: keyof Address, parts: URLSearchParams): VielbeinError {
  const [found, ...more] = parts.getAll(key);
  const value = more.length > 0 ? `"${found}" and "${more.join(`" and "`)}"` : `"${found}"`;
  return new VielbeinError(
    "INVALID_ARGUMENT",
    `The address of this page is damaged: \`${key}\` must be ${FORMS[key]}, got ${value}. The page starts afresh; open the whole link again to see what was shared.`,
  );
}
