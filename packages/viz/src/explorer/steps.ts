// The steps of a slider, and what its row tells the page.

import { symmetricSteps } from "@vielbein/core/paths";

/** Largest step either way, in units. */
export const REACH = 3;

export interface SliderEvents {
  /** A slider was moved to `t`. */
  moved(k: number, t: number): void;
  selected(k: number): void;
  renamed(k: number, name: string): void;
  kept(k: number): void;
  /** The pointer rests on a direction; undefined where it has left. */
  pointed(k: number | undefined): void;
}

/** The picture of a direction at a step, which someone has to draw. */
export interface StepCell {
  readonly k: number;
  readonly t: number;
  readonly canvas: HTMLCanvasElement;
}

export type SlidersLayout = "sliders" | "grid";

/** Steps of which there are pictures. */
export function cellSteps(layout: SlidersLayout): number[] {
  return layout === "grid" ? symmetricSteps(REACH, 2 * REACH + 1) : [-REACH, REACH];
}

/** A step with its sign, as people write it. */
export function stepText(t: number): string {
  const digits = Number.isInteger(t) ? String(Math.abs(t)) : Math.abs(t).toFixed(2);
  return t === 0 ? "0" : `${t < 0 ? "−" : "+"}${digits}`;
}
