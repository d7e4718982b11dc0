// The page of a report: what strangers' names may not do to it, and that it refers to nothing outside.

import { type DefaultTreeAdapterTypes, parse } from "parse5";
import { expect, it } from "vitest";
import { heatMap, type ReportPage, type ReportPart, reportPage } from "../src/index.ts";

type Node = DefaultTreeAdapterTypes.Node;
type Element = DefaultTreeAdapterTypes.Element;

const hostile = `</style><script>alert(1)</script>"'& \u202e`;

const part = (changes: Partial<ReportPart> = {}): ReportPart => ({
  figures: [heatMap({ title: hostile, matrix: { rows: 1, cols: 2, data: Float64Array.of(0, 1) } })],
  sentence: hostile,
  kind: "seen",
  tables: [{ caption: hostile, columns: [hostile, hostile], rows: [[hostile, hostile]] }],
  remarks: [hostile],
  settings: [[hostile, hostile]],
  commands: [hostile],
  ...changes,
});

const page = (parts: readonly ReportPart[]): ReportPage => ({
  title: hostile,
  subtitle: hostile,
  notice: hostile,
  glance: { caption: hostile, columns: ["", hostile], rows: [[hostile, hostile]] },
  sections: [{ id: "one", title: hostile, question: hostile, reading: hostile, parts }],
  footer: hostile,
});

function elementsOf(text: string): { elements: Element[]; problems: string[] } {
  const problems: string[] = [];
  const below = (node: Node): Element[] => [
    ...("tagName" in node ? [node] : []),
    ...("childNodes" in node ? node.childNodes.flatMap(below) : []),
  ];
  return { elements: below(parse(text, { onParseError: ({ code }) => problems.push(code) })), problems };
}

it("shows names of strangers as text, wherever they stand", () => {
  const text = reportPage(page([part()]));
  const { elements, problems } = elementsOf(text);
  expect(problems).toEqual([]);
  expect(elements.filter(({ tagName }) => tagName === "script")).toEqual([]);
  expect(text).not.toContain("\u202e");
  const [caption] = elements.filter(({ tagName }) => tagName === "figcaption");
  expect(caption?.childNodes).toMatchObject([{ value: hostile.replace("\u202e", "\\u202e") }]);
});

it("names no address, not even that of a namespace", () => {
  expect(reportPage(page([part()]))).not.toMatch(/https?:|url\(|@import|xmlns/);
});

it("has subjects side by side where there are several", () => {
  const one = elementsOf(reportPage(page([part()]))).elements;
  const two = elementsOf(reportPage(page([part({ subject: "a" }), part({ subject: "b" })]))).elements;
  const classes = (elements: readonly Element[]) =>
    elements.flatMap(({ attrs }) => attrs.filter(({ name }) => name === "class").map(({ value }) => value));
  expect(classes(one)).not.toContain("parts several");
  expect(classes(two)).toContain("parts several");
  expect(two.filter(({ tagName }) => tagName === "article")).toHaveLength(2);
  expect(two.filter(({ tagName }) => tagName === "h3")).toHaveLength(2);
});

it("leaves out what a part does not have", () => {
  const bare = part({
    figures: [],
    tables: undefined,
    remarks: [],
    settings: [],
    commands: [],
    kind: "absent",
  });
  const tags = elementsOf(reportPage(page([bare]))).elements.map(({ tagName }) => tagName);
  expect(tags.filter((tag) => ["svg", "pre", "details", "ul"].includes(tag))).toEqual([]);
  expect(tags.filter((tag) => tag === "figcaption")).toHaveLength(1);
});
