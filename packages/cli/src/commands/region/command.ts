// vielbein region: directions that move a part of the picture, with what they do to the rest.

import { type DirectionSet, defaultNames, type Provenance, RegionAt, randomDirections } from "@vielbein/core";
import type { Matrix } from "@vielbein/linalg";
import { atMost } from "../../inputs/direction-counts.ts";
import { writeDirections } from "../../inputs/direction-files.ts";
import { provenanceOf } from "../../inputs/model.ts";
import { drawingEntry, drawingOf } from "../../inputs/pictures.ts";
import { chooseCode, pointRange } from "../../inputs/points-file.ts";
import { RegionSource } from "../../inputs/region.ts";
import { restAfter } from "../../inputs/rest.ts";
import { type GeneratorTask, openGenerator } from "../../inputs/task.ts";
import { command } from "../../kit/command.ts";
import { writeFigure } from "../../kit/figure.ts";
import { endingAtOnce } from "../../kit/signals.ts";
import {
  type RegionCommandOptions,
  regionOptions,
  regularizationOf,
  requireApplicable,
  SHOWN,
  toleranceOf,
} from "./options.ts";
import { type Found, regionJson, regionText, sheetOf } from "./report.ts";

/** Random directions, whose median is the control; where each is a product with a large Jacobian, fewer. */
const CONTROLS = 100;
const FEW_CONTROLS = 20;
export const region = command({
  argument: "<model>",
  description:
    "Finds directions at one code that move a region of the picture, as much as possible while the rest keeps still, and prints how far they move both, beside the local basis of the whole picture and random directions.",
  options: regionOptions,
  async run(given) {
    const task = await openGenerator(given);
    requireApplicable(task.options);
    const { loaded, generator, source, options, terminal, signal } = task;
    const drawing = await drawingOf(task);
    const region = await RegionSource.open(task, options.region);
    const codes = await source.take(options.sample, 1, signal);
    const point = chooseCode(codes, generator.from.dim, options);
    const area = await region.at(point);
    const regionAt = RegionAt.of(generator, point, area.weights, { signal, memoryBudget: options.memory });
    const found = await restAfter(generator, findDirections(regionAt, task));
    const provenance = provenanceOf(
      loaded,
      generator,
      "directions of a region",
      pointRange(codes.source, options.sample, 1),
      {
        region: region.description,
        outside: options.outside,
        tolerance: toleranceOf(options),
        regularization: regularizationOf(options),
        sample: options.sample,
        routes: [found.directions.route],
        products: found.directions.products,
        traceError: found.directions.traceError,
        ...drawingEntry(drawing),
      },
    );
    await writeDirections(options.directionsOut, directionSet(found, point, provenance), terminal);
    const sheet =
      options.out === undefined
        ? undefined
        : await restAfter(generator, sheetOf(task, point, found, area, drawing, provenance));
    return {
      json: () => regionJson(found, point, provenance),
      text: () => regionText(found, provenance, options),
      after: () => writeFigure(options.out, () => sheet?.() ?? "", terminal, signal),
    };
  },
});

async function findDirections(
  region: RegionAt,
  { generator, options, terminal, signal }: GeneratorTask<RegionCommandOptions>,
): Promise<Found> {
  const n = generator.from.dim;
  const wanted = atMost(n, options.k, "--k", terminal) ?? Math.min(SHOWN, n);
  const { outside, tolerance, regularization } = options;
  const settings = { outside, tolerance, regularization, k: wanted };
  const directions = await endingAtOnce(() => region.directions(settings), signal);
  const basis = await region.localBasis(Math.min(n, directions.vectors.cols));
  const randomCount = Math.min(n, directions.products === undefined ? CONTROLS : FEW_CONTROLS);
  const drawn = await quotientsOf(region, randomDirections(n, randomCount, options.seed));
  const random = [...drawn].sort((a, b) => a - b)[Math.floor(randomCount / 2)] ?? Number.NaN;
  return { directions, controls: { localBasis: await quotientsOf(region, basis), random, randomCount } };
}

async function quotientsOf(region: RegionAt, vectors: Matrix): Promise<number[]> {
  const { inside, outside } = await region.speeds(vectors);
  return Array.from(outside, (value, i) => value / inside[i]!);
}

function directionSet({ directions }: Found, point: Float32Array, provenance: Provenance): DirectionSet {
  const { vectors, values } = directions;
  const isRatio = provenance.options.outside === "ratio";
  return {
    space: provenance.from,
    vectors,
    names: defaultNames(vectors.cols),
    values: { kind: isRatio ? "eigenvalue" : "singular value", values },
    method: "region",
    point,
    provenance,
  };
}
