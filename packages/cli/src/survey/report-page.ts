// The report of a survey as one page of HTML, of the same make as that of `vielbein report`.

import { type ReportSection, reportPage } from "@vielbein/viz";
import { shortHash } from "../kit/names.ts";
import { quoted } from "../kit/shell.ts";
import { lackingRows } from "./report-counts.ts";
import { figuresOf } from "./report-figures.ts";
import { methodTable, remarksOn, type ShownMethod, type SurveyReport, shownMethods } from "./report-text.ts";

/** What each method asks, for a reader who knows none of the papers. */
const QUESTIONS: Readonly<Record<string, string>> = {
  basis: "How far does the output move, and in how many directions?",
  dimension: "In how many directions does the output move?",
  distortion: "How much more do directions differ between far places than between near ones?",
  warpage: "How far do the directions turn from place to place?",
  metric: "How differently do directions count, and how much do all of them together?",
};

/** HTML. */
export function reportHtml(report: SurveyReport): string {
  const { plan, found } = report;
  const shown = shownMethods(report);
  const names = plan.models.map(({ label }) => label);
  const [caveat = "", ...remarks] = remarksOn(report);
  return reportPage({
    title: `${names.length === 1 ? names[0] : `${names.length} models`}: a survey`,
    subtitle: `${caveat.charAt(0).toUpperCase()}${caveat.slice(1)}.`,
    notice: remarks.length === 0 ? undefined : `${remarks.join("; ")}.`,
    glance: {
      caption: "Rows that were computed",
      columns: ["method", "rows", "without some values"],
      rows: shown.map((one) => {
        const parts = found.parts.filter((part) => plan.methods[part.method] === one.method);
        const rows = parts.reduce((sum, part) => sum + part.rows, 0);
        const lacking = parts.reduce((sum, part) => sum + lackingRows(one, one.quantities, part), 0);
        return [one.method.name, String(rows), String(lacking)];
      }),
    },
    sections: shown.map((one) => sectionOf(report, one)),
    footer: [
      plan.tool,
      `survey ${shortHash(plan.id)}`,
      ...plan.models.map(({ label, sha256 }) => `${label} ${shortHash(sha256)}`),
    ].join(" · "),
  });
}

function sectionOf(report: SurveyReport, shown: ShownMethod): ReportSection {
  const { name, words, total } = shown.method;
  const { lines, columns } = methodTable(report, shown);
  return {
    id: name,
    title: name,
    question: QUESTIONS[name] ?? "",
    reading: `Means of up to ${total} rows at each layer; bands and brackets are their 95 % intervals, grey is the null.`,
    parts: [
      {
        kind: "seen",
        sentence: shown.quantities.length === 0 ? "Nothing is computed yet." : "",
        figures: figuresOf(report, shown).map(({ compose }) => compose()),
        tables: [
          {
            caption: [name, ...words.map(quoted)].join(" "),
            columns: columns.map(({ title }) => title),
            rows: lines.map((line, i) => columns.map(({ cell }) => String(cell(line, i)))),
          },
        ],
        remarks: [],
        settings: [],
        commands: [`vielbein survey report ${quoted(report.path)}`],
      },
    ],
  };
}
