// SVG to PNG through resvg, compiled to WebAssembly. The caller hands in the wasm and the fonts, since only
// the caller knows whether they come from a disk, a bundle or a server.

import { initWasm, Resvg } from "@resvg/resvg-wasm";
import { VielbeinError } from "@vielbein/core";
import { requireKind } from "./arguments.ts";

/** What turning SVG into PNG needs, and the size of the result. */
export interface RasterOptions {
  /** `@resvg/resvg-wasm/index_bg.wasm`: its bytes, or its URL. Read at the first call only. */
  readonly wasm: ArrayBuffer | Uint8Array | string;
  /**
   * TrueType or OpenType files. The figures ask for DejaVu Sans, regular and bold, and are drawn in whatever is given.
   */
  readonly fonts: readonly Uint8Array[];
  /** Width of the result in pixels, the height in proportion. Excludes `scale`. */
  readonly width?: number | undefined;
  /** Factor on the size of the SVG. Default 1; 2 for print. */
  readonly scale?: number | undefined;
}

let engine: Promise<void> | undefined;

/**
 * Renders an SVG document and returns a PNG file.
 *
 * @throws {VielbeinError} `BACKEND_UNAVAILABLE` when resvg does not start, `INVALID_ARGUMENT` for an SVG it cannot
 * read, if there are no fonts (text would silently vanish), or for a width or scale that is not positive.
 */
export async function rasterize(svg: string, options: RasterOptions): Promise<Uint8Array> {
  requireKind("rasterize: svg", "text", svg);
  requireKind("rasterize: options", "fonts", options);
  const { fonts, width, scale = 1 } = options;
  if (fonts.length === 0) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      "Rasterize: at least one font is needed to draw text, got none. Pass the bytes of DejaVuSans.ttf.",
    );
  }
  const length = width ?? scale;
  if (!(length > 0 && Number.isFinite(length))) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `Rasterize: width and scale must be positive, got ${length}. Leave both out for the size of the SVG.`,
    );
  }
  await start(options.wasm);
  const fitTo =
    width === undefined
      ? ({ mode: "zoom", value: scale } as const)
      : ({ mode: "width", value: width } as const);
  let drawing: InstanceType<typeof Resvg>;
  try {
    drawing = new Resvg(svg, { fitTo, font: { fontBuffers: [...fonts] } });
  } catch (cause) {
    throw new VielbeinError("INVALID_ARGUMENT", `Rasterize: the SVG cannot be read: ${cause}`, { cause });
  }
  const image = drawing.render();
  try {
    return image.asPng();
  } finally {
    // The pixels live in WebAssembly memory, out of the garbage collector's reach.
    image.free();
    drawing.free();
  }
}

/** Starts resvg once for all callers; a failed start may be tried again. */
async function start(wasm: RasterOptions["wasm"]): Promise<void> {
  engine ??= initWasm(wasm).catch((cause: unknown) => {
    // Another user of resvg on this page may have been first; its engine serves as well.
    if (cause instanceof Error && cause.message.startsWith("Already initialized")) return;
    engine = undefined;
    throw new VielbeinError(
      "BACKEND_UNAVAILABLE",
      `Rasterize: resvg did not start: ${cause}. Pass the bytes of @resvg/resvg-wasm/index_bg.wasm.`,
      { cause },
    );
  });
  await engine;
}
