// Axes: a d3 scale from values to pixels, round ticks on it, and their labels in one notation.

import { VielbeinError } from "@vielbein/core";
import { max, min } from "d3-array";
import { scaleLinear, scaleLog } from "d3-scale";

/** Title, scale and ends of an axis. */
export interface AxisOptions {
  /** Quantity with its unit, e.g. `angle (rad)`. */
  readonly title: string;
  /** `index` counts from 1 with whole ticks; `whole` has whole ticks from where the data begin. Default `linear`. */
  readonly scale?: "linear" | "log" | "index" | "whole" | undefined;
  /**
   * Ends of the axis. Default: those of the data, rounded outwards, with zero where including it takes less than half
   * of the axis.
   */
  readonly domain?: readonly [number, number] | undefined;
}

/** What the figures use of a scale of d3, whose types would have to be installed where these are read. */
interface AxisScale {
  (value: number): number;
  domain(): number[];
  /** Sets where it leads to. */
  range(pixels: readonly number[]): unknown;
}

export interface Axis {
  readonly title: string;
  /** From values to pixels; its range is set where the axis is placed. */
  readonly scale: AxisScale;
  /** Ascending. */
  readonly ticks: readonly number[];
  readonly labels: readonly string[];
  /** Whether a value has a place on the axis: finite, and positive on a logarithmic one. */
  readonly shows: (value: number) => boolean;
}

/**
 * The axis for these values; those that it cannot show are ignored.
 *
 * @param count the approximate number of ticks wanted.
 * @throws {VielbeinError} `INVALID_ARGUMENT` when nothing can be shown, or for a bad `domain`.
 */
export function makeAxis(options: AxisOptions, values: readonly number[], count: number): Axis {
  const { title, scale = "linear", domain } = options;
  const shows = (value: number) => Number.isFinite(value) && (scale !== "log" || value > 0);
  if (domain && !(domain[0] < domain[1] && domain.every(shows))) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `Axis "${title}": the domain of a ${scale} axis must be ${scale === "log" ? "positive" : "finite"} and ascending, got [${domain.join(", ")}].`,
    );
  }
  const shown = domain ?? values.filter(shows);
  const [low, high] = [min(shown), max(shown)];
  if (low === undefined || high === undefined) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `Axis "${title}": a ${scale} axis needs a ${scale === "log" ? "positive" : "finite"} value, got none.`,
    );
  }
  if (scale === "log") {
    const round = logTicks(low, high);
    const ends = domain ?? [round.low, round.high];
    const ticks = round.ticks.filter((tick) => tick >= ends[0] && tick <= ends[1]);
    return { title, scale: scaleLog(ends, [0, 1]), ticks, labels: tickLabels(ticks), shows };
  }
  if (scale === "index") {
    const ticks = indexTicks(high);
    return {
      title,
      scale: scaleLinear(domain ?? [Math.min(1, low), Math.max(2, high)], [0, 1]),
      ticks,
      labels: ticks.map(String),
      shows,
    };
  }
  if (scale === "whole") {
    const whole = scaleLinear(domain ?? [low, Math.max(low + 1, high)], [0, 1]);
    const ticks = whole.ticks(count).filter(Number.isInteger);
    return { title, scale: whole, ticks, labels: tickLabels(ticks), shows };
  }
  const linear = scaleLinear(domain ?? widened(low, high), [0, 1]);
  if (!domain) linear.nice(count);
  const ticks = linear.ticks(count);
  return { title, scale: linear, ticks, labels: tickLabels(ticks), shows };
}

/** The ends of the data, with zero where it is near, and apart where they coincide. */
function widened(low: number, high: number): [number, number] {
  if (low === high) {
    const half = low === 0 ? 1 : Math.abs(low) / 2;
    return [low - half, high + half];
  }
  if (low > 0 && low < high - low) return [0, high];
  if (high < 0 && -high < high - low) return [low, 0];
  return [low, high];
}

/** Ends and ticks for 0 < low ≤ high: 1-2-5 steps within two decades, else powers of ten. */
function logTicks(low: number, high: number): { low: number; high: number; ticks: readonly number[] } {
  const candidates: number[] = [];
  for (let e = Math.floor(Math.log10(low)) - 1; e <= Math.ceil(Math.log10(high)) + 1; e++) {
    // Parsed from decimal text, so that 10⁻³ is the number people type.
    for (const digit of [1, 2, 5]) candidates.push(Number(`${digit}e${e}`));
  }
  const from = candidates.findLastIndex((tick) => tick <= low * (1 + 1e-9));
  const to = candidates.findIndex((tick) => tick >= high * (1 - 1e-9));
  const round = candidates.slice(from === to ? from - 1 : from, (from === to ? to + 1 : to) + 1);
  const decades = Math.log10(round.at(-1)! / round[0]);
  const every = Math.ceil(decades / 8);
  const ticks =
    decades <= 2.5
      ? round
      : round.filter((tick) => isPowerOfTen(tick) && Math.round(Math.log10(tick)) % every === 0);
  return { low: round[0], high: round.at(-1)!, ticks };
}

/** Round indices from 1 to `count`, at most about twelve of them. */
function indexTicks(count: number): number[] {
  // No step of 2: next to the 1 at the start, its ticks would look uneven.
  let step = 1;
  for (let power = 1; count > 12 * step; power *= 10) {
    step = [5, 10, 20].map((digit) => digit * power).find((one) => count <= 12 * one) ?? 50 * power;
  }
  const ticks = [1];
  for (let tick = step === 1 ? 2 : step; tick <= count; tick += step) ticks.push(tick);
  return ticks;
}

/** Labels in one notation: plain decimals, or multiples of powers of ten where those get long. */
export function tickLabels(ticks: readonly number[]): string[] {
  const sizes = ticks.filter((tick) => tick !== 0).map(Math.abs);
  const [least = 1, most = 1] = [min(sizes), max(sizes)];
  if (least >= 1e-3 && most < 1e5) {
    // Equal decimals where steps are equal; on a logarithmic axis every number as short as it is.
    const even = ticks.length > 2 && isEven(ticks);
    const decimals = even ? Math.max(...ticks.map(decimalsOf)) : 0;
    return ticks.map((tick) => signed(even ? tick.toFixed(decimals) : String(clean(tick))));
  }
  return ticks.map((tick) => {
    if (tick === 0) return "0";
    const exponent = Math.floor(Math.log10(Math.abs(tick)) + 1e-9);
    const digits = clean(tick / 10 ** exponent);
    return `${digits === 1 ? "" : `${signed(String(digits))}·`}10${superscript(exponent)}`;
  });
}

function isEven(ticks: readonly number[]): boolean {
  const step = ticks[1] - ticks[0];
  return ticks.slice(1).every((tick, i) => Math.abs(tick - ticks[i] - step) < 1e-9 * Math.abs(step));
}

function decimalsOf(value: number): number {
  return (String(clean(value)).split(".")[1] ?? "").length;
}

/** Without the rounding of the last digits, which would be printed. */
function clean(value: number): number {
  return Number(value.toPrecision(10));
}

/** With a true minus. */
function signed(text: string): string {
  return text.replace(/^-/, "−");
}

function isPowerOfTen(value: number): boolean {
  return Number.isInteger(Math.round(Math.log10(value) * 1e6) / 1e6);
}

function superscript(exponent: number): string {
  return [...String(exponent)].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)])).join("");
}
