// The explorer's style sheet: the colours of the figures, which a page overrides by `--vielbein-…` on the element.
// Widths are those of the element, not of the window.

import { DARK_THEME, lightTheme } from "../theme.ts";

/** Filled from zero, wherever it lies, to the thumb. */
const TRACK =
  "linear-gradient(90deg, transparent min(var(--at), var(--zero)), var(--vielbein-accent) 0 max(var(--at), var(--zero)), transparent 0), var(--vielbein-line)";
const THUMB =
  "width: 18px; height: 18px; border-radius: 50%; background: var(--vielbein-accent); border: 3px solid var(--vielbein-paper)";

/** Name and state of the model, and its spaces. */
const HEADER = `header { display: flex; flex-wrap: wrap; gap: 8px 20px; align-items: center; justify-content: space-between; padding-bottom: 12px; border-bottom: 1px solid var(--vielbein-line); margin-bottom: 16px }
.title { display: flex; flex-direction: column; min-width: 0 }
.title strong { font-size: 17px; overflow-wrap: anywhere }
#status:not(:empty)::before { content: "· " }
.title span { color: var(--vielbein-soft); font-size: 12px }
.spaces { display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: center }
label { color: var(--vielbein-soft) }`;

/** Buttons, fields and sliders, wherever they stand. */
const FIELDS = `select, button, .button, input[type=number], input[type=text] { font: inherit; color: var(--vielbein-ink); background: var(--vielbein-paper); border: 1px solid var(--vielbein-line); border-radius: 6px; height: 32px; padding: 0 10px; display: inline-flex; align-items: center }
select { max-width: 230px; padding: 0 6px }
button, .button { cursor: pointer; white-space: nowrap }
button:hover, .button:hover { border-color: var(--vielbein-faint); background: var(--vielbein-grid) }
button:disabled { opacity: .5; cursor: default }
.primary { background: var(--vielbein-accent); border-color: var(--vielbein-accent); color: var(--vielbein-paper); font-weight: 600 }
.primary:hover { background: var(--vielbein-accent); border-color: var(--vielbein-ink) }
:focus-visible { outline: 2px solid var(--vielbein-accent); outline-offset: 2px }
input { accent-color: var(--vielbein-accent) }
input[type=range] { appearance: none; background: none; height: 26px; margin: 0; min-width: 0; width: 100%; cursor: pointer; --at: 50%; --zero: 50% }
input[type=range]::-webkit-slider-runnable-track { height: 6px; border-radius: 3px; background: ${TRACK} }
input[type=range]::-moz-range-track { height: 6px; border-radius: 3px; background: ${TRACK} }
input[type=range]::-webkit-slider-thumb { appearance: none; ${THUMB}; margin-top: -6px }
input[type=range]::-moz-range-thumb { ${THUMB}; box-sizing: border-box }
input[type=range]:focus-visible { outline: none }
input[type=range]:focus-visible::-webkit-slider-thumb { outline: 2px solid var(--vielbein-accent); outline-offset: 2px }
input[type=range]:focus-visible::-moz-range-thumb { outline: 2px solid var(--vielbein-accent); outline-offset: 2px }`;

/** The left column: the picture, what it is a sample of, and the spectrum. */
const PICTURE = `.columns { display: grid; grid-template-columns: minmax(260px, 360px) minmax(0, 1fr); gap: 24px; align-items: start }
.left { display: grid; gap: 14px; min-width: 0; position: sticky; top: 12px }
.right { min-width: 0 }
.picture { position: relative; aspect-ratio: 1; background: var(--vielbein-grid); border-radius: 8px; overflow: hidden; display: grid; grid-template: minmax(0, 1fr) / minmax(0, 1fr); place-items: center }
canvas { width: 100%; height: 100%; object-fit: contain; image-rendering: pixelated; display: block }
:where([data-shows=signal]) .picture { aspect-ratio: 2 }
:where([data-shows=signal]) canvas { image-rendering: auto }
.legend { display: flex; flex-wrap: wrap; gap: 4px 12px; color: var(--vielbein-soft); font-size: 12px }
.legend span::before { content: ""; display: inline-block; width: 14px; height: 9px; margin-right: 5px; background: var(--key) }
.drop { position: absolute; color: var(--vielbein-faint) }
.sample { display: flex; flex-wrap: wrap; gap: 10px 12px; align-items: center }
.seed input { width: 84px; margin-left: 2px }
.truncation { flex: 1 1 100%; display: grid; grid-template-columns: auto 1fr 5ch; gap: 10px; align-items: center }
.inputs { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(140px, 100%), 1fr)); gap: 8px 12px }
.inputs label { display: grid; gap: 2px; align-content: start; font-size: 12px; min-width: 0; overflow-wrap: anywhere }
.inputs input { width: 100%; min-width: 0; font-size: 14px }
.inputs output { text-align: left; font-size: 14px; line-height: 32px }
output { font-variant-numeric: tabular-nums; text-align: right; color: var(--vielbein-ink) }
figcaption { display: flex; align-items: center; justify-content: space-between; gap: 8px; color: var(--vielbein-soft); font-size: 13px; margin-bottom: 4px }
.spectrum figcaption { flex-wrap: wrap; gap: 0 8px }
.spectrum .route { flex: 1 1 100% }
#dimension { color: var(--vielbein-vermillion-text, var(--vielbein-vermillion)); font-weight: 600 }
.spectrum svg { width: 100%; height: auto; display: block; overflow: visible }`;

/** The right column: kinds of directions, and a slider for each direction. */
const DIRECTIONS = `#kinds { display: inline-flex; flex-wrap: wrap; gap: 6px }
#kinds button { border-radius: 16px; color: var(--vielbein-soft) }
#kinds button[aria-pressed=true] { color: var(--vielbein-ink); border-color: var(--vielbein-accent); background: var(--vielbein-band); font-weight: 600 }
.tools { display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: center }
.tools label { display: inline-flex; gap: 6px; align-items: center; white-space: nowrap }
.tools + .tools { margin-top: 10px }
#kinds { margin-right: auto }
#layers { color: var(--vielbein-soft); white-space: nowrap }
#layers input { width: 56px; padding: 0 6px }
#panel { margin-top: 14px; display: grid; grid-template-columns: repeat(auto-fit, minmax(min(290px, 100%), 1fr)); gap: 18px 22px; align-items: start }
#panel:has(> :nth-child(4):last-child) { grid-template-columns: repeat(auto-fit, minmax(min(400px, 100%), 1fr)) }
.column { min-width: 0 }
.heading { display: flex; align-items: center; justify-content: space-between; border-bottom: 2px solid var(--vielbein-accent); padding: 0 0 4px 6px; margin-bottom: 4px }
h3 { margin: 0; font-size: 14px }
.route { color: var(--vielbein-soft); font-size: 12px }
.heading .route { flex: 1; min-width: 0; padding-left: 8px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.save, .more { height: 28px; font-size: 12px; color: var(--vielbein-soft) }
.save { border-color: transparent; background: none }
.more { margin-top: 6px }
#animation { height: 28px; font-size: 12px }
.row { display: grid; grid-template-columns: 3.2em 4.6em minmax(0, 1fr) 3.2em 26px; gap: 8px; align-items: center; padding: 2px 2px 2px 6px; border-radius: 6px; min-height: 34px }
.row.selected { background: var(--vielbein-band) }
.row .name { font-weight: 600; overflow: hidden; text-overflow: ellipsis; cursor: pointer; white-space: nowrap; color: var(--vielbein-ink) }
.row .value { color: var(--vielbein-soft); font-size: 12px; font-variant-numeric: tabular-nums; white-space: nowrap; overflow: hidden; text-overflow: ellipsis }
.row button { width: 26px; height: 28px; padding: 0; justify-content: center; border-color: transparent; background: none; color: var(--vielbein-soft) }
.row button:disabled { visibility: hidden }
.note { color: var(--vielbein-soft); margin: 12px 6px; max-width: 60ch; overflow-wrap: anywhere }`;

/** Steps along the selected direction, and what went wrong. */
const STRIP = `.strip { margin-top: 18px; border-top: 1px solid var(--vielbein-line); padding-top: 12px }
#strip { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr); gap: 6px; min-height: 64px }
#strip button { height: auto; padding: 0; border: 2px solid transparent; border-radius: 6px; flex-direction: column; gap: 2px; background: none; color: var(--vielbein-soft); font-size: 12px; font-variant-numeric: tabular-nums; min-width: 0; overflow: hidden }
#strip button canvas { aspect-ratio: 1; height: auto; border-radius: 4px }
[data-shows=signal] #strip button canvas { aspect-ratio: 2 }
#strip button[aria-current=true] { border-color: var(--vielbein-accent); color: var(--vielbein-ink) }
#error { margin: 0 0 16px; color: var(--vielbein-ink); border-left: 4px solid var(--vielbein-vermillion); padding: 6px 10px; background: var(--vielbein-band); overflow-wrap: anywhere }
.remarks { margin: 0 0 16px; color: var(--vielbein-soft); font-size: 12px; overflow-wrap: anywhere }`;

/** One column on a phone. */
const NARROW = `@container (max-width: 720px) {
  .explorer { padding: 12px }
  header { margin-bottom: 12px }
  .spaces { width: 100% }
  .spaces label:not(.button) { flex: 1 1 40%; display: grid; gap: 2px; font-size: 12px }
  .spaces select { max-width: none; width: 100% }
  .columns { grid-template-columns: minmax(0, 1fr); gap: 16px }
  .left, .right { display: contents }
  .picture { position: sticky; top: 0; z-index: 1; order: -1; height: min(64cqw, 300px); aspect-ratio: auto; border-radius: 0 0 8px 8px; box-shadow: 0 4px 10px -6px #0008 }
  .spectrum { order: 9 }
  .row { grid-template-columns: 3.4em minmax(0, 1fr) 3.2em 28px; min-height: 40px }
  .row .value { display: none }
  #strip { gap: 2px }
  .tools { gap: 8px 10px }
  .tools button { padding: 0 8px }
}
@media (prefers-reduced-motion: no-preference) { #kinds button, .row { transition: background-color .12s } }`;

export function explorerStyles(): string {
  const paper = `
:host { ${lightTheme()}; --vielbein-font: system-ui, sans-serif; color-scheme: light dark; display: block; container-type: inline-size; }
@media (prefers-color-scheme: dark) { :host { ${DARK_THEME} } }
:host([hidden]) { display: none }
*, ::before, ::after { box-sizing: border-box }
[hidden] { display: none !important }
.explorer { font: 14px/1.4 var(--vielbein-font); color: var(--vielbein-ink); background: var(--vielbein-paper); padding: 16px; }
.explorer.over { outline: 3px dashed var(--vielbein-accent); outline-offset: -6px }
figure { margin: 0; min-width: 0 }`;
  return [paper, HEADER, FIELDS, PICTURE, DIRECTIONS, STRIP, NARROW].join("\n");
}
