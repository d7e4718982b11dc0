import { expect, test } from "vitest";
import { type ContactSheet, contactSheet, formatStep } from "../src/contact-sheet.ts";
import { decodePng, disc, expectWellFormed } from "./helpers.ts";

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

function sheet(size: number, steps: readonly number[], rows: number, height: number = size): ContactSheet {
  return {
    title: "Leading directions",
    subtitle: "z → image · seed 7",
    columnLabels: steps.map(formatStep),
    rows: Array.from({ length: rows }, (_, r) => ({
      label: `direction ${r}`,
      sublabel: `σ = ${10 - r}`,
      images: steps.map((t) => disc(size, 0.5 + 0.1 * t, height)),
    })),
  };
}

function tiles(svg: string): (Box & { png: Uint8Array })[] {
  const image =
    /<image x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"[^>]*base64,([A-Za-z0-9+/=]+)"\/>/g;
  return [...svg.matchAll(image)].map(([, x, y, width, height, base64]) => ({
    x: Number(x),
    y: Number(y),
    width: Number(width),
    height: Number(height),
    png: Buffer.from(base64!, "base64"),
  }));
}

function paper(svg: string): { width: number; height: number } {
  const [, width, height] = svg.match(/^<svg [^>]*width="([\d.]+)" height="([\d.]+)"/)!;
  return { width: Number(width), height: Number(height) };
}

test("tiles form a grid in row order, inside the margins, enlarged by whole factors", () => {
  const svg = contactSheet(sheet(32, [-2, -1, 0, 1, 2], 3));
  expectWellFormed(svg);
  const grid = tiles(svg);
  expect(grid).toHaveLength(15);
  const { width, height } = paper(svg);
  grid.forEach((tile, i) => {
    expect([tile.width, tile.height]).toEqual([96, 96]);
    expect(Number.isInteger(tile.x) && Number.isInteger(tile.y)).toBe(true);
    expect(tile.x).toBe(grid[i % 5]!.x);
    expect(tile.y).toBe(grid[i - (i % 5)]!.y);
    expect(tile.x + tile.width).toBeLessThanOrEqual(width - 40);
    expect(tile.y + tile.height).toBeLessThanOrEqual(height - 40);
  });
  expect(grid[1]!.x).toBeGreaterThan(grid[0]!.x + 96);
  expect(grid[5]!.y).toBeGreaterThan(grid[0]!.y + 96);
  const decoded = decodePng(grid[0]!.png);
  const image = disc(32, 0.3);
  expect(decoded.width).toBe(96);
  for (const [x, y] of [
    [0, 0],
    [31, 31],
    [10, 16],
  ] as const) {
    const at = 4 * ((3 * y + 1) * 96 + 3 * x + 1);
    expect(decoded.data.slice(at, at + 4)).toEqual(image.data.slice(4 * (32 * y + x), 4 * (32 * y + x) + 4));
  }
});

test.each([
  [28, 28, 112, 112],
  [64, 64, 128, 128],
  [128, 32, 128, 32],
  [256, 256, 256, 256],
  [600, 300, 200, 100],
])("an image of %i × %i becomes a tile of %i × %i", (width, height, tileWidth, tileHeight) => {
  const [tile] = tiles(contactSheet(sheet(width, [0, 1], 1, height)));
  expect([tile!.width, tile!.height]).toEqual([tileWidth, tileHeight]);
  const { width: w, height: h } = decodePng(tile!.png);
  expect([w, h]).toEqual([tileWidth, tileHeight]);
});

test("minTile enlarges", () => {
  expect(tiles(contactSheet({ ...sheet(32, [0], 1), minTile: 300 }))[0]!.width).toBe(320);
});

test("the column of the unmoved point is marked: label 0, or as told, or none", () => {
  const marked = (svg: string) => svg.match(/font-weight="700" text-anchor="middle">([^<]*)</)?.[1];
  const base = sheet(32, [-1, 0, 1, 2], 1);
  expect(marked(contactSheet(base))).toBe("0");
  expect(marked(contactSheet({ ...base, reference: 3 }))).toBe("+2");
  expect(marked(contactSheet({ ...base, reference: -1 }))).toBeUndefined();
  expect(marked(contactSheet(sheet(32, [1, 2, 3], 1)))).toBeUndefined();
});

test("hostile and long texts stay text", () => {
  const base = sheet(32, [-1, 0, 1], 2);
  const nasty = `<script>"&amp;' ]]> \u0000`;
  const svg = contactSheet({
    ...base,
    title: nasty,
    subtitle: nasty.repeat(40),
    footer: nasty.repeat(40),
    columnTitle: nasty,
    columnLabels: ["a label much wider than its tile", nasty, "0"],
    rows: base.rows.map((row) => ({ ...row, label: `${nasty} ${"long ".repeat(40)}`, sublabel: nasty })),
  });
  expectWellFormed(svg);
  expect(svg).not.toContain("<script");
  expect(svg).toContain("<title>a label much wider than its tile</title>a label");
});

test("a large sheet grows its type with its grid", () => {
  const steps = Array.from({ length: 12 }, (_, i) => i - 6);
  const titleSize = (svg: string) => Number(svg.match(/<text [^>]*font-size="([\d.]+)"/)![1]);
  const [small, large] = [contactSheet(sheet(64, [0, 1], 1)), contactSheet(sheet(64, steps, 10))];
  expect(tiles(large)).toHaveLength(120);
  expect(titleSize(large)).toBeGreaterThan(1.5 * titleSize(small));
});

test("refuses what is not a full grid of one size", () => {
  const base = sheet(32, [-1, 0, 1], 2);
  expect(() => contactSheet({ ...base, rows: [] })).toThrow(/at least one row/);
  expect(() => contactSheet({ ...base, columnLabels: ["0"] })).toThrow(/row 0 \("direction 0"\) has 3/);
  const rows = [base.rows[0]!, { label: "other", images: [0, 1, 2].map(() => disc(16, 0.5)) }];
  const mixed = () => contactSheet({ ...base, rows });
  expect(mixed).toThrow(/32 × 32 and, in row 1 \("other"\), 16 × 16/);
  expect(mixed).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
});

test.each([
  [0, "0"],
  [-0, "0"],
  [-4.4e-16, "0"],
  [-3, "−3"],
  [0.5, "+0.5"],
  [-2.4545, "−2.45"],
  [1e-9, "+1e-9"],
])("formatStep(%f) is %s", (step, label) => {
  expect(formatStep(step)).toBe(label);
});

test("large maps of classes keep their colours, and drawings that are finer than the sheet their pixels", async () => {
  // Black and white in turns, which a mean makes grey.
  const side = 512;
  const levels = Uint8ClampedArray.from({ length: 4 * side * side }, (_, i) =>
    i % 4 === 3 || i % 8 < 4 ? 255 : 0,
  );
  const image = { width: side, height: side, data: levels };
  const sheet = { title: "", columnLabels: ["0"], rows: [{ label: "", images: [image] }] };
  const shown = async (more: Partial<ContactSheet>) => {
    const svg = contactSheet({ ...sheet, ...more });
    const [, width, base64] = /<image [^>]*width="(\d+)"[^>]*base64,([^"]+)"/.exec(svg)!;
    const tile = await decodePng(new Uint8Array(Buffer.from(base64!, "base64")));
    return { width: Number(width), pixels: tile.width, level: tile.data[0]! };
  };
  expect(await shown({})).toEqual({ width: 256, pixels: 256, level: 128 });
  expect(await shown({ shrinking: "middle" })).toEqual({ width: 256, pixels: 256, level: 0 });
  expect(await shown({ density: 2 })).toEqual({ width: 256, pixels: 512, level: 255 });
});
