// A report as one page of HTML that needs nothing else: figures are inlined, and so is the style, which follows the
// light or dark scheme of the reader and prints.

import { requireKind } from "../arguments.ts";
import { escapeXml } from "../text.ts";
import { pageStyle } from "./style.ts";

/** What a page of a report says, from top to bottom. */
export interface ReportPage {
  /** Heading of the page. */
  readonly title: string;
  /** What it is a report of, beneath the title. */
  readonly subtitle: string;
  /** What is to be known before reading on, such as that it is not finished. */
  readonly notice?: string | undefined;
  /** The numbers of the page in short, a column for each subject. */
  readonly glance: ReportTable;
  /** In reading order. */
  readonly sections: readonly ReportSection[];
  /** Small print. */
  readonly footer: string;
}

/** A table of words and numbers, as they are shown. */
export interface ReportTable {
  /** What the table shows, above it. */
  readonly caption: string;
  /** Titles of the columns. */
  readonly columns: readonly string[];
  /** A text for each column, row by row. */
  readonly rows: readonly (readonly string[])[];
}

/** A question of a report, with an answer for each subject. */
export interface ReportSection {
  /** Anchor: letters, digits and hyphens; one of a kind. */
  readonly id: string;
  /** Heading of the section. */
  readonly title: string;
  /** What the figure asks. */
  readonly question: string;
  /** How the figure is read. */
  readonly reading: string;
  /** One for each subject, side by side. */
  readonly parts: readonly ReportPart[];
}

/** What one subject answers: figures, a sentence, and the command that repeats them. */
export interface ReportPart {
  /** The subject, where there are several. */
  readonly subject?: string | undefined;
  /** SVG documents. */
  readonly figures: readonly string[];
  /** What is seen here; or why there is nothing to be seen. */
  readonly sentence: string;
  /** How the sentence is meant. */
  readonly kind: "seen" | "absent" | "failed" | "pending";
  /** Numbers beneath the figures. */
  readonly tables?: readonly ReportTable[] | undefined;
  /** What was remarked on while it was computed. */
  readonly remarks: readonly string[];
  /** What it was computed with, by name. */
  readonly settings: readonly (readonly [name: string, value: string])[];
  /** What to type to compute it alone. */
  readonly commands: readonly string[];
}

/** Writes the page: an HTML document without scripts that refers to nothing outside itself. */
export function reportPage(page: ReportPage): string {
  requireKind("reportPage: page", "report", page);
  const numbered = page.sections.map((section, i) => sectionOf(section, i + 1));
  return [
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeXml(page.title)}</title>`,
    `<style>\n${pageStyle()}\n</style>\n</head>\n<body>`,
    `<header><h1>${escapeXml(page.title)}</h1><p>${escapeXml(page.subtitle)}</p></header>`,
    page.notice === undefined ? "" : `<p class="notice">${escapeXml(page.notice)}</p>`,
    contents(page.sections),
    `<section id="at-a-glance" class="glance"><h2>At a glance</h2>${tableOf(page.glance)}</section>`,
    `<main>\n${numbered.join("\n")}\n</main>`,
    `<footer><p>${escapeXml(page.footer)}</p></footer>\n</body>\n</html>\n`,
  ].join("\n");
}

function contents(sections: readonly ReportSection[]): string {
  const items = sections.map(({ id, title }) => `<li><a href="#${id}">${escapeXml(title)}</a></li>`);
  return `<nav aria-label="Contents"><h2>Contents</h2><ol>${items.join("")}</ol></nav>`;
}

function sectionOf({ id, title, question, reading, parts }: ReportSection, number: number): string {
  return [
    `<section id="${id}"><h2><span>${number}</span> ${escapeXml(title)}</h2>`,
    `<p class="question">${escapeXml(question)}</p>`,
    `<p class="reading">${escapeXml(reading)}</p>`,
    `<div class="parts${parts.length > 1 ? " several" : ""}">${parts.map(partOf).join("\n")}</div></section>`,
  ].join("\n");
}

function partOf(part: ReportPart): string {
  const { subject, figures, sentence, kind, tables = [], remarks } = part;
  return [
    `<article class="${kind}">`,
    subject === undefined ? "" : `<h3>${escapeXml(subject)}</h3>`,
    `<figure>${figures.map((svg) => `<div class="picture" tabindex="0">${inlined(svg)}</div>`).join("")}`,
    `<figcaption>${escapeXml(sentence)}</figcaption></figure>`,
    ...tables.map(tableOf),
    remarks.length === 0
      ? ""
      : `<ul class="remarks">${remarks.map((text) => `<li>${escapeXml(text)}</li>`).join("")}</ul>`,
    detailsOf(part),
    "</article>",
  ].join("");
}

/** Settings, and the commands. */
function detailsOf({ settings, commands }: ReportPart): string {
  if (commands.length === 0) return "";
  const entries = settings.map(([name, value]) => `<dt>${escapeXml(name)}</dt><dd>${escapeXml(value)}</dd>`);
  return [
    `<p class="again">To repeat it alone:</p><pre tabindex="0"><code>${commands.map(commandOf).join("\n")}</code></pre>`,
    entries.length === 0 ? "" : `<details><summary>Settings</summary><dl>${entries.join("")}</dl></details>`,
  ].join("");
}

/** Broken between words alone, not at the hyphens of options. */
function commandOf(command: string): string {
  return command
    .split(" ")
    .map((word) => `<span>${escapeXml(word)}</span>`)
    .join(" ");
}

function tableOf({ caption, columns, rows }: ReportTable): string {
  const head = columns.map((title) => `<th scope="col">${escapeXml(title)}</th>`);
  const body = rows.map(([first = "", ...rest]) => {
    const cells = rest.map((cell) => `<td>${escapeXml(cell)}</td>`);
    return `<tr><th scope="row">${escapeXml(first)}</th>${cells.join("")}</tr>`;
  });
  const top = head.length === 0 ? "" : `<thead><tr>${head.join("")}</tr></thead>`;
  return `<div class="table" tabindex="0"><table><caption>${escapeXml(caption)}</caption>${top}<tbody>${body.join("")}</tbody></table></div>`;
}

/** In HTML an SVG element has its namespace without naming it. */
function inlined(svg: string): string {
  return svg.replace(/ xmlns="[^"]*"/, "").trim();
}
