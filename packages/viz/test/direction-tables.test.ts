import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import { describe, expect, it } from "vitest";
import { type DirectionTables, directionTables, type RgbaImage } from "../src/index.ts";
import { decodePng } from "./helpers.ts";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** A grey that says which sample, direction and step it belongs to. */
function shade(sample: number, direction: number, step: number): RgbaImage {
  const grey = 100 * sample + 10 * direction + step;
  return {
    width: 2,
    height: 2,
    data: new Uint8ClampedArray(16).fill(grey).map((x, i) => (i % 4 === 3 ? 255 : x)),
  };
}

const tables: DirectionTables = {
  title: 'A < B & "C"',
  subtitle: "z → image",
  samples: ["sample 0", "sample 1"],
  directions: [
    { name: "smile", values: ["2.5", "50.00 %"] },
    { name: "<b>d1</b>", values: ["10", "30.00 %"] },
    { name: "d2", values: ["1e-3", "20.00 %"] },
  ],
  valueTitles: ["eigenvalue", "share"],
  stepLabels: ["−1", "0", "+1"],
  footer: "model abc",
  images: (s, d) => [0, 1, 2].map((step) => shade(s, d, step)),
};

/** The grey of every image, in the order of the page. */
function shades(html: string): number[] {
  return [...html.matchAll(/src="data:image\/png;base64,([^"]+)"/g)].map(
    ([, base64]) => decodePng(Buffer.from(base64!, "base64")).data[0]!,
  );
}

describe("direction tables", () => {
  it("hold every image once, grouped by sample or by direction", () => {
    const rows = (order: readonly (readonly [number, number])[]) =>
      order.flatMap(([s, d]) => [0, 1, 2].map((step) => 100 * s + 10 * d + step));
    const s = [0, 1];
    const d = [0, 1, 2];
    expect(shades(directionTables(tables, "sample"))).toEqual(
      rows(s.flatMap((i) => d.map((j) => [i, j] as const))),
    );
    expect(shades(directionTables(tables, "direction"))).toEqual(
      rows(d.flatMap((j) => s.map((i) => [i, j] as const))),
    );
  });

  it("need nothing from outside, and let no name become markup", () => {
    const html = directionTables(tables, "sample");
    expect(html).not.toMatch(/https?:|<link|src="(?!data:)/);
    expect(html).toContain("<title>A &lt; B &amp; &quot;C&quot;</title>");
    expect(html).not.toContain("<b>d1</b>");
  });

  it("reduce large images and enlarge small ones by whole factors", () => {
    const large = { width: 512, height: 256, data: new Uint8ClampedArray(4 * 512 * 256).fill(255) };
    const sizes = (image: RgbaImage) =>
      /<img width="(\d+)" height="(\d+)"/
        .exec(directionTables({ ...tables, images: () => [image, image, image] }, "sample"))!
        .slice(1)
        .map(Number);
    expect(sizes(large)).toEqual([128, 64]);
    expect(sizes(shade(0, 0, 0))).toEqual([72, 72]);
  });

  it("refuse tables without images, and rows of another length", () => {
    expect(() => directionTables({ ...tables, samples: [] }, "sample")).toThrow("got 0, 3 and 3");
    expect(() => directionTables({ ...tables, images: () => [shade(0, 0, 0)] }, "direction")).toThrow(
      'one image for each of 3 steps, got 1 of direction "smile" and sample "sample 0"',
    );
  });

  it("sort by a click, rows in their groups and groups, and back by another", async (context) => {
    if (!existsSync(executablePath))
      context.skip("Chromium is not installed (apt-get install chromium, or set CHROMIUM)");
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    try {
      const page = await browser.newPage();
      const headings = () => page.locator("tbody th").allTextContents();
      await page.setContent(directionTables(tables, "sample"));
      const names = ["smile", "<b>d1</b>", "d2"];
      expect(await headings()).toEqual(["sample 0", ...names, "sample 1", ...names]);
      await page.getByRole("button", { name: "eigenvalue" }).click();
      const ascending = ["d2", "smile", "<b>d1</b>"];
      expect(await headings()).toEqual(["sample 0", ...ascending, "sample 1", ...ascending]);
      await page.getByRole("button", { name: "eigenvalue" }).click();
      await page.getByRole("button", { name: "sample" }).click();
      await page.getByRole("button", { name: "sample" }).click();
      const descending = ascending.toReversed();
      expect(await headings()).toEqual(["sample 1", ...descending, "sample 0", ...descending]);

      await page.setContent(directionTables(tables, "direction"));
      await page.getByRole("button", { name: "share" }).click();
      expect((await headings()).filter((text) => !text.startsWith("sample"))).toEqual([
        "d2 eigenvalue 1e-3 share 20.00 %",
        "<b>d1</b> eigenvalue 10 share 30.00 %",
        "smile eigenvalue 2.5 share 50.00 %",
      ]);
    } finally {
      await browser.close();
    }
  });
});
