// vielbein traverse: images along the local directions at one point, as a contact sheet, as single frames, as an
// animation.

import { type LocalBasis, localBasisAt, VielbeinError } from "@vielbein/core";
import { CodeSource } from "../../inputs/codes.ts";
import { existing, wantedTriplets } from "../../inputs/direction-counts.ts";
import { layoutOf } from "../../inputs/layouts.ts";
import { type LoadedModel, mapOptions, openMap, pointOptions, provenanceOf } from "../../inputs/model.ts";
import { drawingAlong, drawingEntry, imagesOf, pictureOptions } from "../../inputs/pictures.ts";
import { chooseCode, type Points, pointRange } from "../../inputs/points-file.ts";
import {
  type Changes,
  openRegion,
  type RegionSource,
  regionOption,
  withOutline,
} from "../../inputs/region.ts";
import { restAfter } from "../../inputs/rest.ts";
import { soundEntry, soundOf, soundOptions, writeSounds } from "../../inputs/sounds.ts";
import { loadTruncated } from "../../inputs/truncation.ts";
import { integer } from "../../kit/arguments.ts";
import { command } from "../../kit/command.ts";
import { endingIn, input, OutputFolderOption, output } from "../../kit/command-files.ts";
import { figure, writeFigure } from "../../kit/figure.ts";
import { flag, type OptionsOf, option } from "../../kit/options.ts";
import type { Report } from "../../kit/report.ts";
import { endingAtOnce } from "../../kit/signals.ts";
import { each, type Task } from "../../kit/task.ts";
import { directionsOf, givenBasis } from "./directions.ts";
import { type DrawnStrip, FRAME_NAMES, sheetOf, writeAnimation, writeFrames } from "./figures.ts";
import { type Columns, columnsOf, type Route, walk, walkOptions } from "./walks.ts";

const options = {
  ...mapOptions,
  ...pointOptions,
  ...walkOptions,
  directionsIn: input(
    "--directions-in <file>",
    "walk along the directions of a file instead, by their place in it, with how fast each moves the output",
  ).conflicts(["via", "region"]),
  region: regionOption(),
  out: figure(
    "--out <file>",
    "sheet to write, .png or .svg (default: sheet.png, unless another output is named)",
  ),
  frames: new OutputFolderOption("--frames <folder>", "write every image as a PNG file", FRAME_NAMES),
  animate: output(
    "--animate <file.png>",
    "write an animated PNG that plays back and forth, with rows as on the sheet",
  ).argParser(endingIn(".png", ".apng")),
  delay: option("--delay <ms>", "time of each frame of the animation", integer(0, 65_535), 80),
  ...pictureOptions,
  ...soundOptions,
  json: flag("--json", "singular values, walks and provenance as JSON on stdout"),
};

type TraverseOptions = OptionsOf<typeof options>;

interface TraverseTask extends Task<TraverseOptions> {
  readonly loaded: LoadedModel;
  readonly route: Route;
  readonly region: RegionSource | undefined;
}

export const traverse = command({
  argument: "<model>",
  description:
    "Moves the code of one sample along its leading local directions, or along those of a file, and draws the images: a row for each direction, a column for each step.",
  options,
  presets: ({ frames, animate, wav }) => ((frames ?? animate ?? wav) ? {} : { out: "sheet.png" }),
  async run(given) {
    const { options, signal, use } = given;
    const loaded = await loadTruncated(given);
    const route = await openRoute(loaded, given);
    requireStraight(options);
    const region = await openRegion({ ...given, loaded, generator: route.head });
    const source = await use(CodeSource.open(loaded, route.head, options));
    return traverseDirections(
      { ...given, loaded, route, region },
      await source.take(options.sample, 1, signal),
    );
  },
});

/** A curve follows directions of the map that it is drawn by. */
function requireStraight({ region, directionsIn, path }: TraverseOptions): void {
  if (path !== "curve" || (region ?? directionsIn) === undefined) return;
  const others = region === undefined ? "a file" : "a --region";
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `--path curve: curves follow the local directions of the whole output, not those of ${others}. Choose linear or spherical, or leave that out.`,
  );
}

async function openRoute(loaded: LoadedModel, { options, use }: Task<TraverseOptions>): Promise<Route> {
  const { via } = options;
  if (via === undefined) return { head: await use(openMap(loaded, options)) };
  const head = await use(openMap(loaded, { ...options, to: via }));
  return { head, tail: await use(openMap(loaded, { ...options, from: via })) };
}

async function traverseDirections(task: TraverseTask, codes: Points): Promise<Report> {
  const { loaded, route, region, options, terminal, signal } = task;
  const { head, tail = head } = route;
  // Refused before directions are looked for.
  const sound = soundOf(loaded, tail.to, layoutOf(loaded, tail.to, options), options);
  const file = await directionsOf(task, head.from);
  const available = file?.vectors.cols ?? wantedTriplets(head, { memory: options.memory }, terminal);
  const directions = existing(available, options.directions, "--directions", terminal);
  // A walk along a curve looks among all directions for the one that goes on.
  const k = options.path === "curve" ? available : Math.max(...directions) + 1;
  const code = chooseCode(codes, head.from.dim, options);
  const part = region ? await region.mapAt(head, code) : head;
  const found = file
    ? givenBasis(head, code, file, k, signal)
    : localBasisAt(part, code, { signal, k, memoryBudget: options.memory });
  const basis = await restAfter(head, found);
  const changes = await region?.changesAt(head, code, basis.inputVectors, signal);
  const columns = columnsOf(options, basis, directions, route);
  const path = route.tail ? ([head, route.tail] as const) : head;
  const drawing = await drawingAlong(task, path);
  const strips = await restAfter(head, walks(task, basis, directions, columns));
  const area = await region?.at(code);
  const images = await endingAtOnce(
    () => strips.map((strip) => withOutline(imagesOf(strip.images, tail.to, drawing), area)),
    signal,
  );
  const used = pointRange(codes.source, options.sample, 1);
  const isCurve = options.path === "curve";
  const what = file ? `directions of ${file.method}` : "local directions";
  const provenance = provenanceOf(loaded, head, `${options.path} traversal of ${what}`, used, {
    directions,
    positions: columns.positions,
    sample: options.sample,
    region: region?.description,
    routes: [basis.route],
    decodedTo: route.tail?.to,
    layers: options.layers,
    unit: isCurve ? (options.unit ?? "input") : undefined,
    curveSteps: isCurve ? options.curveSteps : undefined,
    ...drawingEntry(drawing),
    ...soundEntry(sound),
  });
  const sheet = { strips, images, columns, provenance, drawing, changes, file };
  await writeFigure(options.out, () => sheetOf(task, sheet), terminal, signal);
  await writeFrames(task, sheet);
  await writeAnimation(task, sheet);
  const rows = strips.map(({ k, images: values }) => ({ name: `direction-${k}`, values }));
  await writeSounds(task, sound, tail.to, drawing, rows);
  return { json: () => ({ ...documentOf(options, strips, basis.point, changes), provenance }) };
}

async function walks(
  task: TraverseTask,
  basis: LocalBasis,
  directions: readonly number[],
  columns: Columns,
): Promise<DrawnStrip[]> {
  const { route, options, signal } = task;
  return each(task, "directions", directions, async (k) => ({
    ...(await walk(route, basis, k, columns, options, signal)),
    k,
    singularValue: basis.singularValues[k] ?? Number.NaN,
  }));
}

function documentOf(
  { out, frames, animate, wav, path }: TraverseOptions,
  strips: readonly DrawnStrip[],
  point: Float32Array,
  changes: readonly Changes[] | undefined,
): object {
  return {
    out,
    frames,
    animate,
    wav,
    directions: strips.map(({ k }) => k),
    singularValues: strips.map(({ singularValue }) => singularValue),
    changes: changes && strips.map(({ k }) => changes[k]),
    point: Array.from(point),
    walks: path === "curve" ? strips.map((strip) => strip.walk) : undefined,
  };
}
