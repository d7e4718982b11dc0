export { type ContactSheet, type ContactSheetRow, contactSheet, formatStep } from "./contact-sheet.ts";
export {
  type DirectionTables,
  directionTables,
  TABLE_TILE,
  type TableDirection,
} from "./direction-tables.ts";
export {
  type DetectOptions,
  detectLayout,
  guessText,
  isPlain,
  possibleLayouts,
} from "./images/detect-layout.ts";
export { differencePicture, WHITE_DIFFERENCE } from "./images/difference-picture.ts";
export { heatPicture } from "./images/heat-picture.ts";
export {
  isOpaque,
  overWhite,
  type RgbaImage,
  type Shrinking,
  shrinkTo,
  stackImages,
  upscale,
} from "./images/image.ts";
export {
  formatChoice,
  formatLayout,
  type ImageLayout,
  LAYOUT_GRAMMAR,
  type LayoutChoice,
  type LayoutName,
  parseLayout,
  shownBy,
  statedLayout,
} from "./images/image-layout.ts";
export {
  imagesToMeasure,
  measureExtent,
  measureRange,
  type PixelRange,
  statedRange,
} from "./images/image-range.ts";
export { layoutKeys } from "./images/layout-keys.ts";
export { type AnimationOptions, encodeAnimatedPng, encodePng, pingPong, withPngText } from "./images/png.ts";
export { resize } from "./images/resize.ts";
export {
  fromRgba,
  pictureSize,
  repeatedOverChannels,
  requireReadable,
  toRgba,
} from "./images/tensor-pixels.ts";
export type { AxisOptions } from "./plots/axis.ts";
export { type BandPlot, bandPlot } from "./plots/band-plot.ts";
export type { ColourScaleName } from "./plots/colour-scale.ts";
export { type Curve, type CurvePlot, curvePlot } from "./plots/curve-plot.ts";
export type { FigureOptions, LegendKey } from "./plots/frame.ts";
export { type HeatMap, heatMap } from "./plots/heat-map.ts";
export { type Histogram, type HistogramSeries, histogram } from "./plots/histogram.ts";
export { type BandGroup, type LayerPlot, layerPlot, type SampleGroup } from "./plots/layer-plot.ts";
export { type Band, bandOf, type LineSeries, quantiles } from "./plots/series.ts";
export { type SpectrumPlot, type SpectrumSeries, spectrumPlot } from "./plots/spectrum-plot.ts";
export { decodeImage } from "./read/decode-image.ts";
export { decodeJpeg } from "./read/decode-jpeg.ts";
export { type DecodedImage, type DecodePngOptions, decodePng } from "./read/decode-png.ts";
export {
  type ReportPage,
  type ReportPart,
  type ReportSection,
  type ReportTable,
  reportPage,
} from "./report/page.ts";
export { type DecodedWav, decodeWav, isWav } from "./signals/decode-wav.ts";
export { curvesOf, fromCurves, SIGNAL_DENSITY } from "./signals/signal-picture.ts";
export {
  encodeWav,
  LARGEST_SAMPLE_RATE,
  statedSampleRate,
  type WavFormat,
  type WavOptions,
} from "./signals/wav.ts";
export { escapeControls } from "./text.ts";
export { DARK_THEME } from "./theme.ts";
