export { type ContactSheet, type ContactSheetRow, contactSheet, formatStep } from "./contact-sheet.ts";
export { type RgbaImage, toRgba, upscale } from "./image.ts";
export { detectLayout, type ImageLayout, type LayoutName } from "./image-layout.ts";
export { measureRange, type PixelRange } from "./image-range.ts";
export { encodePng } from "./png.ts";
export { type SpectrumPlot, type SpectrumSeries, spectrumPlot } from "./spectrum-plot.ts";
