// On a phone: the picture and the strip stay in view, the rows lie below; what is touched is 44 pixels high.

export const NARROW: string = `@container explorer (max-width: 720px) {
  .explorer { padding: 0 12px 12px }
  header { margin: 0 0 10px; padding: 10px 0 }
  .spaces { width: 100%; display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr) }
  .spaces label { grid-template-columns: minmax(0, 1fr); gap: 2px; font-size: 12px }
  .spaces .hint, .heading .hint, .left .hint { display: none }
  .spaces select { max-width: none; width: 100% }
  .spaces > button { align-self: end }
  .working { bottom: -10px }
  .body { display: grid; grid-template-columns: minmax(0, 1fr) }
  .columns { display: contents }
  .left, .right { display: contents }
  .body > *, .left > *, .right > * { margin-bottom: 12px }
  .seen { position: sticky; top: 0; z-index: 3; order: -3; background: var(--vielbein-paper); padding: 8px 12px 0; margin: 0 -12px }
  .picture { height: min(58cqw, 34vh); aspect-ratio: auto; width: 100% }
  .strip { position: sticky; top: calc(min(58cqw, 34vh) + 60px); z-index: 2; order: -2; background: var(--vielbein-paper); margin: 0 -12px 12px; padding: 6px 12px; border: 0; border-bottom: 1px solid var(--vielbein-line) }
  .strip figcaption { display: none }
  #strip { gap: 2px; min-height: 44px }
  .tools { order: 0; margin-top: 0 !important }
  #panel { order: 1; margin: 0 -12px; padding: 0 12px 8px; gap: 12px; grid: auto / auto-flow calc(100% - 8px); overflow-x: auto; scroll-snap-type: x mandatory; scroll-padding: 12px }
  #panel:has(> :only-child) { grid-auto-columns: 100% }
  .column { scroll-snap-align: start }
  .sample, .inputs { order: -1 }
  .region { order: 2 }
  .spectrum { order: 3 }
  .keeping { order: 4; margin-top: 0 }
  button, select, input[type=number], input[type=text], .heading button, .more, #cancel { min-height: 44px }
  .tool, #dismiss { min-width: 44px; min-height: 44px }
  .looks button { min-height: 44px }
  .region-tools button { min-width: 44px }
  .region-tools { width: 100% }
  .row, .row.selected { grid-template-columns: minmax(44px, 56px) 44px minmax(0, 1fr) 44px 44px; padding: 2px 0; min-height: 52px; gap: 3px }
  .row.tiles { grid-template-columns: minmax(44px, 52px) repeat(7, minmax(0, 1fr)); gap: 2px }
  .row.tiles .tool, .row output { display: none }
  .row .name { min-height: 30px; height: 30px }
  input[type=range] { height: 44px }
  #undo, #redo { min-width: 44px }
  .row .back:disabled, .row .back:not(:disabled) + .keep { display: none }
  .row .keep { display: inline-flex !important }
  .row .back:not(:disabled) + .keep { display: none !important }
  .row.tiles .tool { display: none !important }
  input[type=checkbox] { width: 24px; height: 24px }
  .tools label { min-height: 44px }
}`;
