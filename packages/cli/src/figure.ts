// Figures: SVG as it is, or PNG at twice the size, by the ending of the file.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { rasterize } from "@vielbein/viz/raster";
import { InvalidArgumentError } from "commander";
import { writeWhole } from "./output.ts";

/** A file name that ends in .svg or .png. */
export function figureFile(text: string): string {
  if (/\.(svg|png)$/i.test(text)) return text;
  throw new InvalidArgumentError("Expected a file name that ends in .svg or .png.");
}

/**
 * Writes an SVG document to `path`: as PNG unless it ends in .svg.
 *
 * @throws {CannotWriteError}
 */
export async function writeFigure(path: string, svg: string): Promise<void> {
  await writeWhole(path, /\.svg$/i.test(path) ? svg : await toPng(svg));
}

async function toPng(svg: string): Promise<Uint8Array> {
  const require = createRequire(import.meta.url);
  const [wasm, regular, bold] = await Promise.all([
    readFile(require.resolve("@resvg/resvg-wasm/index_bg.wasm")),
    readFile(require.resolve("dejavu-fonts-ttf/ttf/DejaVuSans.ttf")),
    readFile(require.resolve("dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf")),
  ]);
  return rasterize(svg, { wasm, fonts: [regular, bold], scale: 2 });
}
