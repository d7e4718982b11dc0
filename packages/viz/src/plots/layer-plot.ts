// Layers: one quantity at several named layers for several groups side by side, as box plots or as centres with
// error bars, over a band of reference such as a null.

import { VielbeinError } from "@vielbein/core";
import { requireKind } from "../arguments.ts";
import { px, stroke, svgDocument } from "../svg.ts";
import { THEME } from "../theme.ts";
import { type Axis, type AxisOptions, makeAxis } from "./axis.ts";
import {
  type Box,
  categoryAxis,
  categoryLabels,
  DEFAULT_WIDTH,
  type FigureOptions,
  heading,
  type LegendKey,
  labelRoom,
  legend,
  MARGIN,
  REFERENCE_STYLE,
  seriesStyle,
  verticalAxis,
} from "./frame.ts";
import { type Band, quantiles } from "./series.ts";

/** Samples at every layer, drawn as boxes. */
export interface SampleGroup {
  /** Its name in the legend. */
  readonly label: string;
  /** Samples at each layer, in the order of `layers`; a layer without samples stays empty. Drawn as boxes. */
  readonly samples: readonly ArrayLike<number>[];
}

/** One centre for each layer (NaN leaves the place empty), with an error bar from `low` to `high`. */
export interface BandGroup extends Band {
  /** Its name in the legend. */
  readonly label: string;
}

/** Values at the layers of a network, for {@link layerPlot}. */
export interface LayerPlot extends FigureOptions {
  /** Names of the layers, along the horizontal axis. */
  readonly layers: readonly string[];
  /** In the order of the legend, side by side at each layer. */
  readonly groups: readonly (SampleGroup | BandGroup)[];
  /** What to compare with, one value for each layer: a line, and a band from `low` to `high`. */
  readonly reference?: BandGroup | undefined;
  /** The vertical axis. */
  readonly y: AxisOptions;
  /** Pixels. Default 440. */
  readonly height?: number | undefined;
}

/** Whiskers, quartiles and median of a box. */
const SHARES = [0.05, 0.25, 0.5, 0.75, 0.95];

/**
 * Plots groups at layers and returns an SVG document. Boxes span the quartiles, their line is the median, and their
 * whiskers reach from the 5th to the 95th percentile.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH` for a group without exactly one entry for each layer, `INVALID_ARGUMENT`
 * when there is nothing to show.
 */
export function layerPlot(plot: LayerPlot): string {
  requireKind("layerPlot: plot", "plot", plot);
  const { layers, groups, reference, width = DEFAULT_WIDTH } = plot;
  requireLayers(plot);
  const marks = groups.map(groupMarks);
  const referenceMarks = reference ? groupMarks(reference) : [];
  const axis = makeAxis(plot.y, [...marks.flat(2), ...referenceMarks.flat()], 6);

  const title = heading(plot);
  const keys: LegendKey[] = groups.map((group, g) => ({
    label: group.label,
    colour: seriesStyle(g).colour,
    shape: "samples" in group ? "area" : "line",
  }));
  if (reference) {
    keys.push({
      label: reference.label,
      shape: reference.low ? "area" : "line",
      dash: reference.low ? undefined : REFERENCE_STYLE.dash,
      colour: REFERENCE_STYLE.colour,
    });
  }
  const legendBlock = legend(keys, title.bottom, width);
  const right = width - MARGIN;
  const narrow = MARGIN + labelRoom(axis);
  const names = categoryLabels(layers, (right - narrow) / layers.length);
  // A slanted name reaches out to the left of the first layer.
  const left = Math.max(narrow, names.overhang - 8);
  const pitch = (right - left) / layers.length;
  const top = legendBlock.bottom + 46;
  const height = Math.max(plot.height ?? 440, top + 160 + names.room + MARGIN);
  const box: Box = { left, right, top, bottom: height - MARGIN - names.room };
  axis.scale.range([box.bottom, box.top]);

  const middle = (layer: number) => left + (layer + 0.5) * pitch;
  const slot = Math.min(46, (0.76 * pitch) / Math.max(1, groups.length));
  const elements = [...verticalAxis(axis, box)];
  referenceMarks.forEach((mark, layer) => {
    elements.push(...referenceMark(axis, mark, middle(layer), 0.88 * pitch));
  });
  marks.forEach((group, g) => {
    const { colour } = seriesStyle(g);
    group.forEach((mark, layer) => {
      const x = middle(layer) + (g - (groups.length - 1) / 2) * slot;
      elements.push(...("samples" in groups[g] ? boxMark : errorMark)(axis, mark, x, 0.72 * slot, colour));
    });
  });
  elements.push(stroke(`M${px(left)} ${px(box.bottom)}H${px(right)}`, THEME.faint));
  elements.push(...categoryAxis(names, layers, middle, box.bottom));
  return svgDocument(width, height, plot.title, [...title.elements, ...legendBlock.elements, ...elements]);
}

/** Ascending values of each layer: five of a box, or low, centre, high; empty where there is nothing. */
function groupMarks(group: SampleGroup | BandGroup): number[][] {
  if ("samples" in group) {
    return group.samples.map((values) => (values.length === 0 ? [] : quantiles(values, SHARES)));
  }
  return Array.from(group.y, (y, i) =>
    Number.isNaN(y) ? [] : [group.low?.[i] ?? y, y, group.high?.[i] ?? y],
  );
}

function boxMark(axis: Axis, mark: readonly number[], x: number, size: number, colour: string): string[] {
  if (mark.length === 0 || !mark.every(axis.shows)) return [];
  const [low, lower, median, upper, high] = mark.map((value) => axis.scale(value)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const [width, cap] = [Math.min(size, 32), Math.min(size, 32) / 4];
  const left = x - width / 2;
  return [
    stroke(
      `M${px(x)} ${px(low)}V${px(lower)}M${px(x)} ${px(upper)}V${px(high)}` +
        `M${px(x - cap)} ${px(low)}h${px(2 * cap)}M${px(x - cap)} ${px(high)}h${px(2 * cap)}`,
      colour,
    ),
    `<rect x="${px(left)}" y="${px(upper)}" width="${px(width)}" height="${px(lower - upper)}" fill="${colour}" fill-opacity="0.25" stroke="${colour}"/>`,
    stroke(`M${px(left)} ${px(median)}h${px(width)}`, colour, ' stroke-width="2.5"'),
  ];
}

function errorMark(axis: Axis, mark: readonly number[], x: number, size: number, colour: string): string[] {
  if (mark.length === 0 || !axis.shows(mark[1])) return [];
  const floor = Math.min(...axis.scale.domain());
  const [low, centre, high] = mark.map((value) => axis.scale(Math.max(value, floor)));
  const cap = Math.min(size, 12) / 2;
  return [
    stroke(
      `M${px(x)} ${px(low)}V${px(high)}M${px(x - cap)} ${px(low)}h${px(2 * cap)}M${px(x - cap)} ${px(high)}h${px(2 * cap)}`,
      colour,
      ' stroke-width="1.5"',
    ),
    `<circle cx="${px(x)}" cy="${px(centre)}" r="4" fill="${colour}" stroke="${THEME.paper}"/>`,
  ];
}

function referenceMark(axis: Axis, mark: readonly number[], x: number, width: number): string[] {
  if (mark.length === 0 || !axis.shows(mark[1])) return [];
  const floor = Math.min(...axis.scale.domain());
  const [low, centre, high] = mark.map((value) => axis.scale(Math.max(value, floor))) as [
    number,
    number,
    number,
  ];
  const { colour, dash } = REFERENCE_STYLE;
  const left = px(x - width / 2);
  return [
    `<rect x="${left}" y="${px(high)}" width="${px(width)}" height="${px(low - high)}" fill="${colour}" fill-opacity="0.2"/>`,
    stroke(`M${left} ${px(centre)}h${px(width)}`, colour, ` stroke-width="1.5"${dash}`),
  ];
}

function requireLayers({ layers, groups, reference }: LayerPlot): void {
  if (layers.length === 0 || groups.length === 0) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `Layer plot: at least one layer and one group are needed, got ${layers.length} and ${groups.length}.`,
    );
  }
  for (const group of reference ? [...groups, reference] : groups) {
    const parts = "samples" in group ? [group.samples] : [group.y, group.low, group.high];
    for (const part of parts) {
      if (part !== undefined && part.length !== layers.length) {
        throw new VielbeinError(
          "SHAPE_MISMATCH",
          `Layer plot: every group needs one entry for each of the ${layers.length} layers, "${group.label}" has ${part.length}.`,
        );
      }
    }
  }
}
