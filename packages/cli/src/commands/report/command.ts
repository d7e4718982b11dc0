// vielbein report: everything about a generator, or about two side by side, on one page.

import { VielbeinError } from "@vielbein/core";
import { LinalgError } from "@vielbein/linalg";
import { command } from "../../kit/command.ts";
import { endingIn, OutputOption } from "../../kit/command-files.ts";
import { InterruptedError } from "../../kit/exit-codes.ts";
import { choice, flag, json, type OptionsOf } from "../../kit/options.ts";
import { writeWhole } from "../../kit/output.ts";
import type { Report } from "../../kit/report.ts";
import type { Task } from "../../kit/task.ts";
import { bold, info } from "../../kit/terminal.ts";
import { version } from "../../kit/version.ts";
import { BUDGETS, EFFORTS } from "./budgets.ts";
import { computeParts, type Failure } from "./compute.ts";
import { encodeDocument, keptParts, type ReportDocument, readDocument } from "./document.ts";
import { pageOf, partOf, subjectNames } from "./page.ts";
import { ReportProgress } from "./progress.ts";
import { SECTIONS } from "./sections.ts";
import { sharedOptions, sharedTexts, typed } from "./shared-options.ts";
import { Workbench } from "./workbench.ts";

/** The page, and its twin beside it. */
class ReportOption extends OutputOption<string> {
  override async filesOf(path: string): Promise<readonly string[]> {
    return [twinOf(path), path];
  }
}

const twinOf = (path: string) => `${path.replace(/\.html$/i, "")}.json`;

const options = {
  ...sharedOptions,
  effort: choice(
    "--effort <level>",
    "how many points, pairs and steps: quick takes about a minute on the sample, standard several",
    EFFORTS,
    "standard",
  ),
  out: new ReportOption("--out <file.html>", "page to write; its numbers go beside it, to FILE.json")
    .default("report.html")
    .argParser(endingIn(".html")) as ReportOption,
  resume: flag("--resume", "keep the finished sections of an interrupted run that FILE.json has"),
  json,
};

type ReportOptions = OptionsOf<typeof options>;

export const report = command({
  argument: "<models...>",
  description:
    "Computes spectra, dimensions, directions, warpage, Distortion, the metric and geodesics of one model, or of two side by side, and writes one HTML page that needs nothing else: figures, a sentence on what each shows, and the command that repeats it.",
  options,
  async run(task) {
    const { models } = task;
    if (models.length > 2) {
      throw new VielbeinError(
        "INVALID_ARGUMENT",
        `report: takes one model, or two to be seen side by side, got ${models.length}. Name fewer.`,
      );
    }
    return makeReport(models, task);
  },
});

async function makeReport(models: readonly string[], task: Task<ReportOptions>): Promise<Report> {
  const { options, terminal, signal, use } = task;
  const total = models.length * SECTIONS.reduce((sum, { share }) => sum + share, 0);
  const progress = new ReportProgress(terminal, total);
  const settings = {
    signal,
    watch: (_: string, count: number, of: number) => progress.within(count / of),
    shared: sharedTexts(options),
    budget: BUDGETS[options.effort],
  };
  const benches: Workbench[] = [];
  for (const model of models) benches.push(await use(Workbench.open(model, settings)));
  const document = emptyDocument(benches, options);
  if (options.resume) await keepFinished(document, task);
  const save = async () => {
    await writeWhole(twinOf(options.out), encodeDocument(document), terminal);
    await writeWhole(options.out, pageOf(document), terminal);
  };
  let failures: readonly Failure[] = [];
  try {
    failures = await computeParts({ document, benches, progress, signal, save });
    await save();
  } catch (error) {
    return { conclude: () => conclude(error, document, options, signal) };
  } finally {
    progress.close();
  }
  info(terminal, `wrote ${options.out} and ${twinOf(options.out)}`);
  return {
    json: () => ({ out: options.out, ...summaryOf(document) }),
    text: () => textOf(document),
    conclude: () => concludeFailures(failures, document),
  };
}

function emptyDocument(benches: readonly Workbench[], options: ReportOptions): ReportDocument {
  return {
    tool: `vielbein ${version}`,
    effort: options.effort,
    options: typed(sharedTexts(options)),
    models: benches.map(({ model, subject: { file, sha256, from, to } }) => ({
      ...{ model, file, sha256 },
      from: from.name,
      to: to.name,
    })),
    sections: SECTIONS.map(({ id }) => ({ id, parts: benches.map(() => ({ status: "pending" }) as const) })),
  };
}

async function keepFinished(
  document: ReportDocument,
  { options, terminal }: Task<ReportOptions>,
): Promise<void> {
  const path = twinOf(options.out);
  const before = await readDocument(path);
  if (!before) {
    info(terminal, `${path} does not exist yet: starting from the first section`);
    return;
  }
  const kept = keptParts(path, before, document);
  for (const section of document.sections) {
    section.parts = section.parts.map((part, model) => kept.get(section.id)?.[model] ?? part);
  }
  info(terminal, `${path} keeps ${finished(document)} of ${partsOf(document).length} parts`);
}

const partsOf = ({ sections }: ReportDocument) => sections.flatMap(({ parts }) => parts);

const finished = (document: ReportDocument) =>
  partsOf(document).filter(({ status }) => status !== "pending").length;

/** Throws what ended the work before its time. */
function conclude(
  error: unknown,
  document: ReportDocument,
  { out }: ReportOptions,
  signal: AbortSignal,
): never {
  if (!signal.aborted) throw error;
  const kept = `${finished(document)} of ${partsOf(document).length} parts`;
  throw new InterruptedError(
    `interrupted after ${kept}; ${twinOf(out)} keeps them: run the same command with --resume to go on`,
    { cause: error },
  );
}

/** Throws where parts failed: an error of the kind of the first. */
function concludeFailures(failures: readonly Failure[], document: ReportDocument): void {
  const [first] = failures;
  if (!first) return;
  const titles = failures.map(({ title }) => title).join("; ");
  const message = `report: ${failures.length} of ${partsOf(document).length} parts failed (${titles}). The page has the reasons, and the rest.`;
  const { error } = first;
  if (error instanceof VielbeinError) throw new VielbeinError(error.code, message, { cause: error });
  if (error instanceof LinalgError) throw new LinalgError(error.code, message, { cause: error });
  throw new Error(message, { cause: error });
}

function summaryOf(document: ReportDocument): object {
  const { tool, effort, options, models, sections } = document;
  const said = sections.map(({ id, parts }) => ({
    id,
    parts: parts.map((part, model) => ({
      model: models[model]?.file,
      status: part.status,
      sentence: sentenceOf(id, part),
    })),
  }));
  return { tool, effort, options, models, sections: said };
}

function sentenceOf(id: string, part: ReportDocument["sections"][number]["parts"][number]): string {
  const section = SECTIONS.find((one) => one.id === id);
  return section ? partOf(section, part).sentence : "";
}

/** The sentences, under their titles. */
function textOf(document: ReportDocument): string {
  const names = subjectNames(document);
  const lines = document.sections.flatMap(({ id, parts }) => [
    bold(SECTIONS.find((one) => one.id === id)?.title ?? id),
    ...parts.map((part, i) => `  ${names.length > 1 ? `${names[i]}: ` : ""}${sentenceOf(id, part)}`),
  ]);
  return `${lines.join("\n")}\n`;
}
