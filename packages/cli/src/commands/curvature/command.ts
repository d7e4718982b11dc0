// vielbein curvature: how the image manifold is curved along local directions, from second derivatives and over a finite
// step, beside networks that were never trained.

import { type Curvature, type CurvatureOptions, curvatureAt } from "@vielbein/core";
import { rowAt } from "@vielbein/linalg";
import type { OnnxMap } from "@vielbein/onnx";
import { samplesOption } from "../../inputs/codes.ts";
import { distanceOptions, openDistance } from "../../inputs/distance.ts";
import { layoutOf } from "../../inputs/layouts.ts";
import { mapOptions, openMap, pointOptions, provenanceOf } from "../../inputs/model.ts";
import { drawingEntry, drawingOf, pictureOptions } from "../../inputs/pictures.ts";
import type { Points } from "../../inputs/points-file.ts";
import { type DistanceTask, openGenerator, withDistance } from "../../inputs/task.ts";
import { availableUntrained, untrainedModel } from "../../inputs/untrained.ts";
import { integer, positive } from "../../kit/arguments.ts";
import { command } from "../../kit/command.ts";
import { figure, writeFigure } from "../../kit/figure.ts";
import { json, type OptionsOf, option } from "../../kit/options.ts";
import { computeRows, rowOptions } from "../../kit/rows.ts";
import { chosenDirections, directionOptions } from "./directions.ts";
import { type CurvatureReport, curvatureJson, curvaturePlot, curvatureText } from "./report.ts";
import { type CurvatureRow, columnsOf, rowOf } from "./rows.ts";
import { sheetOptions, writeSheet } from "./sheet.ts";

/** Without --samples. */
const SAMPLES = 10;

const options = {
  ...mapOptions,
  ...pointOptions,
  ...pictureOptions,
  ...distanceOptions,
  samples: samplesOption("number of points to draw", SAMPLES),
  ...directionOptions,
  epsilon: option(
    "--epsilon <e>",
    "step of the curvature over a finite distance, to either side, in units of the input space",
    positive,
    0.1,
  ),
  untrained: option(
    "--untrained <n>",
    "number of networks with redrawn weights for the untrained null, over which the points are spread; 0 leaves it out",
    integer(0, 1000),
    1,
  ),
  ...rowOptions("the curvatures at every point"),
  plot: figure("--plot <file>", "curvature along the spectrum, .svg or .png"),
  ...sheetOptions,
  json,
};

type Options = OptionsOf<typeof options>;

export const curvature = command({
  argument: "<model>",
  description:
    "Computes at sampled or given points how the image of the map is curved along directions of the input: normal, mean and sectional curvature from exact second derivatives, and beside them how far the tangent space turns over a finite step, which also sees the kinks of ReLU networks.",
  options,
  async run(given) {
    const opened = await openGenerator(given);
    // Refused before features are read.
    if (given.options.sheet !== undefined) layoutOf(opened.loaded, opened.generator.to, given.options);
    const task = await withDistance(opened);
    const { loaded, distance, source, options, terminal, signal } = task;
    const { map } = distance;
    const {
      names,
      numbers,
      directions,
      source: directionsIn,
    } = await chosenDirections(loaded, map, options, terminal);
    const points = await source.takeFirst(options.samples, SAMPLES, signal);
    const untrainedMap = untrainedMaps(task);
    const untrained = await availableUntrained(options.untrained, () => untrainedMap(0), terminal);
    const isPiecewiseLinear = await map.isPiecewiseLinear();
    const drawing = options.sheet === undefined ? undefined : await drawingOf(task);
    const { epsilon, memory: memoryBudget } = options;
    const work = {
      points,
      map,
      untrainedMap,
      untrained,
      call: { directions, epsilon, memoryBudget, signal },
    };
    return computeRows<CurvatureRow>(task, {
      what: "points",
      total: points.count,
      provenance: provenanceOf(loaded, map, "curvature", points.source, {
        ...distance.description,
        directions: names,
        directionsIn,
        epsilon,
        untrained,
        ...drawingEntry(drawing),
      }),
      columns: columnsOf(names.length),
      compute: (index) => curvatureRow(index, names.length, work),
      report: (rows, provenance, complete) => {
        const settings = { names, numbers, epsilon, untrained, isPiecewiseLinear };
        const found: CurvatureReport = { rows, ...settings, provenance };
        return {
          json: () => curvatureJson(found),
          text: () => curvatureText(found, distance),
          after: async () => {
            await writeFigure(options.plot, () => curvaturePlot(found), terminal, signal);
            if (complete) await writeSheet(task, points, directions, found, drawing);
          },
        };
      },
    });
  },
});

/** Opens the map of network `net` with redrawn weights, behind the same distance, when it is first wanted. */
function untrainedMaps({
  loaded,
  options,
  signal,
  use,
}: DistanceTask<Options>): (net: number) => Promise<OnnxMap> {
  const opened = new Map<number, Promise<OnnxMap>>();
  const open = async (net: number): Promise<OnnxMap> => {
    const redrawn = untrainedModel(loaded, options.seed, net);
    const generator = await use(openMap(redrawn, options));
    return (await use(openDistance(redrawn, generator, options, signal))).map;
  };
  return (net) => {
    const map = opened.get(net) ?? open(net);
    opened.set(net, map);
    return map;
  };
}

/** What the curvatures are of. */
interface CurvatureWork {
  readonly points: Points;
  readonly map: OnnxMap;
  readonly untrainedMap: (net: number) => Promise<OnnxMap>;
  readonly untrained: number;
  readonly call: CurvatureOptions;
}

/** Row `index`: of the model, and of a network with redrawn weights at the same point. */
async function curvatureRow(
  index: number,
  count: number,
  { points, map, untrainedMap, untrained, call }: CurvatureWork,
): Promise<CurvatureRow> {
  const point = rowAt(points.values, index, map.from.dim).slice();
  const found = await curvatureAt(map, point, call);
  let redrawn: Curvature | undefined;
  if (untrained > 0) {
    await map.rest();
    const other = await untrainedMap(index % untrained);
    redrawn = await curvatureAt(other, point, call);
    await other.rest();
  }
  return rowOf(index, count, found, redrawn);
}
