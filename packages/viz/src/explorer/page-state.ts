// What the address restores: seed, truncation, further inputs, spaces, layout, layers, the columns and their slider
// values; and the code itself where it is not that of the seed any more. Unknown or broken parts of an address are
// passed over.

import { formatSetting, parseSetting } from "@vielbein/core";
import { parseLayout } from "../images/image-layout.ts";
import type { LayerRange, StepUnit } from "./code.ts";
import type { AxisExtents, DirectionKind, InputValues } from "./engine.ts";
import { REACH } from "./sliders.ts";

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
  /** How outputs are drawn, where the person chose it. */
  readonly layout?: string | undefined;
  readonly layers?: LayerRange | undefined;
  /** The code around which the sliders move, where it is not the sample of the seed. */
  readonly anchor?: Float32Array | undefined;
}

const KINDS = ["basis", "sefa", "pca", "metric"] as const satisfies readonly DirectionKind[];
const DEFAULT_KINDS: readonly DirectionKind[] = ["basis", "sefa"];

/** The text for the page's address, without the `#`. Directions from a file cannot be restored and are left out. */
export function encodePageState(pageState: PageState): string {
  const {
    seed,
    truncation,
    kinds,
    unit,
    steps,
    from,
    to,
    set = {},
    extents = {},
    layout,
    layers,
    anchor,
  } = pageState;
  const parts = new URLSearchParams({ seed: String(seed) });
  if (truncation !== 1) parts.set("truncation", String(truncation));
  if (from !== undefined) parts.set("from", from);
  if (to !== undefined) parts.set("to", to);
  for (const value of settings(set)) parts.append("set", value);
  for (const axis of axes(extents)) parts.append("axis", axis);
  if (layout !== undefined) parts.set("layout", layout);
  if (layers) parts.set("layers", layers.join("-"));
  const kept = KINDS.filter((kind) => kinds.includes(kind));
  if (kept.length > 0 && String(kept) !== String(DEFAULT_KINDS)) parts.set("show", kept.join(","));
  if (unit !== "deviation") parts.set("unit", unit);
  for (const kind of kept) {
    const values = steps[kind] ?? [];
    const last = values.findLastIndex((t) => t !== 0);
    if (last >= 0) parts.set(kind, values.slice(0, last + 1).join(","));
  }
  if (anchor) parts.set("at", toBase64(anchor));
  return readable(parts);
}

/**
 * The part of the page's state that the command line chooses, without the `#`: inputs, their extents, and the layout.
 */
export function encodeChoice(choice: Pick<PageState, "set" | "extents" | "layout">): string {
  const { set = {}, extents = {}, layout } = choice;
  const parts = new URLSearchParams([
    ...settings(set).map((value) => ["set", value]),
    ...axes(extents).map((axis) => ["axis", axis]),
  ]);
  if (layout !== undefined) parts.set("layout", layout);
  return readable(parts);
}

/** `NAME:EXTENT` of each. */
function axes(extents: AxisExtents): string[] {
  return Object.entries(extents).map(([name, extent]) => `${name}:${extent}`);
}

/** `NAME:V1,V2,…`, `NAME:onehot:3` or `NAME:all:0.5` of each. */
function settings(set: InputValues): string[] {
  return Object.entries(set).map(([name, setting]) => `${name}:${formatSetting(setting)}`);
}

function readable(parts: URLSearchParams): string {
  return String(parts).replaceAll("%2C", ",").replaceAll("%2F", "/").replaceAll("%3A", ":");
}

/** @param hash with or without its `#`. */
export function decodePageState(hash: string): PageState {
  const parts = new URLSearchParams(hash.replace(/^#/, ""));
  const seed = Number(parts.get("seed") ?? 0);
  const truncation = Number(parts.get("truncation") ?? 1);
  const named = parts.get("show")?.split(",") ?? [];
  const shown = KINDS.filter((kind) => named.includes(kind));
  const kinds = shown.length > 0 ? shown : DEFAULT_KINDS;
  const steps = Object.fromEntries(
    KINDS.filter((kind) => kinds.includes(kind)).flatMap((kind) => {
      const values = parts.get(kind)?.split(",").map(Number) ?? [];
      return values.length > 0 && values.every(Number.isFinite)
        ? [[kind, values.map(withinReach)] as const]
        : [];
    }),
  );
  const layout = parts.get("layout") ?? "";
  const [, first, last] = /^(\d+)-(\d+)$/.exec(parts.get("layers") ?? "") ?? [];
  const set = parts.getAll("set").flatMap((text) => {
    // Names may have colons in them.
    const [, name, value] = /^(.+?):((?:onehot:|all:)?[^:]*)$/s.exec(text) ?? [];
    const setting = parseSetting(value ?? "");
    return name !== undefined && setting ? [[name, setting] as const] : [];
  });
  const extents = parts.getAll("axis").flatMap((text) => {
    const [, name, extent] = /^(.+):([1-9]\d{0,5})$/s.exec(text) ?? [];
    return name === undefined ? [] : [[name, Number(extent)] as const];
  });
  return {
    seed: Number.isSafeInteger(seed) && seed >= 0 ? seed : 0,
    truncation: truncation >= 0 && truncation <= 2 ? truncation : 1,
    kinds,
    unit: parts.get("unit") === "change" ? "change" : "deviation",
    steps,
    from: parts.get("from") || undefined,
    to: parts.get("to") || undefined,
    set: set.length > 0 ? Object.fromEntries(set) : undefined,
    extents: extents.length > 0 ? Object.fromEntries(extents) : undefined,
    layout: parseLayout(layout) && layout,
    layers: first !== undefined && Number(first) <= Number(last) ? [Number(first), Number(last)] : undefined,
    anchor: fromBase64(parts.get("at") ?? ""),
  };
}

/** What a slider can show. */
function withinReach(t: number): number {
  return Math.max(-REACH, Math.min(t, REACH));
}

/** Base64 of the address-safe alphabet, float32 little-endian. */
function toBase64(values: Float32Array): string {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, i) => {
    view.setFloat32(4 * i, value, true);
  });
  const text = Array.from(new Uint8Array(view.buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64(text: string): Float32Array | undefined {
  if (text === "") return undefined;
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) =>
      c.charCodeAt(0),
    );
    const view = new DataView(bytes.buffer);
    const values = Float32Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) =>
      view.getFloat32(4 * i, true),
    );
    return values.length > 0 && values.every(Number.isFinite) ? values : undefined;
  } catch {
    return undefined;
  }
}
