// The traversal of the selected direction: images at fixed steps, each a button that goes there.

import { symmetricSteps } from "@vielbein/core/paths";
import type { RgbaImage } from "../images/image.ts";
import { paint } from "./picture.ts";
import { REACH } from "./steps.ts";

/** Steps of the strip, in units of the slider. */
export function stripSteps(): number[] {
  return symmetricSteps(REACH, 2 * REACH + 1);
}

export class Strip {
  readonly #buttons: readonly HTMLButtonElement[];

  /** @param chosen is told the step that was clicked. */
  constructor(host: HTMLElement, chosen: (t: number) => void) {
    this.#buttons = stripSteps().map((t) => {
      const button = document.createElement("button");
      const label = document.createElement("span");
      label.textContent = t > 0 ? `+${t}` : String(t).replace("-", "−");
      button.append(document.createElement("canvas"), label);
      button.setAttribute("aria-label", `Step ${t}`);
      button.addEventListener("click", () => chosen(t));
      return button;
    });
    host.replaceChildren(...this.#buttons);
  }

  show(images: readonly RgbaImage[]): void {
    images.forEach((image, i) => {
      paint(this.#buttons[i].querySelector("canvas")!, image);
    });
  }

  /** Marks the step that the slider stands at. */
  mark(t: number): void {
    this.#buttons.forEach((button, i) => {
      button.setAttribute("aria-current", String(i - REACH === t));
    });
  }
}
