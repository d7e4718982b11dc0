// The text of a contact sheet: paragraphs as wide as the sheet, and the labels beside its rows.

import type { Block } from "./plots/frame.ts";
import { textLine } from "./svg.ts";
import { type Font, measureText, wrap } from "./text.ts";
import { THEME } from "./theme.ts";

/** Lines of text: their distance, and how far above its lower edge the baseline is, in sizes of type. */
export interface Lines {
  readonly leading: number;
  readonly descent: number;
}

export const TITLE_LINES: Lines = { leading: 1.25, descent: 0.25 };
export const SUBTITLE_LINES: Lines = { leading: 1.5, descent: 0.25 };
export const FOOTER_LINES: Lines = { leading: 1.5, descent: 0.3 };

/** At most three lines as wide as the sheet. */
export function paragraph(
  { margin, contentWidth }: { readonly margin: number; readonly contentWidth: number },
  top: number,
  text: string,
  style: Font & { readonly fill: string },
  { leading, descent }: Lines,
): Block {
  let y = top;
  const elements = wrap(text, contentWidth, style, 3).map((line) => {
    y += style.size * leading;
    return textLine(margin, y - style.size * descent, line, style);
  });
  return { elements, bottom: y };
}

/** Sizes of type, in proportion to the grid. */
export type TypeScale = Record<"title" | "body" | "small" | "footer", Font>;

export function typeScale(unit: number): TypeScale {
  return {
    title: { size: 21 * unit, bold: true },
    body: { size: 13 * unit },
    small: { size: 12 * unit },
    footer: { size: 10.5 * unit },
  };
}

/** The text beside a row. */
export interface RowLabel {
  readonly width: number;
  readonly height: number;
  /** Draws the block with its left edge at `x`, centred on `middle`. */
  draw(x: number, middle: number): string[];
}

export function rowLabel(
  row: { readonly label: string; readonly sublabel?: string | undefined },
  maxWidth: number,
  type: TypeScale,
): RowLabel {
  const labelStyle = { ...type.body, bold: true };
  const lines = wrap(row.label, maxWidth, labelStyle, 2).map((text) => ({ text, style: labelStyle }));
  const sublabelStyle = { ...type.small, fill: THEME.soft };
  const sublabel = row.sublabel ? wrap(row.sublabel, maxWidth, sublabelStyle, 1) : [];
  const all = [...lines, ...sublabel.map((text) => ({ text, style: sublabelStyle }))];
  const leading = type.body.size * 1.45;
  const full = [row.label, row.sublabel].filter(Boolean).join(" · ");
  const cut = all.some(({ text }) => text.endsWith("…"));
  return {
    width: Math.max(0, ...all.map(({ text, style }) => measureText(text, style))),
    height: all.length * leading,
    draw: (x, middle) =>
      all.map(({ text, style }, i) => {
        // A capital's centre lies 0.36 of the size above the baseline.
        const y = middle + (i - (all.length - 1) / 2) * leading + style.size * 0.36;
        return textLine(x, y, text, style, cut ? full : undefined);
      }),
  };
}
