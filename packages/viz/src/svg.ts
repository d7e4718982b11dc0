// The small vocabulary the figures share: colours, a text element, the outer element.

import { escapeXml, type Font } from "./text.ts";

/** Light theme. Hierarchy by lightness alone, so that it survives a grey printer. */
export const THEME = {
  paper: "#ffffff",
  ink: "#16191d",
  soft: "#56606b",
  faint: "#7d8793",
  line: "#d5dae0",
  grid: "#e9ecf0",
  band: "#e8eff5",
  accent: "#0072b2",
} as const;

export interface TextStyle extends Font {
  /** Default `THEME.ink`. */
  readonly fill?: string;
  /** Default `start`. */
  readonly anchor?: "start" | "middle" | "end";
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
  ].join("");
  const tooltip = full === undefined || full === content ? "" : `<title>${escapeXml(full)}</title>`;
  return `<text ${attributes}>${tooltip}${escapeXml(content)}</text>`;
}

/** The complete document: white paper of `width × height` pixels, named by `title` for screen readers. */
export function svgDocument(
  width: number,
  height: number,
  title: string,
  elements: readonly string[],
): string {
  const size = `width="${px(width)}" height="${px(height)}" viewBox="0 0 ${px(width)} ${px(height)}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" font-family="DejaVu Sans, sans-serif">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="100%" height="100%" fill="${THEME.paper}"/>`,
    ...elements,
    "</svg>",
    "",
  ].join("\n");
}
