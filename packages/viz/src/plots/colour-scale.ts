// Colours for numbers: a sequential scale (viridis) and a diverging one (blue, white, vermillion), both readable
// with every kind of colour vision.

import { scaleLinear } from "d3-scale";
import { parseHex, type Rgb } from "../colour.ts";

/** From pale to dark, or from one colour through white to another. */
export type ColourScaleName = "sequential" | "diverging";

/** Viridis (van der Walt & Smith, CC0) at eighths of its length. */
const VIRIDIS = "440154 472d7b 3b528b 2c728e 21918c 28ae80 5ec962 addc30 fde725";
const DIVERGING = "023858 0072b2 74b6dc f4f4f2 eda36b c75000 6b2300";

/** The colour of a share from 0 to 1, linear in sRGB between the stops of the scale; shares outside are clipped. */
export function colourScale(name: ColourScaleName): (share: number) => Rgb {
  const stops = (name === "sequential" ? VIRIDIS : DIVERGING)
    .split(" ")
    .map((hex) => [...parseHex(`#${hex}`)]);
  const scale = scaleLinear<number[]>()
    .domain(stops.map((_, i) => i / (stops.length - 1)))
    .range(stops)
    .clamp(true);
  return (share) => {
    const [red, green, blue] = scale(share).map(Math.round) as [number, number, number];
    return [red, green, blue];
  };
}

/** Black or white, whichever stands out more, by the relative luminance of WCAG 2. */
export function textColour(ground: Rgb): "black" | "white" {
  const [red, green, blue] = ground.map((value) => (value / 255) ** 2.2) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 ? "black" : "white";
}
