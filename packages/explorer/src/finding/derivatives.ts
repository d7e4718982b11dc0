// The derivatives at the codes that were looked at last, so that what is read off one costs its runs once.

import type { DifferentiableMap } from "@vielbein/core";
import { Derivative } from "./derivative.ts";

/** That of the sliders, of the map and of the picture, and that of a spectrum that follows the sliders. */
const KEPT = 3;

export class Derivatives {
  /** The latest last. */
  #known: readonly Derivative[] = [];

  at(map: DifferentiableMap, point: Float32Array): Derivative {
    const derivative =
      this.#known.find((each) => each.isOf(map, point)) ?? new Derivative(map, point.slice());
    this.#known = [...this.#known.filter((each) => each !== derivative), derivative].slice(-KEPT);
    return derivative;
  }

  clear(): void {
    this.#known = [];
  }
}
