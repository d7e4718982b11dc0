// Fields for the inputs beside the code: a number, a few numbers with commas between or what stands for them, and a note
// for what is larger.

import { formatSetting, type InputSetting, parseSetting, VielbeinError } from "@vielbein/core";
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
    const values = Object.hasOwn(set, name) ? formatSetting(set[name]) : "0";
    const field = group.querySelector<HTMLInputElement | HTMLOutputElement>(`[name="${CSS.escape(name)}"]`)!;
    field.value = field instanceof HTMLOutputElement && values === "0" ? "zeros" : values;
  }
}

/**
 * What a field says.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` for what is no number.
 */
export function valuesIn({ name, value }: HTMLInputElement): InputSetting {
  const setting = parseSetting(value);
  if (setting) return setting;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `Input "${name}" takes numbers with commas between, onehot:INDEX, or all:NUMBER; got "${value}".`,
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
    input.title = `${count} numbers with commas between, onehot:INDEX for a class, or all:NUMBER`;
  }
  return input;
}
