// Fields for the inputs beside the code: a number, a few numbers with commas between, and a note for what is larger.

import { parseNumbers, VielbeinError } from "@vielbein/core";
import type { ExplorerInput, ExplorerModel } from "./engine.ts";

/** Inputs of more values, such as noise, have no field. */
const LARGEST_FIELD = 64;

/** Fills the group with a field for each input; those that are there already keep the focus. */
export function fillInputs(group: HTMLElement, { inputs, set }: Pick<ExplorerModel, "inputs" | "set">): void {
  const key = JSON.stringify(inputs);
  group.hidden = inputs.length === 0;
  if (group.dataset.key !== key) group.replaceChildren(...inputs.map(labelled));
  group.dataset.key = key;
  for (const { name } of inputs) {
    const values = String(set[name] ?? 0);
    const field = group.querySelector<HTMLInputElement | HTMLOutputElement>(`[name="${CSS.escape(name)}"]`)!;
    field.value = field instanceof HTMLOutputElement && values === "0" ? "zeros" : values;
  }
}

/**
 * The numbers in a field.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` for what is no number.
 */
export function valuesIn({ name, value }: HTMLInputElement): number[] {
  const values = parseNumbers(value);
  if (values) return values;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `Input "${name}" takes numbers with commas between, or one number for all; got "${value}".`,
  );
}

function labelled({ name, shape, isInteger }: ExplorerInput): HTMLElement {
  const count = shape.reduce((product, extent) => product * extent, 1);
  const label = document.createElement("label");
  const text = document.createElement("span");
  text.textContent = count > 1 ? `${name} [${shape.join(", ")}]` : name;
  label.title = `Input "${name}" of the model, shape [${shape.join(", ")}]`;
  label.append(text, count > LARGEST_FIELD ? document.createElement("output") : field(count, isInteger));
  (label.lastElementChild as HTMLInputElement).name = name;
  return label;
}

function field(count: number, isInteger: boolean): HTMLInputElement {
  const input = document.createElement("input");
  if (count === 1) {
    input.type = "number";
    input.step = isInteger ? "1" : "any";
    input.inputMode = isInteger ? "numeric" : "decimal";
  } else {
    input.type = "text";
    input.spellcheck = false;
    input.title = `${count} numbers with commas between, or one for all`;
  }
  return input;
}
