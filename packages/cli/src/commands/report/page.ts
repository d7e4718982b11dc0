// The page of a report's document.

import { type ReportPart as PagePart, type ReportPage, type ReportSection, reportPage } from "@vielbein/viz";
import { shortHash } from "../../kit/names.ts";
import type { ReportDocument, ReportPart } from "./document.ts";
import type { AnySection } from "./section.ts";
import { SECTIONS } from "./sections.ts";
import { counted, listed } from "./words.ts";

/** HTML. */
export function pageOf(document: ReportDocument): string {
  const names = subjectNames(document);
  const page: ReportPage = {
    title: `${listed(names)}: a report`,
    subtitle: `The local geometry of ${document.models.map(({ from, to }, i) => `${names[i]}, ${from} → ${to}`).join(", and of ")}, with ${document.effort} effort. Every sentence under a figure is made from its numbers; a result that a network with random weights would show too is called not distinguishable.`,
    notice: noticeOf(document),
    glance: glanceOf(document, names),
    sections: withoutRepetition(document.sections.flatMap(({ id, parts }) => sectionOf(id, parts, names))),
    footer: [
      document.tool,
      ...document.models.map(({ file, sha256 }) => `${file} ${shortHash(sha256)}`),
      document.options.join(" ") || "options as they are by default",
    ].join(" · "),
  };
  return reportPage(page);
}

/** What tells the models apart. */
export function subjectNames({ models }: ReportDocument): string[] {
  const isRepeated = (file: string) => models.filter((other) => other.file === file).length > 1;
  return models.map(({ file }, i) => (isRepeated(file) ? `${file} (${i + 1})` : file));
}

/** What stands against reading it as whole. */
function noticeOf({ sections }: ReportDocument): string | undefined {
  const all = sections.flatMap(({ parts }) => parts);
  const count = (status: ReportPart["status"]) => all.filter((part) => part.status === status).length;
  const [pending, failed] = [count("pending"), count("failed")];
  if (pending > 0) {
    return `This report is not finished: ${pending} of ${counted(all.length, "part")} are not computed yet. The same command with --resume goes on.`;
  }
  return failed > 0
    ? `${counted(failed, "part")} of ${all.length} failed; the reason stands in place.`
    : undefined;
}

function glanceOf({ sections }: ReportDocument, names: readonly string[]): ReportPage["glance"] {
  const facts = names.map(
    (_, model) =>
      new Map(
        sections.flatMap(({ id, parts }) => {
          const [part, section] = [parts[model], sectionNamed(id)];
          return part?.status === "done" ? (section?.facts?.(part.numbers) ?? []) : [];
        }),
      ),
  );
  const keys = [...new Set(facts.flatMap((own) => [...own.keys()]))];
  return {
    caption: "Median or mean, with range or interval",
    columns: ["", ...names],
    rows: keys.map((key) => [key, ...facts.map((own) => own.get(key) ?? "–")]),
  };
}

/** Each remark on a model stands where it is made first. */
function withoutRepetition(sections: readonly ReportSection[]): ReportSection[] {
  const said = new Set<string>();
  const isNew = (model: number) => (remark: string) => {
    const key = `${model} ${remark}`;
    return !said.has(key) && said.add(key);
  };
  return sections.map((section) => ({
    ...section,
    parts: section.parts.map((part, model) => ({ ...part, remarks: part.remarks.filter(isNew(model)) })),
  }));
}

function sectionNamed(wanted: string): AnySection | undefined {
  return SECTIONS.find(({ id }) => id === wanted);
}

function sectionOf(id: string, parts: readonly ReportPart[], names: readonly string[]): ReportSection[] {
  const section = sectionNamed(id);
  if (!section) return [];
  const { title, question, reading } = section;
  const shown = parts.map((part, i) => ({
    ...partOf(section, part),
    subject: names.length > 1 ? names[i] : undefined,
  }));
  return [{ id, title, question, reading, parts: shown }];
}

const NOTHING = { figures: [], remarks: [], settings: [], commands: [] };

/** @internal */
export function partOf(section: AnySection, part: ReportPart): PagePart {
  switch (part.status) {
    case "done":
      return {
        kind: "seen",
        sentence: section.sentence(part.numbers),
        tables: section.tables?.(part.numbers),
        ...part,
      };
    case "absent":
      return { ...NOTHING, kind: "absent", sentence: part.reason };
    case "failed":
      return { ...NOTHING, kind: "failed", sentence: `This could not be computed: ${part.reason}` };
    case "pending":
      return { ...NOTHING, kind: "pending", sentence: "Not computed yet." };
  }
}
