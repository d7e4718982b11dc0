// vielbein warpage: how far tangent spaces turn from place to place, against neighbours and nulls.

import type { Provenance } from "@vielbein/core";
import { haarProfile } from "@vielbein/core/grassmann";
import { defaultDirections, warpageSample } from "@vielbein/core/tangent-spaces";
import { CodeSource } from "../../inputs/codes.ts";
import { atMost } from "../../inputs/direction-counts.ts";
import { LayerMaps } from "../../inputs/layers.ts";
import { mapOptions, openMap, pointOptions, provenanceOf } from "../../inputs/model.ts";
import { pairOptions, pairsOf, sameNorm, untrainedPairs } from "../../inputs/pairs.ts";
import { factorizedDirections, frechetDirections, principalDirections } from "../../inputs/references.ts";
import { DISTANCES, subspaceDistanceOption } from "../../inputs/subspace-distances.ts";
import { loadTruncated } from "../../inputs/truncation.ts";
import { integer, positiveList } from "../../kit/arguments.ts";
import { defined } from "../../kit/defined.ts";
import { figure, writeFigure } from "../../kit/figure.ts";
import { json, type OptionsOf, option } from "../../kit/options.ts";
import type { Report } from "../../kit/report.ts";
import { routeCell } from "../../kit/routes.ts";
import { rowOptions } from "../../kit/rows.ts";
import { rowsCommand } from "../../kit/rows-command.ts";
import type { Task } from "../../kit/task.ts";
import { info } from "../../kit/terminal.ts";
import { resolvedDirections, type WarpageResult, warpageJson, warpagePlot, warpageTable } from "./report.ts";
import { profileCells, rowOf, type WarpageRow, warpageColumns } from "./rows.ts";
import { summaryNames, warpageSummary } from "./summary.ts";

const options = {
  ...mapOptions,
  ...pointOptions,
  ...pairOptions,
  k: option("--k <k>", "leading directions compared (default: 50, or as many as there are)", integer(1)),
  epsilon: option(
    "--epsilon <list>",
    "distances of neighbours, in units of the input space",
    positiveList,
    [0.1],
  ),
  sameNorm,
  untrained: untrainedPairs,
  pcaSamples: option(
    "--pca-samples <n>",
    "samples for the comparison with global principal components (default: 10000 in at most 1024 dimensions, else 0: none)",
    integer(0),
  ),
  frechetSamples: option(
    "--frechet-samples <n>",
    "samples for the comparison with the Fréchet basis of local bases at them; 0: none",
    integer(0),
    0,
  ),
  ...rowOptions("the profiles of every pair"),
  subspaceDistance: subspaceDistanceOption("geodesic"),
  plot: figure("--plot <file>", "plot of the mean profiles, .svg or .png"),
  json,
};

type WarpageOptions = OptionsOf<typeof options>;

export const warpage = rowsCommand({
  description:
    "Compares the leading k directions of the local basis at independent points, at neighbouring points and with nulls, by Grassmannian distances for every k. In a flat space independent points lie as close as neighbours.",
  options,
  async job(task) {
    const { options, terminal, signal, use } = task;
    const loaded = await loadTruncated(task);
    const map = await use(openMap(loaded, options));
    const redrawn = await use(new LayerMaps(loaded, { ...options, to: undefined }, [map.to]));
    const available = Math.min(map.from.dim, map.to.dim);
    const k = atMost(available, options.k, "--k", terminal) ?? defaultDirections(map);
    const { epsilon: epsilons, sameNorm, memory } = options;
    const pcaSamples = options.pcaSamples ?? (map.to.dim <= 1024 ? 10_000 : 0);
    const codes = await use(CodeSource.open(loaded, map, options));
    const pairs = await pairsOf(map.from, codes, options, signal);
    const networks = await redrawn.availableUntrained(options.untrained, terminal);
    const { frechetSamples } = options;
    const settings = {
      ...{ k, epsilons, sameNorm, untrained: networks, pcaSamples },
      frechetSamples: frechetSamples || undefined,
    };
    const references = defined({
      sefa: await factorizedDirections(loaded, map, task),
      pca: await principalDirections(loaded, map, k, pcaSamples, task),
      frechet: await frechetDirections(loaded, map, k, frechetSamples, task),
    });
    const common = { k, epsilons, sameNorm, distances: DISTANCES, signal, memoryBudget: memory };
    return {
      what: "pairs",
      total: pairs.total,
      provenance: provenanceOf(loaded, map, "warpage", pairs.source, settings),
      columns: warpageColumns(k, epsilons.length, references, networks > 0),
      compute: async (index: number) => {
        const pair = await pairs.pairAt(index);
        const sample = await warpageSample(map, pair, { ...common, references });
        const row = {
          route: routeCell(sample.route),
          ...rowOf(sample),
          ...profileCells("haar", haarProfile(options.seed, index, map.to.dim, k, { distances: DISTANCES })),
        };
        if (networks === 0) return row;
        await map.rest();
        const other = await redrawn.untrainedAt(0, index % networks);
        const untrained = await warpageSample(other, pair, common);
        await redrawn.rest();
        return { ...row, ...rowOf(untrained, "untrained_") };
      },
      report: (rows: readonly WarpageRow[], provenance: Provenance) =>
        reportOf({ rows, k, epsilons, provenance }, task),
      summary: {
        names: summaryNames(references, epsilons.length, networks > 0),
        of: (row: WarpageRow) => warpageSummary(row, epsilons),
      },
    };
  },
});

function reportOf(result: WarpageResult, { options, terminal }: Task<WarpageOptions>): Report {
  const { subspaceDistance, plot } = options;
  const resolved = resolvedDirections(result);
  if (resolved < result.k) {
    info(
      terminal,
      `at some points only ${resolved} directions have σ > 1e-6·σ₁: beyond k = ${resolved} distances are those of rounding`,
    );
  }
  return {
    json: () => warpageJson(result),
    text: () => warpageTable(result, subspaceDistance),
    after: () => writeFigure(plot, () => warpagePlot(result, subspaceDistance), terminal),
  };
}
