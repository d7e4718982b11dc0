// Fields for the inputs beside the code: a number, a few numbers separated by commas or what stands for them, and a
// note for what is larger; and for the axes that the file leaves open.

import { formatSetting, type InputSetting, parseSetting, VielbeinError } from "@vielbein/core";
import type { ExplorerInput, ExplorerModel } from "./engine.ts";

/** Inputs of more values, such as noise, have no field. */
const LARGEST_FIELD = 64;

/** Fills the group with a field for each input and open axis; those that are there already keep the focus. */
export function fillInputs(
  group: HTMLElement,
  { inputs, set, extents }: Pick<ExplorerModel, "inputs" | "set" | "extents">,
): void {
  const axes = Object.keys(extents);
  const key = JSON.stringify([inputs, axes]);
  group.hidden = inputs.length + axes.length === 0;
  if (group.dataset.key !== key) group.replaceChildren(...axes.map(axisField), ...inputs.map(labelled));
  group.dataset.key = key;
  for (const field of group.querySelectorAll<HTMLInputElement>(AXES)) {
    field.valueAsNumber = extents[field.dataset.axis!]!;
  }
  for (const { name } of inputs) {
    const values = Object.hasOwn(set, name) ? formatSetting(set[name]) : "0";
    const field = group.querySelector<HTMLInputElement | HTMLOutputElement>(`[name="${CSS.escape(name)}"]`)!;
    field.value = field instanceof HTMLOutputElement && values === "0" ? "zeros" : values;
  }
}

/** Fields of open axes. */
const AXES = "input[data-axis]";

/** The name of the axis that a field is for; undefined for that of an input. */
export function axisOf(field: HTMLInputElement): string | undefined {
  return field.dataset.axis;
}

function axisField(name: string): HTMLElement {
  const label = document.createElement("label");
  const text = document.createElement("span");
  text.textContent = name;
  label.title = `Axis "${name}", which the file leaves open`;
  const input = field(1, true);
  input.min = "1";
  input.dataset.axis = name;
  label.append(text, input);
  return label;
}

/**
 * What a field says.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` for what is not a number.
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
