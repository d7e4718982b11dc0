// vielbein survey report: statistics of what there is of a survey.

import { join } from "node:path";
import { command } from "../kit/command.ts";
import { endingIn, OutputFolderOption, output } from "../kit/command-files.ts";
import { writeFigure } from "../kit/figure.ts";
import { makeFolder } from "../kit/folders.ts";
import { json } from "../kit/options.ts";
import { writeNamed } from "../kit/output.ts";
import { SurveyFolder } from "./folder.ts";
import { readFound } from "./found.ts";
import { readHomogeneity } from "./homogeneity.ts";
import { readPlan } from "./plan.ts";
import { figuresOf } from "./report-figures.ts";
import { reportHtml } from "./report-page.ts";
import { reportCsv, reportJson, reportText, type SurveyReport, shownMethods } from "./report-text.ts";
import { statisticsOf } from "./statistics.ts";

export const report = command({
  argument: "<folder>",
  description:
    "Prints the means of what was found, by method, model and layer, with 95 % intervals by the bootstrap over points or pairs, beside the nulls. Of an unfinished survey it says which shards are missing.",
  options: {
    out: output("--out <file.csv>", "write all statistics as one flat table").argParser(endingIn(".csv")),
    html: output(
      "--html <file.html>",
      "write tables and plots as one page that needs nothing else",
    ).argParser(endingIn(".html")),
    plots: new OutputFolderOption(
      "--plots <folder>",
      "write plots by layer, and by the axis of the models, as .svg",
      /^(basis|dimension|distortion|metric|warpage)-[\w-]+\.svg$/,
    ),
    json,
  },
  async run({ folder: path, options, terminal, signal }) {
    const folder = new SurveyFolder(path);
    const plan = await readPlan(folder);
    const found = await readFound(folder, plan);
    const homogeneity = await readHomogeneity(folder, plan, found.missing);
    const methods = statisticsOf(plan, found, homogeneity.statistics);
    const survey: SurveyReport = { path, plan, found, homogeneity, methods };
    return {
      json: () => reportJson(survey),
      text: () => reportText(survey),
      after: async () => {
        await writeNamed(options.out, () => reportCsv(survey), terminal);
        await writeNamed(options.html, () => reportHtml(survey), terminal);
        if (options.plots === undefined) return;
        await makeFolder(options.plots);
        for (const { name, compose } of shownMethods(survey).flatMap((shown) => figuresOf(survey, shown))) {
          await writeFigure(join(options.plots, name), compose, terminal, signal);
        }
      },
    };
  },
});
