// Text in SVG: its approximate width without a font at hand, cutting and wrapping to a width, escaping.

import { requireKind } from "./arguments.ts";

/** Advance widths of DejaVu Sans, U+0020 … U+007E, in hundredths of the font size. */
const ASCII_WIDTHS =
  "32 40 46 84 64 95 78 27 39 39 50 84 32 36 32 34 64 64 64 64 64 64 64 64 64 64 34 34 84 84 84 53 " +
  "100 68 69 70 77 63 58 77 75 29 29 66 56 86 75 79 60 79 69 63 61 73 68 99 69 61 69 39 34 39 84 50 " +
  "50 61 63 55 63 62 35 63 63 28 28 58 28 97 63 61 63 63 41 52 39 63 59 82 59 59 52 64 34 64 84";
/** Bold is wider by 12 % on average. */
const BOLD = 1.12;

export interface Font {
  /** Pixels. */
  readonly size: number;
  readonly bold?: boolean | undefined;
}

/** Width of a line in pixels, for DejaVu Sans; other sans-serif faces are narrower, so it still fits. */
export function measureText(text: string, font: Font): number {
  const widths = ASCII_WIDTHS.split(" ");
  let hundredths = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    // Other alphabets run at about 0.65; East Asian characters and emoji fill the em.
    hundredths += Number(widths[code - 0x20] ?? (code < 0x2e80 ? 65 : 100));
  }
  return (hundredths / 100) * font.size * (font.bold ? BOLD : 1);
}

/** The text, or as much of its beginning as fits into `width` pixels with an ellipsis. */
export function ellipsize(text: string, width: number, font: Font): string {
  if (measureText(text, font) <= width) return text;
  const characters = [...text];
  while (characters.length > 0 && measureText(`${characters.join("")}…`, font) > width) characters.pop();
  return `${characters.join("").trimEnd()}…`;
}

/**
 * Breaks at spaces into at most `maxLines` lines of `width` pixels; what is left over ends in an ellipsis.
 * Captions are phrases between dots ("model · map · seed"): a break after a dot is preferred, one before it
 * is not made.
 */
export function wrap(text: string, width: number, font: Font, maxLines: number): string[] {
  const lines: string[] = [];
  let rest = text.trim();
  while (rest !== "" && lines.length < maxLines - 1 && measureText(rest, font) > width) {
    let end = 0;
    let phraseEnd = 0;
    for (let at = rest.indexOf(" "); at > 0; at = rest.indexOf(" ", at + 1)) {
      if (measureText(rest.slice(0, at), font) > width) break;
      if (rest[at + 1] !== "·") end = at;
      if (rest[at - 1] === "·") phraseEnd = at;
    }
    if (end === 0) break;
    if (phraseEnd > end / 2) end = phraseEnd;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trim();
  }
  if (rest !== "") lines.push(ellipsize(rest, width, font));
  return lines;
}

/** Control and bidirectional characters, which act on what shows a text instead of being shown. */
const ACTING = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/**
 * A text from elsewhere, such as a name, made safe to show: control characters appear as `\u001b` does here, except
 * those in `kept`.
 */
export function escapeControls(text: string, kept = ""): string {
  requireKind("escapeControls: text", "text", text);
  return text.replace(ACTING, (character) =>
    kept.includes(character) ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * Escapes for element content and quoted attributes. Control and bidirectional characters are treated as in
 * {@link escapeControls}; halves of surrogate pairs and other characters that XML 1.0 forbids become U+FFFD.
 */
export function escapeXml(text: string): string {
  return escapeControls(text, "\t\n\r")
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "\u{FFFD}")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
