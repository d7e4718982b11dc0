// vielbein dimension: local dimension and companions at sampled or given points, layer by layer.

import type { Provenance } from "@vielbein/core";
import { DIMENSION_CONVENTIONS } from "@vielbein/core/dimension";
import { codesOf, samplesOption } from "../../inputs/codes.ts";
import { denoisedOptions } from "../../inputs/denoiser.ts";
import { drawsOf, drawsOption } from "../../inputs/draws.ts";
import { LayerMaps, layerOptions, ofOneLayer } from "../../inputs/layers.ts";
import { pointOptions } from "../../inputs/model.ts";
import { restAfter } from "../../inputs/rest.ts";
import { openLayers, provenanceOfLayers } from "../../inputs/task.ts";
import { integer, percent, shareList } from "../../kit/arguments.ts";
import { figure, writeFigure } from "../../kit/figure.ts";
import { choice, json, option } from "../../kit/options.ts";
import { rowOptions } from "../../kit/rows.ts";
import { rowsCommand } from "../../kit/rows-command.ts";
import { info, type Terminal } from "../../kit/terminal.ts";
import { dimensionPlot, spectralDensityPlot, spectraPlot } from "./figures.ts";
import { dimensionJson, dimensionTable, layerReports } from "./report.ts";
import { samplingOf, valuesFound } from "./sampled.ts";
import { columnsOf, type DimensionRow, spectraAt } from "./spectra.ts";
import { DIMENSION_SUMMARY, dimensionSummary } from "./summary.ts";

/** Without --samples. */
const SAMPLES = 10;

export const dimension = rowsCommand({
  description:
    "Estimates in how many directions the output moves at sampled or given points, beyond a tail of singular values that counts as noise; also prints rank statistics that need no noise model.",
  options: {
    ...layerOptions,
    ...denoisedOptions,
    draws: drawsOption,
    ...pointOptions,
    samples: samplesOption("number of points to draw", SAMPLES),
    threshold: option(
      "--threshold <list>",
      "discard singular values up to this fraction of the largest; given several, the first is the main one",
      shareList,
      [0.01],
    ),
    alpha: option("--alpha <percent>", "level of the tests, below 14.1", percent, 0.5),
    convention: choice(
      "--convention <name>",
      "numbers of samples and variables that the test assumes",
      DIMENSION_CONVENTIONS,
      "input",
    ),
    untrained: option(
      "--untrained <n>",
      "number of networks with redrawn weights for the untrained null, over which the points are spread",
      integer(0, 1000),
      0,
    ),
    spectrum: choice(
      "--spectrum <extent>",
      "find all singular values, or the leading ones and estimates of the rest (default: full, unless the Jacobian is too large)",
      ["full", "estimate"],
    ),
    probes: option("--probes <n>", "random vectors that an estimate is made from", integer(2, 10_000), 16),
    ...rowOptions("the singular values at every layer and point"),
    plot: figure("--plot <file>", "box plot over the layers, .svg or .png"),
    density: figure(
      "--density <file>",
      "plot of how many singular values lie above each fraction of the first, .svg or .png",
    ),
    spectra: figure("--spectra <file>", "plot of the singular values over the points, .svg or .png"),
    json,
  },
  async job(given) {
    const task = await openLayers(given);
    const { loaded, maps, first, options, terminal, signal, use } = task;
    const { from } = first;
    const others = drawsOf(loaded, options.draws).slice(1);
    const draws = [maps];
    for (const draw of others) draws.push(await use(new LayerMaps(draw, options, task.spaces)));
    const points = await codesOf(loaded, first, ofOneLayer(options), SAMPLES, signal);
    const stacked = task.spaces.map((to) => ({ ...to, dim: options.draws * to.dim }));
    const sampling = samplingOf(from, stacked, options, terminal);
    const width = Math.max(...stacked.map((to, i) => valuesFound(from, to, sampling.layers[i])));
    const untrained = await maps.availableUntrained(options.untrained, terminal);
    const spectra = { draws, points, width, untrained, sampling, memory: options.memory, signal };
    const settings = { ...options, untrained, denoiser: loaded.denoiser };
    const estimated = task.spaces.filter((_, i) => sampling.layers[i]).map(({ name }) => name);
    return {
      what: "points at layers",
      total: task.spaces.length * points.count,
      provenance: provenanceOfLayers(task, "local dimension", points.source, {
        points: points.count,
        untrained,
        draws: options.draws > 1 ? options.draws : undefined,
        estimated: estimated.length > 0 ? estimated : undefined,
        probes: estimated.length > 0 ? sampling.probes : undefined,
        seed: estimated.length > 0 ? sampling.seed : undefined,
      }),
      columns: columnsOf(points.count, width, from.dim, sampling),
      compute: (row: number) => restAfter(maps, spectraAt(row, spectra)),
      report: (rows: readonly DimensionRow[], provenance: Provenance) => {
        const reports = layerReports(rows, task.spaces, from, settings);
        return {
          json: () => dimensionJson(reports, settings, provenance),
          text: () => dimensionTable(reports, settings, provenance),
          after: async () => {
            await writeFigure(options.plot, () => dimensionPlot(reports, settings, provenance), terminal);
            await writeSpectra(options.spectra, () => spectraPlot(rows, reports, provenance), terminal);
            await writeFigure(options.density, () => spectralDensityPlot(reports, provenance), terminal);
          },
        };
      },
      summary: {
        names: DIMENSION_SUMMARY,
        of: (row: DimensionRow) => dimensionSummary(row, task.spaces, from, settings),
      },
    };
  },
});

/** Writes the plot of --spectra, or says that there is nothing to plot. */
async function writeSpectra(
  path: string | undefined,
  compose: () => string | undefined,
  terminal: Terminal,
): Promise<void> {
  if (path === undefined) return;
  const svg = compose();
  if (svg !== undefined) await writeFigure(path, () => svg, terminal);
  else info(terminal, `no ${path}: every singular value is 0`);
}
