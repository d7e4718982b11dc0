// Lines with or without bands over two axes, each line named at its end: what spectra, bands and curves share.

import { area, line } from "d3-shape";
import { px, stroke, svgDocument, textLine } from "../svg.ts";
import { ellipsize, measureText } from "../text.ts";
import { THEME } from "../theme.ts";
import { type Axis, type AxisOptions, makeAxis } from "./axis.ts";
import {
  type Block,
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
  readonly height?: number | undefined;
  readonly lines: readonly ChartLine[];
  /** Printed beneath, at the left. */
  readonly note?: string | undefined;
}

/** Markers help to count; beyond this many they would touch. */
const MAX_MARKERS = 40;
/** Room between a line's end and its name, for the leader and the key that join them. */
const LEADER = 38;
const NAME_LEADING = 17;
/** Pixels from the vertical axis to the first point. */
const INSET = 10;

export function lineChart(chart: LineChart): string {
  const plan = layOut(chart);
  const { width, height, box, xAxis, yAxis } = plan;
  const drawn = drawLines(chart.lines, plan);
  const marks = [...drawn.flatMap(({ bands }) => bands), ...drawn.flatMap(({ curves }) => curves)];
  const isCut = chart.x.domain !== undefined || chart.y.domain !== undefined;
  const shown = isCut ? clipped(marks, box) : marks;
  return svgDocument(width, height, chart.title, [
    ...plan.title.elements,
    ...verticalAxis(yAxis, box),
    ...horizontalAxis(xAxis, box, note(chart)),
    ...shown,
    ...drawn.flatMap(({ keys }) => keys),
  ]);
}

interface Plan {
  readonly width: number;
  readonly height: number;
  readonly title: Block;
  readonly box: Box;
  readonly xAxis: Axis;
  readonly yAxis: Axis;
  /** Names of the lines, as far as there is room. */
  readonly names: readonly string[];
}

function layOut(chart: LineChart): Plan {
  const { lines, width = DEFAULT_WIDTH } = chart;
  const yAxis = makeAxis(chart.y, bandExtent(chart), 6);
  const abscissae = lines.flatMap(({ points }) => points.map((point) => point.x));
  const xAxis = makeAxis(chart.x, abscissae, 9);
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
  return { width, height, title, box, xAxis, yAxis, names };
}

/** Where points lie, and the paths through them. */
interface Pen {
  /** A gap wherever one of the axes has no place for a point. */
  shows(point: ChartPoint): boolean;
  x(point: ChartPoint): number;
  y(point: ChartPoint): number;
  path(points: readonly ChartPoint[]): string;
  band(points: readonly ChartPoint[]): string;
}

function penOf({ xAxis, yAxis }: Plan): Pen {
  const shows = (point: ChartPoint) => xAxis.shows(point.x) && yAxis.shows(point.y);
  const x = (point: ChartPoint) => xAxis.scale(point.x);
  const y = (point: ChartPoint) => yAxis.scale(point.y);
  const path = line<ChartPoint>(x, y).defined(shows).digits(2);
  // A band that reaches below a logarithmic axis ends at its foot.
  const floor = Math.min(...yAxis.scale.domain());
  const band = area<ChartPoint>(
    x,
    (point) => yAxis.scale(Math.max(point.low, floor)),
    (point) => yAxis.scale(Math.max(point.high, floor)),
  )
    .defined((point) => shows(point) && Number.isFinite(point.low) && Number.isFinite(point.high))
    .digits(2);
  return { shows, x, y, path: (points) => path(points) ?? "", band: (points) => String(band(points)) };
}

/** What one line is drawn as, from the ground up. */
interface DrawnLine {
  readonly bands: readonly string[];
  readonly curves: readonly string[];
  readonly keys: readonly string[];
}

/** The lines that have a point to show, the first on top. */
function drawLines(lines: readonly ChartLine[], plan: Plan): DrawnLine[] {
  const { box, names } = plan;
  const pen = penOf(plan);
  const ends = lines.map((one) => one.points.findLast(pen.shows));
  const endY = ends.map((end) => (end ? within(pen.y(end), box) : box.bottom));
  const nameY = spread(endY, NAME_LEADING, box.top, box.bottom);
  const styles = lineStyles(lines);
  const drawn = lines.map((one, s): DrawnLine | undefined => {
    const [end, style] = [ends[s], styles[s]];
    if (end === undefined) return undefined;
    const band = `<path d="${pen.band(one.points)}" fill="${style.colour}" fill-opacity="0.16"/>`;
    return {
      bands: one.hasBand ? [band] : [],
      curves: drawCurve(one, pen, style),
      keys: drawKey(one, names[s], pen, style, { end, y: endY[s], nameY: nameY[s], right: box.right }),
    };
  });
  return drawn.reverse().filter((one) => one !== undefined);
}

/** The line, with markers where it is not a reference and they do not touch, or where a single point would be lost. */
function drawCurve(one: ChartLine, pen: Pen, { colour, dash }: LineStyle): string[] {
  const curve = stroke(pen.path(one.points), colour, ` stroke-width="2" stroke-linejoin="round"${dash}`);
  const shown = one.points.filter(pen.shows);
  if (one.reference || (one.points.length > MAX_MARKERS && shown.length !== 1)) return [curve];
  const markers = shown.map(
    (point) =>
      `<circle cx="${px(pen.x(point))}" cy="${px(pen.y(point))}" r="3.5" fill="${colour}" stroke="${THEME.paper}"/>`,
  );
  return [curve, ...markers];
}

/** The name of a line at `nameY`, joined to its end. */
function drawKey(
  one: ChartLine,
  name: string,
  pen: Pen,
  { colour, dash }: LineStyle,
  at: { readonly end: ChartPoint; readonly y: number; readonly nameY: number; readonly right: number },
): string[] {
  if (name === "") return [];
  const { end, y, nameY, right } = at;
  // A leader from anywhere but the right end of a line would cross it.
  const isLast = one.points.every((point) => !pen.shows(point) || point.x <= end.x);
  const leader = `M${px(Math.min(pen.x(end), right) + 5)} ${px(y)}H${px(right + 5)}L${px(right + 16)} ${px(nameY)}`;
  return [
    isLast ? stroke(leader, colour, ' stroke-opacity="0.5"') : "",
    stroke(`M${px(right + 16)} ${px(nameY)}h16`, colour, ` stroke-width="2"${dash}`),
    textLine(right + LEADER, nameY + centred(LABEL.size), name, LABEL, one.label),
  ].filter(Boolean);
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

interface LineStyle {
  readonly colour: string;
  readonly dash: string;
}

function lineStyles(lines: readonly ChartLine[]): LineStyle[] {
  let next = 0;
  return lines.map((one) => (one.reference ? REFERENCE_STYLE : seriesStyle(next++)));
}

function note(chart: LineChart): string {
  const points = chart.lines.flatMap((one) => one.points);
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
  const order = positions.map((_, i) => i).sort((a, b) => positions[a] - positions[b]);
  const result = [...positions];
  let least = low;
  for (const i of order) {
    result[i] = Math.max(result[i], least);
    least = result[i] + distance;
  }
  let most = high;
  for (const i of order.reverse()) {
    result[i] = Math.min(result[i], most);
    most = result[i] - distance;
  }
  return result;
}
