// The style of a report's page: two schemes by the custom properties of the figures, a phone's width, and paper.

import { DARK_THEME, lightTheme } from "../theme.ts";

const v = (name: string): string => `var(--vielbein-${name})`;

/** Figures narrower than this are not to be read: on a phone they scroll. */
const NARROWEST = "34rem";

export function pageStyle(): string {
  return [...schemes(), ...text(), ...parts(), ...tables(), ...phone(), ...paper()].join("\n");
}

function schemes(): string[] {
  return [
    `:root{color-scheme:light dark;${lightTheme()}}`,
    `@media screen and (prefers-color-scheme:dark){:root{${DARK_THEME}}}`,
  ];
}

function text(): string[] {
  return [
    "*{box-sizing:border-box}html{scroll-behavior:smooth}",
    `body{margin:0 auto;padding:2.5rem 2rem 4rem;max-width:66rem;font:16px/1.55 system-ui,"DejaVu Sans",sans-serif;background:${v("paper")};color:${v("ink")};overflow-wrap:anywhere}`,
    "body:has(.several){max-width:96rem}",
    "h1{font-size:2rem;line-height:1.2;margin:0}h2{font-size:1.4rem;line-height:1.25;margin:0 0 .5rem}h3{font-size:1.05rem;margin:0 0 .6rem}",
    `header p{margin:.5rem 0 0;color:${v("soft")}}a{color:${v("accent")}}`,
    `.notice{margin:1.5rem 0 0;padding:.7rem 1rem;border-left:4px solid ${v("orange")};background:${v("band")}}`,
    `nav{margin:2rem 0;padding:1rem 1.25rem;background:${v("band")};border-radius:.4rem}nav h2{font-size:1rem}`,
    "nav ol{margin:0;padding-left:1.6rem;columns:18rem 2;column-gap:2.5rem}nav li{margin:.2rem 0;break-inside:avoid}",
    `main>section{margin-top:3rem;padding-top:1.5rem;border-top:1px solid ${v("line")}}`,
    `h2 span{color:${v("faint")};font-weight:400;margin-right:.35rem}`,
    `.question{font-size:1.08rem;margin:0;max-width:75ch}.reading{margin:.35rem 0 1.2rem;color:${v("soft")};max-width:75ch}`,
    `footer{margin-top:3.5rem;padding-top:1rem;border-top:1px solid ${v("line")};color:${v("faint")};font-size:.8rem}`,
  ];
}

function parts(): string[] {
  return [
    ".parts.several{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(30rem,100%),1fr));gap:2.5rem}",
    "article{min-width:0}figure{margin:0}",
    `.picture{overflow-x:auto;border:1px solid ${v("line")};border-radius:.4rem;margin-bottom:.8rem}`,
    ".picture svg{display:block;width:100%;height:auto}",
    `figcaption{font-weight:600;max-width:75ch;padding-left:.9rem;border-left:4px solid ${v("accent")}}`,
    `.absent figcaption,.pending figcaption{font-weight:400;border-color:${v("line")};color:${v("soft")}}`,
    `.failed figcaption{font-weight:400;border-color:${v("vermillion")}}`,
    `.remarks{margin:.8rem 0 0;padding-left:1.2rem;color:${v("soft")};font-size:.88rem}`,
    `.again{margin:1rem 0 .3rem;color:${v("soft")};font-size:.88rem}`,
    `pre span{white-space:nowrap}pre{margin:0;white-space:pre-wrap;overflow-x:auto;padding:.6rem .8rem;background:${v("band")};border-radius:.4rem;font:.8rem/1.5 ui-monospace,"DejaVu Sans Mono",monospace}`,
    `details{margin-top:.6rem;font-size:.88rem}summary{cursor:pointer;color:${v("soft")}}`,
    `dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1.2rem;margin:.5rem 0 0}dt{color:${v("soft")}}dd{margin:0;min-width:0}`,
    `:focus-visible{outline:2px solid ${v("accent")};outline-offset:2px}`,
  ];
}

function tables(): string[] {
  return [
    ".table{overflow-x:auto;margin-top:1rem}table{border-collapse:collapse;font-size:.92rem;min-width:60%}",
    `caption{text-align:left;color:${v("soft")};padding-bottom:.3rem}`,
    `th,td{text-align:left;vertical-align:top;padding:.3rem 1.4rem .3rem 0;border-bottom:1px solid ${v("grid")};font-variant-numeric:tabular-nums}`,
    `th{font-weight:400;color:${v("soft")};overflow-wrap:normal}td{min-width:5rem}thead th{border-color:${v("line")}}`,
  ];
}

function phone(): string[] {
  return [
    `@media (max-width:40rem){body{padding:1.5rem 1rem 3rem}h1{font-size:1.5rem}.picture svg{width:max(100%,${NARROWEST})}dl{grid-template-columns:1fr}dd{margin:0 0 .4rem 1rem}}`,
    // Nothing else tells there that a figure goes on to the right.
    `@media screen and (max-width:${NARROWEST}){.picture::before{content:"Swipe for all of it →";position:sticky;left:.9rem;display:inline-block;margin:.5rem .9rem 0;font-size:.8rem;color:${v("soft")}}}`,
  ];
}

/** Everything is shown on paper, and nothing cut that fits a page. */
function paper(): string[] {
  return [
    "@media print{body{max-width:none;padding:0;font-size:11pt}main>section,figure,nav,pre,h2{break-inside:avoid}main>section{margin-top:1.5rem}",
    ".picture{overflow:visible;border:0}a{color:inherit;text-decoration:none}",
    ".picture svg{max-height:13cm;width:auto;max-width:100%}h2,.question,.reading{break-after:avoid}",
    // Settings run on as text: in a list they would take more paper than the figures.
    'dl{display:block;font-size:8pt}dt,dd{display:inline}dt::after{content:": "}dd::after{content:"; "}summary{display:none}',
    "details::details-content{content-visibility:visible;block-size:auto}}",
  ];
}
