// The explorer's style sheet: the colours of the figures, which a page overrides by `--vielbein-…` on the element.
// Widths are those of the element, not of the window.

import { DARK_THEME, lightTheme } from "../../theme.ts";
import { BASE, STALE } from "./base.ts";
import { NARROW } from "./narrow.ts";
import { HEADER, PICTURE } from "./panels.ts";
import { DIRECTIONS, KEEPING, STRIP } from "./rows.ts";

export function explorerStyles(): string {
  const paper = `
:host { ${lightTheme()}; --vielbein-font: system-ui, sans-serif; color-scheme: light dark; display: block; container: explorer / inline-size }
@media (prefers-color-scheme: dark) { :host { ${DARK_THEME} } }`;
  return [paper, BASE, HEADER, PICTURE, DIRECTIONS, STRIP, KEEPING, STALE, NARROW].join("\n");
}
