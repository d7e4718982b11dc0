// vielbein region: directions that move a part of the picture, with what they do to the rest.

import {
  type DirectionSet,
  defaultNames,
  type FoundDirections,
  OUTSIDE_RULES,
  type Provenance,
  RegionAt,
  randomDirections,
} from "@vielbein/core";
import { linearTraversal, symmetricSteps } from "@vielbein/core/paths";
import { type Matrix, rowAt, transpose } from "@vielbein/linalg";
import { contactSheet } from "@vielbein/viz";
import { footerOf, originOf, stillnessRemark } from "../inputs/captions.ts";
import { atMost } from "../inputs/direction-counts.ts";
import { writeDirections } from "../inputs/direction-files.ts";
import { mapOptions, pointOptions, provenanceOf } from "../inputs/model.ts";
import { type Drawing, drawingEntry, drawingOf, imagesOf, pictureOptions } from "../inputs/pictures.ts";
import { chooseCode, pointRange } from "../inputs/points-file.ts";
import { changesText, RegionSource, regionOption, withOutline } from "../inputs/region.ts";
import type { Region } from "../inputs/region-masks.ts";
import { type GeneratorTask, openGenerator } from "../inputs/task.ts";
import { number as between, integer, positive } from "../kit/arguments.ts";
import { command } from "../kit/command.ts";
import { output } from "../kit/command-files.ts";
import { definedItems } from "../kit/defined.ts";
import { figure, writeFigure } from "../kit/figure.ts";
import { spacesText } from "../kit/names.ts";
import { choice, json, type OptionsOf, option, required } from "../kit/options.ts";
import { endingAtOnce } from "../kit/signals.ts";
import { number, significant, table, text } from "../kit/table.ts";
import { dim, heading } from "../kit/terminal.ts";

const SHOWN = 10;
/** Random directions, whose median is the control; where each is a product with a large Jacobian, fewer. */
const CONTROLS = 100;
const FEW_CONTROLS = 20;
/** Below this share of the largest, motion inside is rounding, and so is its quotient. */
const RESOLVED = 1e-6;

const options = {
  ...mapOptions,
  ...pointOptions,
  ...pictureOptions,
  region: required(regionOption()),
  outside: choice(
    "--outside <rule>",
    "the rest of the picture: ignore it; keep it still within --tolerance; or ratio, the largest motion inside for each unit outside",
    OUTSIDE_RULES,
    "ratio",
  ),
  tolerance: option(
    "--tolerance <share>",
    "keep: the rest moves at most by this share of the most that any direction moves it (default: 0.01)",
    between(1e-9, 0.999),
  ),
  regularization: option(
    "--regularization <tau>",
    "ratio: share of the trace of the outer metric that is added to its diagonal (default: 0.001)",
    between(1e-9, 0.999),
  ),
  k: option("--k <k>", `leading directions to keep (default: ${SHOWN}, or as many as there are)`, integer(1)),
  sample: option("--sample <j>", "number of the sample, or of the row of --points", integer(0), 0),
  range: option("--range <t>", "sheet: from −t to t along each direction", positive, 3),
  columns: option("--columns <n>", "sheet: columns of images along each direction", integer(2, 99), 7),
  out: figure("--out <file>", "contact sheet of the directions, .svg or .png, with the region outlined"),
  directionsOut: output("--directions-out <file.safetensors>", "write the directions, for edits"),
  json,
};

type Options = OptionsOf<typeof options>;

/** What becomes of the rest, for captions. */
const REST: Readonly<Record<Options["outside"], string>> = {
  ignore: "the rest ignored",
  keep: "the rest kept still",
  ratio: "inside per outside",
};

/** The directions, and what other directions do to the same region. */
interface Found {
  readonly directions: FoundDirections;
  /** Quotients outside / inside. */
  readonly controls: {
    readonly localBasis: readonly number[];
    /** The median of so many. */
    readonly random: number;
    readonly randomCount: number;
  };
}

export const region = command({
  argument: "<model>",
  description:
    "Finds directions at one code that move a region of the picture, as much as possible while the rest keeps still, and prints how far they move both, beside the local basis of the whole picture and random directions.",
  options,
  async run(given) {
    const task = await openGenerator(given);
    const { loaded, generator, source, options, terminal, signal } = task;
    const drawing = await drawingOf(task);
    const region = await RegionSource.open(task, options.region);
    const codes = await source.take(options.sample, 1, signal);
    const point = chooseCode(codes, generator.from.dim, options);
    const area = await region.at(point);
    const found = await findDirections(
      RegionAt.of(generator, point, area.weights, { signal, memoryBudget: options.memory }),
      task,
    );
    const provenance = provenanceOf(
      loaded,
      generator,
      "directions of a region",
      pointRange(codes.source, options.sample, 1),
      {
        region: region.description,
        outside: options.outside,
        tolerance: options.tolerance,
        regularization: options.regularization,
        sample: options.sample,
        routes: [found.directions.route],
        products: found.directions.products,
        traceError: found.directions.traceError,
        ...drawingEntry(drawing),
      },
    );
    await writeDirections(options.directionsOut, directionSet(found, point, provenance), terminal);
    const sheet =
      options.out === undefined ? undefined : await sheetOf(task, point, found, area, drawing, provenance);
    return {
      json: () => toJson(found, point, provenance),
      text: () => toText(found, provenance, options),
      after: () => writeFigure(options.out, () => sheet?.() ?? "", terminal, signal),
    };
  },
});

async function findDirections(
  region: RegionAt,
  { generator, options, terminal, signal }: GeneratorTask<Options>,
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

function toJson({ directions, controls }: Found, point: Float32Array, provenance: Provenance): object {
  const { vectors, values, inside, outside, kept, products, residual, traceError } = directions;
  return {
    point: Array.from(point),
    kept,
    products,
    residual,
    traceError,
    directions: Array.from(values, (value, k) => ({
      name: `d${k}`,
      value,
      inside: inside[k],
      outside: outside[k],
      vector: Array.from(rowAt(transpose(vectors).data, k, vectors.rows)),
    })),
    controls,
    provenance,
  };
}

function toText({ directions, controls }: Found, provenance: Provenance, { outside }: Options): string {
  const { inside, outside: beyond, kept, products, residual = 0, traceError = 0 } = directions;
  const rows = Array.from(inside.subarray(0, SHOWN), (_, k) => k);
  const most = Math.max(...inside);
  const body = table(rows, [
    text("direction", (k) => `d${k}`),
    number("inside", (k) => significant(inside[k], 4)),
    number("outside", (k) => significant(beyond[k], 4)),
    number("outside/inside", (k) =>
      significant(inside[k]! > RESOLVED * most ? beyond[k]! / inside[k]! : undefined, 4),
    ),
    number("of the local basis", (k) => significant(controls.localBasis[k], 4)),
  ]);
  const rest = inside.length - rows.length;
  const lines = definedItems([
    kept === undefined
      ? undefined
      : `${kept} of ${provenance.from.dim} dimensions leave the rest still within the tolerance`,
    `outside/inside of random directions: ${significant(controls.random, 4)} (median of ${controls.randomCount})`,
    products === undefined
      ? undefined
      : `by iteration, ${products} products with the Jacobian and its transpose; largest residual ${residual.toPrecision(2)} of the largest value`,
    traceError > 0
      ? `τ is off by ${(100 * traceError).toPrecision(2)} % (one standard error): the trace of the outer metric is estimated`
      : undefined,
    rest > 0 ? `… ${rest} more: --json or --directions-out` : undefined,
    ...stillnessRemark(provenance.from.name, provenance.to.name, [Math.max(...inside, ...beyond)]),
  ]);
  const title = heading(
    spacesText(provenance.from, provenance.to),
    `${originOf(provenance)}, ${REST[outside]}`,
  );
  return `${title}\n${body}\n${lines.map((line) => `${dim(line)}\n`).join("")}`;
}

/** Computes the images along the directions; the result makes the sheet of them. */
async function sheetOf(
  { loaded, generator, options, signal }: GeneratorTask<Options>,
  point: Float32Array,
  { directions }: Found,
  area: Region,
  drawing: Drawing,
  provenance: Provenance,
): Promise<() => string> {
  const { vectors } = directions;
  const changes = changesText(directions);
  const steps = symmetricSteps(options.range, options.columns);
  const turned = transpose(vectors);
  const rows: Float32Array[] = [];
  for (let k = 0; k < Math.min(SHOWN, vectors.cols); k++) {
    const points = linearTraversal(point, rowAt(turned.data, k, vectors.rows), steps);
    rows.push(await generator.evaluate(points, steps.length, { signal }));
  }
  return () =>
    contactSheet({
      title: `${loaded.file}: directions of a region`,
      subtitle: `${spacesText(generator.from, generator.to)} · ${originOf(provenance)}, sample ${options.sample} · ${REST[options.outside]}`,
      columnTitle: "t",
      columnLabels: steps.map((t) => String(+t.toFixed(2))),
      rows: rows.map((values, k) => ({
        label: `direction ${k}`,
        sublabel: changes[k],
        images: withOutline(imagesOf(values, generator.to, drawing), area),
      })),
      footer: footerOf(provenance, drawing),
    });
}
