// The header, and the left column: the picture, what it is a sample of, the region and the spectrum.

export const HEADER: string = `
header { position: relative; display: flex; flex-wrap: wrap; gap: 8px 20px; align-items: center; justify-content: space-between; padding-bottom: 12px; border-bottom: 1px solid var(--vielbein-line); margin-bottom: 16px }
.title { display: flex; flex-direction: column; min-width: 0 }
.title strong { font-size: 18px; letter-spacing: -.01em; overflow-wrap: anywhere }
#status:not(:empty)::before { content: "· " }
.title span { color: var(--vielbein-soft); font-size: 12px }
.spaces { display: flex; flex-wrap: wrap; gap: 8px 14px; align-items: start }
.spaces label { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0 6px; align-items: center }
.spaces .hint { grid-column: 2; padding-left: 2px }
.spaces select { max-width: 230px }
.working { position: absolute; right: 0; bottom: -15px; left: 0; display: flex; align-items: center; gap: 10px }
#progress { flex: 1; appearance: none; height: 3px; border: 0; background: var(--vielbein-line) }
#progress::-webkit-progress-bar { background: var(--vielbein-line) }
#progress::-webkit-progress-value { background: var(--vielbein-accent) }
#progress::-moz-progress-bar { background: var(--vielbein-accent) }
#progress:indeterminate { background: linear-gradient(90deg, var(--vielbein-accent) 30%, var(--vielbein-line) 0) }
#cancel { height: 26px; font-size: 12px }
#error { position: sticky; top: 8px; z-index: 5; display: flex; align-items: start; gap: 8px; margin: 0 0 16px; color: var(--vielbein-ink); border-left: 4px solid var(--vielbein-vermillion); border-radius: 0 7px 7px 0; padding: 8px 8px 8px 12px; background: var(--vielbein-band) }
#error .said { flex: 1; align-self: center; overflow-wrap: anywhere }
#error p { margin: 0 }
#asked { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 8px }
#asked[hidden] { display: none }
#answer { width: 14em }
#dismiss { border: 0; background: none; width: 32px; padding: 0 }
.remarks { margin: 0 0 16px; color: var(--vielbein-soft); font-size: 12px; overflow-wrap: anywhere }
.explorer:has(#empty:not([hidden])) .spaces label { display: none }
.empty { display: grid; justify-items: center; gap: 14px; text-align: center; padding: 72px 20px; border: 2px dashed var(--vielbein-line); border-radius: 14px; margin: 8px 0 }
.empty .invitation { font-size: 24px; letter-spacing: -.02em }
.empty p { max-width: 52ch; color: var(--vielbein-soft) }
.empty .choices { display: flex; flex-wrap: wrap; gap: 10px; justify-content: center }
.empty button { height: 44px; padding: 0 18px }
.samples { display: flex; flex-wrap: wrap; gap: 16px; justify-content: center }
::slotted([slot=samples]) { display: grid; gap: 4px; width: 200px; padding: 10px; border: 1px solid var(--vielbein-line); border-radius: 10px; color: inherit; text-align: left; text-decoration: none; overflow: hidden }
::slotted([slot=samples]:hover) { border-color: var(--vielbein-accent) }`;

export const PICTURE: string = `
.columns { display: grid; grid-template-columns: minmax(260px, 360px) minmax(0, 1fr); gap: 24px; align-items: start }
.left { display: grid; gap: 14px; min-width: 0; position: sticky; top: 12px }
.right { min-width: 0 }
.seen { display: grid; gap: 8px }
.picture { aspect-ratio: 1; background: var(--vielbein-grid); border-radius: 12px; overflow: hidden; display: grid; grid-template: minmax(0, 1fr) / minmax(0, 1fr) }
.picture canvas { grid-area: 1 / 1 }
:where([data-shows=signal]) .picture { aspect-ratio: 2 }
:where([data-shows=signal]) canvas { image-rendering: auto }
#surface { pointer-events: none; image-rendering: auto; position: relative }
.marking #surface { pointer-events: auto; cursor: crosshair; touch-action: none }
#surface:focus-visible { outline-offset: -3px; border-radius: 12px }
[data-lens=heat] #canvas { filter: grayscale(1) brightness(.55) }
#lens { position: relative }
.lens-name { position: absolute; left: 10px; top: 10px; padding: 2px 9px; border-radius: 20px; background: #14171bcc; color: #ffffff; font-size: 12px; visibility: hidden }
[data-lens] .lens-name { visibility: visible }
.looks { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr) }
.looks button { border-radius: 0; margin-left: -1px; font-size: 13px; touch-action: none; user-select: none; -webkit-user-select: none; overflow: hidden; text-overflow: ellipsis; padding: 0 6px }
.looks button:first-child { border-radius: 7px 0 0 7px; margin-left: 0 }
.looks button:last-child { border-radius: 0 7px 7px 0 }
.looks [aria-pressed=true] { z-index: 1 }
.legend { display: flex; flex-wrap: wrap; gap: 4px 12px; color: var(--vielbein-soft); font-size: 12px }
.legend span::before { content: ""; display: inline-block; width: 14px; height: 9px; margin-right: 5px; background: var(--key) }
.sample { display: flex; flex-wrap: wrap; gap: 6px 12px; align-items: center }
.seed input { width: 84px; margin-left: 2px }
.truncation { flex: 1 1 100%; display: grid; grid-template-columns: auto 1fr 5ch; gap: 10px; align-items: center }
.sample > .hint { margin-top: -6px }
.inputs { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(140px, 100%), 1fr)); gap: 8px 12px }
.inputs label { display: grid; gap: 2px; align-content: start; font-size: 12px; min-width: 0; overflow-wrap: anywhere }
.inputs input { width: 100%; min-width: 0; font-size: 14px }
.inputs output { text-align: left; font-size: 14px; line-height: 32px }
.region { display: flex; flex-wrap: wrap; gap: 6px 12px; align-items: center; padding: 10px 0; border: solid var(--vielbein-line); border-width: 1px 0 }
.region-tools { display: inline-flex; align-items: center; gap: 4px }
.region-tools .caption { margin-right: 4px; color: var(--vielbein-ink); font-weight: 600 }
.region-tools button { padding: 0 8px; min-width: 34px }
.region label { display: inline-flex; gap: 6px; align-items: center }
.region .hint:empty { display: none }
figcaption { display: flex; align-items: center; justify-content: space-between; gap: 8px; color: var(--vielbein-soft); font-size: 13px; margin-bottom: 4px }
.spectrum figcaption { flex-wrap: wrap; gap: 0 8px }
.route { color: var(--vielbein-soft); font-size: 12px }
.spectrum .route { flex: 1 1 100% }
#dimension { color: color-mix(in srgb, var(--vielbein-vermillion) 75%, var(--vielbein-ink)); font-weight: 600 }
.spectrum svg { width: 100%; height: auto; display: block; overflow: visible }`;
