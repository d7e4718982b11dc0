// Lines with or without bands over two axes, each line named at its end: what spectra, bands and curves share.

import { area, line } from "d3-shape";
import { px, stroke, svgDocument, textLine } from "../svg.ts";
import { ellipsize, measureText } from "../text.ts";
import { THEME } from "../theme.ts";
import { type AxisOptions, makeAxis } from "./axis.ts";
import {
  type Box,
  centred,
  DEFAULT_WIDTH,
  type FigureOptions,
  heading,
  horizontalAxis,
  LABEL,
  labelRoom,
  MARGIN,
  REFERENCE_STYLE,
  seriesStyle,
  verticalAxis,
} from "./frame.ts";

/** One point of a line; NaN is a gap. */
interface ChartPoint {
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

export interface ChartLine {
  readonly label: string;
  readonly points: readonly ChartPoint[];
  readonly hasBand: boolean;
  readonly reference: boolean;
}

export interface LineChart extends FigureOptions {
  readonly x: AxisOptions;
  readonly y: AxisOptions;
  /** Pixels; more where the names of the lines need it. Default 440. */
  readonly height?: number;
  readonly lines: readonly ChartLine[];
  /** Printed beneath, at the left. */
  readonly note?: string;
}

/** Markers help to count; beyond this many they would touch. */
const MAX_MARKERS = 40;
/** Room between a line's end and its name, for the leader and the key that join them. */
const LEADER = 38;
const NAME_LEADING = 17;
/** Pixels from the vertical axis to the first point. */
const INSET = 10;

export function lineChart(chart: LineChart): string {
  const { lines, width = DEFAULT_WIDTH } = chart;
  const all = lines.flatMap((one) => one.points);
  const yAxis = makeAxis(chart.y, bandExtent(chart), 6);
  const xAxis = makeAxis(
    chart.x,
    all.map((point) => point.x),
    9,
  );
  const title = heading(chart);
  const names = lines.map((one) => ellipsize(one.label, 0.3 * width, LABEL));
  const top = title.bottom + 46;
  const nameRoom = lines.length > 0 ? Math.max(...names.map((name) => measureText(name, LABEL))) : 0;
  const height = Math.max(chart.height ?? 440, top + NAME_LEADING * lines.length + MARGIN + 36);
  const box: Box = {
    left: MARGIN + labelRoom(yAxis),
    right: width - MARGIN - (nameRoom > 0 ? LEADER + nameRoom : 0),
    top,
    bottom: height - MARGIN - 36,
  };
  xAxis.scale.range([box.left + INSET, box.right]);
  yAxis.scale.range([box.bottom, box.top]);

  // A gap wherever one of the axes has no place for a point.
  const shows = (point: ChartPoint) => xAxis.shows(point.x) && yAxis.shows(point.y);
  const xOf = (point: ChartPoint) => xAxis.scale(point.x);
  const path = line<ChartPoint>(xOf, (point) => yAxis.scale(point.y))
    .defined(shows)
    .digits(2);
  // A band that reaches below a logarithmic axis ends at its foot.
  const floor = Math.min(...yAxis.scale.domain());
  const band = area<ChartPoint>(
    xOf,
    (point) => yAxis.scale(Math.max(point.low, floor)),
    (point) => yAxis.scale(Math.max(point.high, floor)),
  )
    .defined((point) => shows(point) && Number.isFinite(point.low) && Number.isFinite(point.high))
    .digits(2);

  const ends = lines.map((one) => one.points.findLast(shows));
  const endY = ends.map((end) => (end ? within(yAxis.scale(end.y), box) : box.bottom));
  const nameY = spread(endY, NAME_LEADING, box.top, box.bottom);
  const styles = lineStyles(lines);
  const bands: string[] = [];
  const curves: string[] = [];
  const keys: string[] = [];
  // The first line on top.
  for (let s = lines.length - 1; s >= 0; s--) {
    const one = lines[s]!;
    const end = ends[s];
    if (end === undefined) continue;
    const { colour, dash } = styles[s]!;
    if (one.hasBand) bands.push(`<path d="${band(one.points)}" fill="${colour}" fill-opacity="0.16"/>`);
    curves.push(stroke(path(one.points) ?? "", colour, ` stroke-width="2" stroke-linejoin="round"${dash}`));
    const shown = one.points.filter(shows);
    if (!one.reference && (one.points.length <= MAX_MARKERS || shown.length === 1)) {
      for (const point of shown) {
        const place = `cx="${px(xOf(point))}" cy="${px(yAxis.scale(point.y))}"`;
        curves.push(`<circle ${place} r="3.5" fill="${colour}" stroke="${THEME.paper}"/>`);
      }
    }
    if (names[s] === "") continue;
    // A leader from anywhere but the right end of a line would cross it.
    if (shown.every((point) => point.x <= end.x)) {
      const leader = `M${px(Math.min(xOf(end), box.right) + 5)} ${px(endY[s]!)}H${px(box.right + 5)}L${px(box.right + 16)} ${px(nameY[s]!)}`;
      keys.push(stroke(leader, colour, ' stroke-opacity="0.5"'));
    }
    keys.push(stroke(`M${px(box.right + 16)} ${px(nameY[s]!)}h16`, colour, ` stroke-width="2"${dash}`));
    keys.push(textLine(box.right + LEADER, nameY[s]! + centred(LABEL.size), names[s]!, LABEL, one.label));
  }
  const marks = [...bands, ...curves];
  const clips = chart.x.domain !== undefined || chart.y.domain !== undefined;
  return svgDocument(width, height, chart.title, [
    ...title.elements,
    ...verticalAxis(yAxis, box),
    ...horizontalAxis(xAxis, box, note(chart, all)),
    ...(clips ? clipped(marks, box) : marks),
    ...keys,
  ]);
}

/** The values that the vertical axis must hold. */
function bandExtent(chart: LineChart): number[] {
  return chart.lines.flatMap((one) =>
    one.points.flatMap(({ y, low, high }) => {
      if (!one.hasBand) return [y];
      // On a logarithmic axis a band that nearly reaches zero would flatten everything else.
      return chart.y.scale === "log" ? [y, high, Math.max(low, y / 10)] : [y, low, high];
    }),
  );
}

function lineStyles(lines: readonly ChartLine[]): { readonly colour: string; readonly dash: string }[] {
  let next = 0;
  return lines.map((one) => (one.reference ? REFERENCE_STYLE : seriesStyle(next++)));
}

function note(chart: LineChart, points: readonly ChartPoint[]): string {
  const missing = chart.y.scale === "log" ? points.filter((point) => point.y <= 0).length : 0;
  const left = `${missing} ${missing === 1 ? "value" : "values"} ≤ 0 not shown`;
  return [chart.note, missing > 0 ? left : undefined].filter(Boolean).join(" · ");
}

function within(y: number, box: Box): number {
  return Math.min(Math.max(y, box.top), box.bottom);
}

/** Marks cut off at the box: a nested viewport needs no id, which could clash with another figure's. */
function clipped(marks: readonly string[], box: Box): string[] {
  const [x, y, width, height] = [box.left, box.top, box.right - box.left, box.bottom - box.top].map(px);
  const place = `x="${x}" y="${y}" width="${width}" height="${height}" viewBox="${x} ${y} ${width} ${height}"`;
  return [`<svg ${place}>`, ...marks, "</svg>"];
}

/** Moves positions apart to `distance`, within `[low, high]` as far as they fit, keeping their order. */
function spread(positions: readonly number[], distance: number, low: number, high: number): number[] {
  const order = positions.map((_, i) => i).sort((a, b) => positions[a]! - positions[b]!);
  const result = [...positions];
  let least = low;
  for (const i of order) {
    result[i] = Math.max(result[i]!, least);
    least = result[i]! + distance;
  }
  let most = high;
  for (const i of order.reverse()) {
    result[i] = Math.min(result[i]!, most);
    most = result[i]! - distance;
  }
  return result;
}
