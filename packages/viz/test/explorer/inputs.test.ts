// The fields of further inputs, on as much of a page as they need.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { axisOf, fillInputs, valuesIn } from "../../src/explorer/inputs.ts";

class Element {
  readonly dataset: Record<string, string> = {};
  children: Element[] = [];
  hidden = false;
  name = "";
  type = "";
  step = "";
  title = "";
  value = "";
  textContent = "";
  constructor(readonly tag: string) {}
  append(...children: Element[]): void {
    this.children.push(...children);
  }
  replaceChildren(...children: Element[]): void {
    this.children = children;
  }
  get lastElementChild(): Element | undefined {
    return this.children.at(-1);
  }
  querySelector(selector: string): Element | undefined {
    return this.children
      .map((label) => label.lastElementChild!)
      .find(({ name }) => selector === `[name="${name}"]`);
  }
  querySelectorAll(selector: string): Element[] {
    expect(selector).toBe("input[data-axis]");
    return this.children
      .map((label) => label.lastElementChild!)
      .filter(({ dataset }) => dataset.axis !== undefined);
  }
  set valueAsNumber(value: number) {
    this.value = String(value);
  }
}
class Output extends Element {}

beforeEach(() => {
  const createElement = (tag: string) => (tag === "output" ? new Output(tag) : new Element(tag));
  vi.stubGlobal("document", { createElement });
  vi.stubGlobal("HTMLOutputElement", Output);
  vi.stubGlobal("CSS", { escape: (name: string) => name });
});
afterEach(() => vi.unstubAllGlobals());

const filled = (
  inputs: { name: string; shape: number[]; isInteger: boolean }[],
  set = {},
  extents: Record<string, number> = {},
) => {
  const group = new Element("fieldset");
  fillInputs(group as never, { inputs, set, extents } as never);
  return group;
};

it("one number has a field for numbers, a few have one for text, and more have none", () => {
  const { children } = filled([
    { name: "a", shape: [1], isInteger: false },
    { name: "b", shape: [], isInteger: true },
    { name: "c", shape: [1, 2], isInteger: false },
    { name: "d", shape: [8, 8], isInteger: false },
    { name: "e", shape: [5, 13], isInteger: false },
  ]);
  const fields = children.map((label) => label.lastElementChild!);
  expect(fields.map(({ tag, type, step }) => [tag, type, step])).toEqual([
    ["input", "number", "any"],
    ["input", "number", "1"],
    ["input", "text", ""],
    ["input", "text", ""],
    ["output", "", ""],
  ]);
  expect(children.map((label) => label.children[0]!.textContent)).toEqual([
    "a",
    "b",
    "c [1, 2]",
    "d [8, 8]",
    "e [5, 13]",
  ]);
  expect(fields.map(({ value }) => value)).toEqual(["0", "0", "0", "0", "zeros"]);
});

it("shows what is set, and keeps the fields that are there", () => {
  const inputs = [{ name: "label", shape: [3], isInteger: false }];
  const group = filled(inputs, { label: [1, 0.5, -2] });
  const [label] = group.children;
  expect(label!.lastElementChild!.value).toBe("1,0.5,-2");
  fillInputs(group as never, { inputs, set: { label: { onehot: 2 } }, extents: {} } as never);
  expect(group.children).toEqual([label]);
  expect(label!.lastElementChild!.value).toBe("onehot:2");
  expect([group.hidden, filled([]).hidden]).toEqual([false, true]);
});

it("axes that the file leaves open have a field each, before those of the inputs", () => {
  const group = filled([{ name: "label", shape: [1], isInteger: true }], {}, { height: 8, width: 6 });
  const fields = group.children.map((label) => label.lastElementChild as unknown as HTMLInputElement);
  expect(fields.map(axisOf)).toEqual(["height", "width", undefined]);
  expect(fields.map(({ value }) => value)).toEqual(["8", "6", "0"]);
  fillInputs(group as never, { inputs: [], set: {}, extents: { height: 9, width: 6 } } as never);
  expect(group.children.map((label) => label.lastElementChild!.value)).toEqual(["9", "6"]);
  expect(group.hidden).toBe(false);
});

it("reads what a field says, and refuses what is no number", () => {
  const field = (value: string) => ({ name: "label", value }) as HTMLInputElement;
  expect(valuesIn(field("1,2"))).toEqual([1, 2]);
  expect(() => valuesIn(field("one"))).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
});

it("is hidden only where there is neither an input nor an open axis", () => {
  const input = { name: "c", shape: [1], isInteger: false };
  expect(filled([], {}, {}).hidden).toBe(true);
  expect(filled([input], {}, {}).hidden).toBe(false);
  expect(filled([], {}, { height: 4 }).hidden).toBe(false);
  expect(filled([input], {}, { height: 4 }).hidden).toBe(false);
});
