// Direction tables: what moving a few samples along each of a set of directions does, as one HTML page that can be
// mailed to a colleague. Rows are grouped by sample or by direction, and sort by a click on a column's title.
// Everything is inside the page; without scripts it is still a table.

import { VielbeinError } from "@vielbein/core";
import { requireKind } from "./arguments.ts";
import { type RgbaImage, shrinkTo } from "./images/image.ts";
import { encodePng, pngDataUri } from "./images/png.ts";
import { escapeXml } from "./text.ts";
import { DARK_THEME, lightTheme } from "./theme.ts";

/** What two sortable tables show, by direction and by sample. */
export interface DirectionTables {
  /** What the tables show. */
  readonly title: string;
  /** Where the pictures come from. */
  readonly subtitle?: string | undefined;
  /** A name for each sample. */
  readonly samples: readonly string[];
  /** The directions, with their numbers. */
  readonly directions: readonly TableDirection[];
  /** Titles of the numbers of every direction, e.g. `["eigenvalue", "share"]`. */
  readonly valueTitles: readonly string[];
  /** One for each column of images. */
  readonly stepLabels: readonly string[];
  /** Small print, e.g. model hash and versions. */
  readonly footer?: string | undefined;
  /** The images along one direction from one sample, one for each step, all of the same size. */
  readonly images: (sample: number, direction: number) => readonly RgbaImage[];
}

/** A direction of {@link DirectionTables} with its numbers. */
export interface TableDirection {
  /** Name of the direction. */
  readonly name: string;
  /** One for each of `valueTitles`, as shown; they sort as numbers. */
  readonly values: readonly string[];
}

/** Longer sides are reduced to at most this many pixels: pages must stay light enough to mail. */
export const TABLE_TILE = 160;
/** Shorter ones are shown this long. */
const MIN_TILE = 72;

/**
 * The page, with a group of rows for each sample or for each direction.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` if there are no samples, directions or steps, or for rows of another
 * length.
 */
export function directionTables(tables: DirectionTables, groupBy: "sample" | "direction"): string {
  requireKind("directionTables: tables", "tables", tables);
  const { samples, directions, stepLabels, valueTitles, title, subtitle, footer } = tables;
  if (samples.length === 0 || directions.length === 0 || stepLabels.length === 0) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `Direction tables: at least one sample, direction and step are needed, got ${samples.length}, ${directions.length} and ${stepLabels.length}.`,
    );
  }
  const bySample = groupBy === "sample";
  const [groups, members] = bySample ? [samples, directions] : [directions, samples];
  const bodies = groups.map((_, g) => {
    const rows = members.map((__, m) => row(tables, bySample ? [g, m] : [m, g], bySample));
    return `<tbody>${heading(tables, bySample, g)}${rows.join("")}</tbody>`;
  });
  const own = bySample ? ["direction", ...valueTitles] : ["sample"];
  const sortable = own.map(
    (name, i) => `<th scope="col"${i > 0 ? ' class="value"' : ""}>${sortButton(name, "row")}</th>`,
  );
  const whole = bySample ? ["sample"] : ["direction", ...valueTitles];
  const reference = stepLabels.indexOf("0");
  const steps = stepLabels.map(
    (label, i) =>
      `<th scope="col" class="step${i === reference ? " reference" : ""}">${escapeXml(label)}</th>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeXml(title)}</title>
<style>${style()}</style>
<h1>${escapeXml(title)}</h1>
${subtitle ? `<p>${escapeXml(subtitle)}</p>` : ""}
<p class="sort">groups by ${whole.map((name) => sortButton(name, "group")).join(" ")}</p>
<table>
<thead><tr>${sortable.join("")}${steps.join("")}</tr></thead>
${bodies.join("\n")}
</table>
${footer ? `<footer>${escapeXml(footer)}</footer>` : ""}
<script>${script}</script>
</html>
`;
}

function sortButton(name: string, what: "row" | "group"): string {
  return `<button type="button" data-sort="${what}" data-key="${escapeXml(name)}">${escapeXml(name)}</button>`;
}

/** Attributes from which the script reads what to sort by. */
function keys(entries: readonly (readonly [string, string | number])[]): string {
  return ` data-keys="${escapeXml(JSON.stringify(Object.fromEntries(entries)))}"`;
}

function heading(
  { samples, directions, valueTitles, stepLabels }: DirectionTables,
  bySample: boolean,
  g: number,
): string {
  const span = stepLabels.length + (bySample ? 1 + valueTitles.length : 1);
  const { name, values } = bySample ? { name: samples[g], values: [] } : directions[g];
  const details = values.map((value, i) => ` <span>${escapeXml(`${valueTitles[i]} ${value}`)}</span>`);
  const sortKeys = bySample ? keys([["sample", g]]) : directionKeys(g, values, valueTitles);
  return `<tr class="group"${sortKeys}><th scope="rowgroup" colspan="${span}">${escapeXml(name)}${details.join("")}</th></tr>`;
}

function directionKeys(d: number, values: readonly string[], titles: readonly string[]): string {
  return keys([
    ["direction", d],
    ...titles.map((title, i) => [title, Number.parseFloat(values[i])] as const),
  ]);
}

function row(tables: DirectionTables, [s, d]: readonly [number, number], bySample: boolean): string {
  const { samples, directions, valueTitles, stepLabels } = tables;
  const { name, values } = directions[d];
  const images = tables.images(s, d);
  if (images.length !== stepLabels.length) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `Direction tables: there must be one image for each of ${stepLabels.length} steps, got ${images.length} of direction "${name}" and sample "${samples[s]}".`,
    );
  }
  const label = bySample ? name : samples[s];
  const cells = bySample ? values.map((value) => `<td class="value">${escapeXml(value)}</td>`) : [];
  const tiles = images.map((image, i) => {
    const alt = `${samples[s]}, ${name}, step ${stepLabels[i]}`;
    return `<td>${tile(image, alt)}</td>`;
  });
  const sortKeys = bySample ? directionKeys(d, values, valueTitles) : keys([["sample", s]]);
  return `<tr${sortKeys}><th scope="row">${escapeXml(label)}</th>${cells.join("")}${tiles.join("")}</tr>`;
}

function tile(image: RgbaImage, alt: string): string {
  const small = shrinkTo(image, TABLE_TILE);
  const grow = Math.max(1, Math.ceil(MIN_TILE / Math.max(small.width, small.height)));
  const size = `width="${small.width * grow}" height="${small.height * grow}"`;
  return `<img ${size} alt="${escapeXml(alt)}" title="${escapeXml(alt)}" src="${pngDataUri(encodePng(small))}">`;
}

function style(): string {
  const v = (name: string): string => `var(--vielbein-${name})`;
  return [
    `:root{color-scheme:light dark;${lightTheme()}}`,
    `@media (prefers-color-scheme:dark){:root{${DARK_THEME}}}`,
    `body{margin:2.5rem;font:13px/1.5 "DejaVu Sans",system-ui,sans-serif;background:${v("paper")};color:${v("ink")}}`,
    "h1{font-size:21px;line-height:1.25;margin:0}",
    `p{margin:.4rem 0 0;color:${v("soft")};max-width:90ch}p.sort{margin-top:1.2rem}`,
    "table{border-collapse:separate;border-spacing:3px;margin-top:1rem}",
    `th{text-align:left;font-weight:400;color:${v("soft")};white-space:nowrap;padding-right:1rem}`,
    `thead th{position:sticky;top:0;background:${v("paper")};vertical-align:bottom}`,
    "thead th.step{text-align:center;padding:0}thead th.value{text-align:right}",
    `th.reference{color:${v("ink")};font-weight:700;border-top:2px solid ${v("accent")}}`,
    `tr.group th{font-weight:700;color:${v("ink")};padding:1.1rem 0 .2rem}tr.group span{font-weight:400;color:${v("soft")};margin-left:1rem}`,
    `td.value{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums;color:${v("soft")};padding-right:1rem}`,
    `td{padding:0}img{display:block;image-rendering:pixelated;outline:1px solid ${v("line")}}`,
    `button{font:inherit;color:inherit;background:none;border:0;border-bottom:1px dotted;padding:0;cursor:pointer}p button{margin-right:.6rem}`,
    `button:focus-visible{outline:2px solid ${v("accent")};outline-offset:2px}`,
    `button[aria-sort]{color:${v("ink")};border-bottom-style:solid}button[aria-sort=ascending]::after{content:" ↑"}button[aria-sort=descending]::after{content:" ↓"}`,
    `footer{margin-top:1.5rem;padding-top:.6rem;border-top:1px solid ${v("line")};color:${v("faint")};font-size:10.5px}`,
  ].join("\n");
}

/** Sorts rows inside their groups, or the groups; a second click reverses the order. */
const script = `
for (const button of document.querySelectorAll("button[data-sort]")) {
  button.addEventListener("click", () => {
    const { key, sort } = button.dataset;
    const ascending = button.getAttribute("aria-sort") !== "ascending";
    for (const other of document.querySelectorAll('button[data-sort="' + sort + '"]')) other.removeAttribute("aria-sort");
    button.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    const value = (row) => JSON.parse(row.dataset.keys)[key];
    const order = (a, b) => (value(a) - value(b)) * (ascending ? 1 : -1);
    const bodies = [...document.querySelectorAll("tbody")];
    if (sort === "group") {
      bodies.sort((a, b) => order(a.rows[0], b.rows[0])).forEach((body) => body.parentNode.append(body));
    } else {
      for (const body of bodies) [...body.rows].slice(1).sort(order).forEach((row) => body.append(row));
    }
  });
}
`;
