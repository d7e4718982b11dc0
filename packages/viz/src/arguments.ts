// What public functions are given, by kind: what is forgotten or confused is said by name.

import { hasParts, type KindCheck, kindCheck, listOf } from "@vielbein/core";

type Kind =
  | "contactSheet"
  | "fonts"
  | "heatMap"
  | "layout"
  | "metadata"
  | "picture"
  | "pictures"
  | "plot"
  | "range"
  | "report"
  | "space"
  | "tables";

/** Where plots have their lists. */
const PLOTTED = ["series", "curves", "layers"];

const pictureFits = hasParts("width", "height", "data");

/** Requires an argument of a kind that functions of this package take. */
export const requireKind: KindCheck<Kind> = kindCheck<Kind>({
  contactSheet: ["a sheet { title, rows, columnLabels, … }", hasParts("title", "rows", "columnLabels")],
  fonts: ["options { fonts, … }", hasParts("fonts")],
  heatMap: ["a heat map { matrix, valueTitle, … }", hasParts("matrix")],
  layout: ["a layout, as detectLayout returns it", hasParts("layout")],
  metadata: ["a Map of strings", hasParts("get", "entries")],
  picture: ["a picture { width, height, data }", pictureFits],
  pictures: ["an array of pictures { width, height, data }", listOf(pictureFits)],
  plot: ["a plot, with a list of what it shows", (value) => PLOTTED.some((part) => hasParts(part)(value))],
  range: ["[low, high]", (value) => Array.isArray(value) && value.length === 2],
  report: ["a report { title, glance, sections, … }", hasParts("title", "glance", "sections")],
  space: ["a space { name, shape }", hasParts("name", "shape")],
  tables: ["tables { samples, directions, images, … }", hasParts("samples", "directions", "images")],
});
