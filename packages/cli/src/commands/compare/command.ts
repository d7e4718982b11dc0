// vielbein compare: principal angles between sets of directions from files, against uniform subspaces.

import { displacements } from "@vielbein/core";
import { leadingColumns } from "@vielbein/linalg";
import { subspaceDistanceOption } from "../../inputs/subspace-distances.ts";
import { integer } from "../../kit/arguments.ts";
import { command } from "../../kit/command.ts";
import { figure, writeFigure } from "../../kit/figure.ts";
import { json, option } from "../../kit/options.ts";
import { endingAtOnce } from "../../kit/signals.ts";
import { comparisons, haarNull } from "./comparisons.ts";
import { comparisonJson, comparisonPlot, comparisonTable } from "./report.ts";
import { readDirectionSets, remarkOnModels, requireComparable } from "./sets.ts";

export const compare = command({
  argument: "<files...>",
  description:
    "Compares the subspaces that the leading k directions of files span: principal angles, distances, overlap, and the best one-to-one matching of directions, against uniform subspaces.",
  options: {
    k: option("--k <k>", "leading directions of each set (default: as many as all sets have)", integer(1)),
    subspaceDistance: subspaceDistanceOption("normalizedGeodesic"),
    plot: figure("--plot <file>", "matrix of distances, .svg or .png"),
    json,
  },
  async run({ files, options, terminal, signal }) {
    const { subspaceDistance, plot } = options;
    const sets = (await Promise.all(files.map(readDirectionSets))).flat();
    const { space, k } = requireComparable(sets, options.k, terminal);
    remarkOnModels(terminal, sets);
    const frames = sets.map(({ set }) => leadingColumns(displacements(set), k));
    const { pairs, haar } = await endingAtOnce(
      () => ({ pairs: comparisons(frames, k), haar: haarNull(space.dim, k) }),
      signal,
    );
    const result = { sets, space, k, pairs, haar };
    return {
      json: () => comparisonJson(result),
      text: () => comparisonTable(result, subspaceDistance),
      after: () => writeFigure(plot, () => comparisonPlot(result, subspaceDistance), terminal, signal),
    };
  },
});
