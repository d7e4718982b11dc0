// The right column, with a row for each direction; the strip; and what is kept.

export const DIRECTIONS: string = `
#kinds { display: inline-flex; flex-wrap: wrap; gap: 6px; margin-right: auto }
#kinds button { border-radius: 16px; color: var(--vielbein-soft) }
#kinds button[aria-pressed=true] { color: var(--vielbein-ink) }
.tools { display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: center }
.tools label { display: inline-flex; gap: 6px; align-items: center; white-space: nowrap }
.tools + .tools { margin-top: 10px }
#undo, #redo { font-size: 17px; padding: 0 9px }
#layers { color: var(--vielbein-soft); white-space: nowrap }
#layers input { width: 56px; padding: 0 6px }
#panel { margin-top: 16px; display: grid; grid-template-columns: repeat(auto-fit, minmax(min(360px, 100%), 1fr)); gap: 22px; align-items: start }
.column { min-width: 0; min-height: 120px; container-type: inline-size }
.heading .route { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.save { border-color: transparent !important; background: none }
.more { margin-top: 6px; height: 32px; font-size: 12px; color: var(--vielbein-soft) }
.row { display: grid; grid-template-columns: minmax(56px, 72px) 44px minmax(0, 1fr) 44px 2.9em 24px 24px; gap: 6px; align-items: center; padding: 3px 2px 3px 4px; border-radius: 9px; min-height: 48px }
.row.tiles { grid-template-columns: minmax(56px, 72px) repeat(7, minmax(0, 1fr)) 24px; gap: 3px }
.row.selected { background: var(--vielbein-band) }
.title-of { display: grid; min-width: 0 }
.row .name { width: 100%; height: 22px; padding: 0 4px; border-color: transparent; background: none; font-weight: 600; text-overflow: ellipsis; min-width: 0 }
.row .name:hover { border-color: var(--vielbein-line) }
.row .name:focus { border-color: var(--vielbein-accent); background: var(--vielbein-paper); outline: none }
.row .value { padding-left: 5px; color: var(--vielbein-soft); font-size: 12px; font-variant-numeric: tabular-nums; white-space: nowrap; overflow: hidden; text-overflow: ellipsis }
.row output { font-size: 13px }
.row .tool { font-size: 15px; width: 24px }
.row.tiles output, .row.tiles .back { display: none }
.row .back:disabled { visibility: hidden }
@container (max-width: 340px) {
  .row { grid-template-columns: 58px 36px minmax(0, 1fr) 36px 2.8em 26px }
  .row.tiles { grid-template-columns: 58px repeat(7, minmax(0, 1fr)) 26px }
  .row.tiles output, .row .back:disabled { display: none }
  .row:not(.tiles) .keep { display: none }
  .row.selected .keep { display: inline-flex }
  .row.selected .back:not(:disabled) + .keep { display: none }
}
.note { color: var(--vielbein-soft); margin: 8px 6px; max-width: 60ch; overflow-wrap: anywhere; font-size: 12px }`;

export const STRIP: string = `
.strip { margin-top: 22px; border-top: 1px solid var(--vielbein-line); padding-top: 12px }
#strip { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr); gap: 6px; min-height: 64px }
#strip button { height: auto; padding: 0; border: 2px solid transparent; border-radius: 9px; flex-direction: column; gap: 2px; background: none; color: var(--vielbein-soft); font-size: 12px; font-variant-numeric: tabular-nums; min-width: 0; overflow: hidden }
#strip button canvas { aspect-ratio: 1; height: auto; border-radius: 6px }
[data-shows=signal] #strip button canvas, [data-shows=signal] .cell { aspect-ratio: 2 }
#strip button[aria-current=true] { border-color: var(--vielbein-accent); color: var(--vielbein-ink) }
#animation { height: 28px; font-size: 12px }`;

export const KEEPING: string = `
.keeping { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(340px, 100%), 1fr)); gap: 22px; margin-top: 24px; align-items: start }
.keeping .heading { border-bottom-color: var(--vielbein-line) }
.keeping .heading h2 { margin-right: auto }
.keeping .heading button { padding: 0 9px }
#shelf li { display: grid; grid-template-columns: minmax(70px, 1fr) minmax(0, 2fr) 28px; gap: 8px; align-items: center; padding: 2px 4px; color: var(--vielbein-soft); font-size: 12px }
#shelf li span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
#shelf input { height: 28px; font-weight: 600; border-color: transparent; padding: 0 4px; min-width: 0; font-size: 14px }
#shelf input:hover { border-color: var(--vielbein-line) }
#shelf .elsewhere input { color: var(--vielbein-soft) }
#timeline { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 8px }
#timeline li { display: grid; grid-template-columns: 1fr 1fr; justify-items: center; width: 72px }
#timeline .cell { grid-column: 1 / -1; width: 72px }`;
