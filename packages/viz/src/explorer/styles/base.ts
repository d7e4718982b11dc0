// Colours, buttons, fields and sliders, wherever they stand.

/** Filled from zero, wherever it lies, to the thumb. */
const TRACK =
  "linear-gradient(90deg, transparent min(var(--at), var(--zero)), var(--vielbein-accent) 0 max(var(--at), var(--zero)), transparent 0), var(--vielbein-line)";
const THUMB =
  "width: 18px; height: 18px; border-radius: 50%; background: var(--vielbein-accent); border: 3px solid var(--vielbein-paper); box-shadow: 0 0 0 1px var(--vielbein-line)";

export const BASE: string = `
:host([hidden]) { display: none }
*, ::before, ::after { box-sizing: border-box }
[hidden] { display: none !important }
.explorer { font: 14px/1.4 var(--vielbein-font); color: var(--vielbein-ink); background: var(--vielbein-paper); padding: 16px }
.explorer.over { outline: 3px dashed var(--vielbein-accent); outline-offset: -6px }
figure, ul, ol, p, h2 { margin: 0; min-width: 0 }
ul, ol { padding: 0; list-style: none }
h2 { font-size: 14px }
label, .caption { color: var(--vielbein-soft) }
.hint { color: var(--vielbein-soft); font-size: 12px; line-height: 1.35; font-weight: 400 }
.hint code { overflow-wrap: anywhere; color: var(--vielbein-ink) }
select, button, input[type=number], input[type=text] { font: inherit; color: var(--vielbein-ink); background: var(--vielbein-paper); border: 1px solid var(--vielbein-line); border-radius: 7px; height: 32px; padding: 0 10px; display: inline-flex; align-items: center; justify-content: center }
select { padding: 0 6px; min-width: 0 }
button { cursor: pointer; white-space: nowrap }
button:hover { border-color: var(--vielbein-faint); background: var(--vielbein-grid) }
button:disabled { opacity: .45; cursor: default; background: none }
button[aria-pressed=true] { border-color: var(--vielbein-accent); background: var(--vielbein-band); font-weight: 600 }
.primary { background: var(--vielbein-accent); border-color: var(--vielbein-accent); color: var(--vielbein-paper); font-weight: 600 }
.primary:hover { background: var(--vielbein-accent); border-color: var(--vielbein-ink) }
.tool { border-color: transparent; background: none; width: 28px; height: 28px; padding: 0; color: var(--vielbein-soft) }
.joined { display: inline-flex }
.joined button { border-radius: 0; margin-left: -1px }
.joined button:first-child { border-radius: 7px 0 0 7px; margin-left: 0 }
.joined button:last-child { border-radius: 0 7px 7px 0 }
.joined button[aria-pressed=true] { z-index: 1 }
:focus-visible { outline: 2px solid var(--vielbein-accent); outline-offset: 2px }
input { accent-color: var(--vielbein-accent) }
input[type=range] { appearance: none; background: none; height: 26px; margin: 0; min-width: 0; width: 100%; cursor: pointer; touch-action: pan-y; --at: 50%; --zero: 50% }
input[type=range]::-webkit-slider-runnable-track { height: 6px; border-radius: 3px; background: ${TRACK} }
input[type=range]::-moz-range-track { height: 6px; border-radius: 3px; background: ${TRACK} }
input[type=range]::-webkit-slider-thumb { appearance: none; ${THUMB}; margin-top: -6px }
input[type=range]::-moz-range-thumb { ${THUMB}; box-sizing: border-box }
input[type=range]:focus-visible { outline: none }
input[type=range]:focus-visible::-webkit-slider-thumb { outline: 2px solid var(--vielbein-accent); outline-offset: 2px }
input[type=range]:focus-visible::-moz-range-thumb { outline: 2px solid var(--vielbein-accent); outline-offset: 2px }
output { font-variant-numeric: tabular-nums; text-align: right; color: var(--vielbein-ink) }
canvas { width: 100%; height: 100%; object-fit: contain; image-rendering: pixelated; display: block }
.cell { height: auto; aspect-ratio: 1; padding: 0; border: 2px solid transparent; border-radius: 7px; background: var(--vielbein-grid); overflow: hidden; min-width: 0 }
.cell canvas { border-radius: 4px }
.cell canvas.stale { opacity: .3 }
.cell[aria-current=true] { border-color: var(--vielbein-accent) }
.heading { display: flex; flex-wrap: wrap; align-items: center; gap: 2px 8px; border-bottom: 2px solid var(--vielbein-accent); padding: 0 0 5px 6px; margin-bottom: 4px }
.heading .hint { flex: 1 1 100% }
.heading button { height: 28px; font-size: 12px; color: var(--vielbein-soft) }`;

/** What is of another code than the picture: dimmed, with a wheel that turns. */
export const STALE: string = `
.picture, .spectrum, .strip, .column { position: relative }
.stale > canvas, .stale > div, .stale > .hint { opacity: .35 }
.column.stale > div { pointer-events: none }
.stale::after { content: ""; position: absolute; left: calc(50% - 13px); top: min(calc(50% - 13px), 120px); width: 26px; height: 26px; border-radius: 50%; border: 3px solid var(--vielbein-line); border-top-color: var(--vielbein-accent) }
@media (prefers-reduced-motion: no-preference) {
  .stale::after { animation: turn .9s linear infinite }
  .stale > canvas, .stale > div, .cell canvas { transition: opacity .15s }
  #kinds button, .row { transition: background-color .12s }
}
@media (prefers-reduced-motion: reduce) { .stale::after { border-style: dotted } }
@keyframes turn { to { transform: rotate(1turn) } }`;
