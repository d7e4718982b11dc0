// The small vocabulary the figures share: numbers, a text element, a path, the outer element.

import { escapeXml, type Font } from "./text.ts";
import { THEME, themeStyle } from "./theme.ts";

export interface TextStyle extends Font {
  /** Default `THEME.ink`. */
  readonly fill?: string | undefined;
  /** Default `start`. */
  readonly anchor?: "start" | "middle" | "end" | undefined;
  /** Degrees clockwise about the anchor. Default 0. */
  readonly rotate?: number | undefined;
}

/** A number for an attribute: at most two decimals. */
export function px(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** One line of text; `x`, `y` place its anchor on the baseline. `full` is shown on hover where the line was cut. */
export function textLine(x: number, y: number, content: string, style: TextStyle, full?: string): string {
  const attributes = [
    `x="${px(x)}" y="${px(y)}" font-size="${px(style.size)}" fill="${style.fill ?? THEME.ink}"`,
    style.bold ? ' font-weight="700"' : "",
    style.anchor === undefined || style.anchor === "start" ? "" : ` text-anchor="${style.anchor}"`,
    style.rotate ? ` transform="rotate(${px(style.rotate)} ${px(x)} ${px(y)})"` : "",
  ].join("");
  const tooltip = full === undefined || full === content ? "" : `<title>${escapeXml(full)}</title>`;
  return `<text ${attributes}>${tooltip}${escapeXml(content)}</text>`;
}

/** An open path in one colour. */
export function stroke(path: string, colour: string, attributes = ""): string {
  return `<path d="${path}" fill="none" stroke="${colour}"${attributes}/>`;
}

/** The complete document: paper of `width × height` pixels, named by `title` for screen readers. */
export function svgDocument(
  width: number,
  height: number,
  title: string,
  elements: readonly string[],
): string {
  const size = `width="${px(width)}" height="${px(height)}" viewBox="0 0 ${px(width)} ${px(height)}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="vielbein" ${size} role="img" font-family="DejaVu Sans, sans-serif">`,
    `<title>${escapeXml(title)}</title>`,
    themeStyle(),
    `<rect width="100%" height="100%" fill="${THEME.paper}"/>`,
    ...elements,
    "</svg>",
    "",
  ].join("\n");
}
