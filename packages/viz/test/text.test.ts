import { Resvg } from "@resvg/resvg-wasm";
import { expect, test } from "vitest";
import { rasterize } from "../src/raster.ts";
import { ellipsize, escapeControls, escapeXml, measureText, wrap } from "../src/text.ts";
import { fonts, wasm } from "./helpers.ts";

const font = { size: 13 };

test("measured widths are those of the real font", async () => {
  await rasterize('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>', { wasm, fonts });
  for (const bold of [false, true]) {
    for (const text of ["direction 10, the leading one", "SMALL CAPS & Quotes 0.125", "σ = 12.3"]) {
      const weight = bold ? ' font-weight="700"' : "";
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="900" height="60"><text y="40" font-family="DejaVu Sans" font-size="40"${weight}>${escapeXml(text)}</text></svg>`;
      const width = new Resvg(svg, { font: { fontBuffers: fonts } }).getBBox()!.width;
      // The ink box lacks the side bearings, and one factor stands for all bold letters.
      const ratio = measureText(text, { size: 40, bold }) / width;
      expect(ratio).toBeGreaterThan(0.97);
      expect(ratio).toBeLessThan(1.08);
    }
  }
});

test("ellipsize keeps what fits", () => {
  // To the last pixel.
  expect(ellipsize("exactly", measureText("exactly", font), font)).toBe("exactly");
  expect(ellipsize("exactly so", measureText("exactly…", font), font)).toBe("exactly…");
  expect(ellipsize("short", 200, font)).toBe("short");
  const cut = ellipsize("a rather long label for a row", 100, font);
  expect(cut).toMatch(/^a rather.*\S…$/);
  expect(measureText(cut, font)).toBeLessThanOrEqual(100);
});

test("wrap breaks at spaces and keeps separating dots off the start of a line", () => {
  const text = "model.onnx · z (512) → image (3 × 64 × 64) · seed 7";
  for (let width = 90; width < 420; width += 7) {
    const lines = wrap(text, width, font, 9);
    expect(lines.join(" ")).toBe(text);
    for (const line of lines) {
      expect(line).not.toMatch(/^·/);
      expect(measureText(line, font)).toBeLessThanOrEqual(width);
    }
  }
  expect(wrap(text, 340, font, 2)).toEqual(["model.onnx · z (512) → image (3 × 64 × 64) ·", "seed 7"]);
  expect(wrap("  ", 100, font, 2)).toEqual([]);
  expect(wrap("one two three four five six seven", 60, font, 2)).toEqual(["one two", "three fo…"]);
  expect(wrap("an_unbroken_identifier_of_great_length", 100, font, 2)).toHaveLength(1);
});

test("escapeXml leaves nothing that a parser would stumble over", () => {
  expect(escapeXml(`a < b && "c" > d`)).toBe("a &lt; b &amp;&amp; &quot;c&quot; &gt; d");
  expect(escapeXml("\u0000\u001b[1m\ud800 \ud83d\ude00 é")).toBe("\\u0000\\u001b[1m\ufffd \ud83d\ude00 é");
  expect(escapeXml("tab\tand\nline")).toBe("tab\tand\nline");
});

test("escapeControls shows what would act: C0, C1, line separators and every bidirectional control", () => {
  expect(escapeControls("a\u007f\u009b\u2028\u061c\u200e\u200f\u202a\u202e\u2066\u2069b")).toBe(
    "a\\u007f\\u009b\\u2028\\u061c\\u200e\\u200f\\u202a\\u202e\\u2066\\u2069b",
  );
  expect(escapeControls("a\tb\nc", "\n")).toBe("a\\u0009b\nc");
  expect(escapeControls("שלום · 👨‍👩‍👧 · ＶＢ")).toBe("שלום · 👨‍👩‍👧 · ＶＢ");
});
