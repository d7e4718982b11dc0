// Figures: SVG as it is, or PNG at twice the size, by the ending of the file.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { rasterize } from "@vielbein/viz/raster";
import { endingIn, OutputOption } from "./command-files.ts";
import { writeWhole } from "./output.ts";
import { endingAtOnce } from "./signals.ts";
import { info, type Terminal } from "./terminal.ts";

/** An option that names a figure to write. */
export function figure(flags: string, description: string): OutputOption {
  return new OutputOption(flags, description).argParser(endingIn(".svg", ".png"));
}

/**
 * Writes the SVG document that `compose` makes to `path`, as PNG unless it ends in .svg, and says so; where no path was
 * given, does nothing. A signal ends the process at once while the figure is made.
 *
 * @param signal as of {@link endingAtOnce}.
 * @throws {CannotWriteError}
 */
export async function writeFigure(
  path: string | undefined,
  compose: () => string,
  terminal: Terminal,
  signal?: AbortSignal,
): Promise<void> {
  if (path === undefined) return;
  const svg = await endingAtOnce(compose, signal);
  await writeWhole(path, /\.svg$/i.test(path) ? svg : await toPng(svg, signal), terminal);
  info(terminal, `wrote ${path}`);
}

async function toPng(svg: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const require = createRequire(import.meta.url);
  const [wasm, regular, bold] = await Promise.all([
    readFile(require.resolve("@resvg/resvg-wasm/index_bg.wasm")),
    readFile(require.resolve("dejavu-fonts-ttf/ttf/DejaVuSans.ttf")),
    readFile(require.resolve("dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf")),
  ]);
  return endingAtOnce(() => rasterize(svg, { wasm, fonts: [regular, bold], scale: 2 }), signal);
}
