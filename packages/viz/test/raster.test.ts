import { expect, test, vi } from "vitest";
import { contactSheet } from "../src/contact-sheet.ts";
import { rasterize } from "../src/raster.ts";
import { decodePng, disc, fonts, wasm } from "./helpers.ts";

const svg = contactSheet({
  title: "Leading directions",
  columnLabels: ["−1", "0", "+1"],
  rows: [{ label: "direction 0", images: [0.4, 0.5, 0.6].map((centre) => disc(32, centre)) }],
});
const [, width, height] = svg.match(/width="([\d.]+)" height="([\d.]+)"/)!.map(Number) as [
  number,
  number,
  number,
];

test("a failed start names the remedy and may be tried again", async () => {
  // resvg starts once per process, and another file may have been first: this one looks at the bytes every time.
  vi.doMock("@resvg/resvg-wasm", async (original) => {
    const resvg = await original<typeof import("@resvg/resvg-wasm")>();
    const initWasm = async (bytes: Uint8Array<ArrayBuffer>) => {
      await WebAssembly.compile(bytes);
      await resvg.initWasm(bytes);
    };
    return { ...resvg, initWasm };
  });
  vi.resetModules();
  const fresh = await import("../src/raster.ts");
  vi.doUnmock("@resvg/resvg-wasm");
  vi.resetModules();
  const broken = fresh.rasterize(svg, { wasm: new Uint8Array(8), fonts });
  await expect(broken).rejects.toThrow(/resvg did not start/);
  await expect(broken).rejects.toMatchObject({ code: "BACKEND_UNAVAILABLE" });
  expect(decodePng(await fresh.rasterize(svg, { wasm, fonts })).height).toBeGreaterThan(0);
});

test("size follows the SVG, the scale or the width; calls may overlap", async () => {
  const [plain, twice, narrow] = await Promise.all([
    rasterize(svg, { wasm, fonts }),
    rasterize(svg, { wasm, fonts, scale: 2 }),
    rasterize(svg, { wasm, fonts, width: 300 }),
  ]);
  const size = (png: Uint8Array) => {
    const image = decodePng(png);
    return [image.width, image.height];
  };
  expect(size(plain)).toEqual([width, height]);
  expect(size(twice)).toEqual([2 * width, 2 * height]);
  expect(size(narrow)).toEqual([300, Math.ceil((300 * height) / width)]);
});

test("tiles keep their exact colours, and text is drawn", async () => {
  const image = decodePng(await rasterize(svg, { wasm, fonts, scale: 2 }));
  const [, x, y] = svg.match(/<image x="([\d.]+)" y="([\d.]+)"/)!.map(Number) as [number, number, number];
  const tile = disc(32, 0.4);
  for (const [column, row] of [
    [0, 0],
    [31, 31],
    [12, 16],
    [25, 3],
  ] as const) {
    const at = 4 * (2 * (y + 3 * row + 1) * image.width + 2 * (x + 3 * column + 1));
    const from = 4 * (32 * row + column);
    expect(image.data.slice(at, at + 4)).toEqual(tile.data.slice(from, from + 4));
  }
  const titleArea = image.data.subarray(0, 4 * image.width * 2 * 70);
  expect(titleArea.filter((value, i) => i % 4 === 0 && value < 60).length).toBeGreaterThan(500);
});

test("refuses no fonts, no size and no SVG", async () => {
  await expect(rasterize(svg, { wasm, fonts: [] })).rejects.toThrow(/at least one font/);
  await expect(rasterize(svg, { wasm, fonts, scale: 0 })).rejects.toThrow(/positive, got 0/);
  const broken = rasterize("<svg", { wasm, fonts });
  await expect(broken).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});
