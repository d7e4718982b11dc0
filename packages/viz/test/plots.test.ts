import { describe, expect, test } from "vitest";
import { makeAxis, tickLabels } from "../src/plots/axis.ts";
import { bandPlot } from "../src/plots/band-plot.ts";
import { colourScale, textColour } from "../src/plots/colour-scale.ts";
import { curvePlot } from "../src/plots/curve-plot.ts";
import { categoryLabels, categoryStep } from "../src/plots/frame.ts";
import { heatMap } from "../src/plots/heat-map.ts";
import { histogram } from "../src/plots/histogram.ts";
import { layerPlot } from "../src/plots/layer-plot.ts";
import { bandOf } from "../src/plots/series.ts";
import { spectrumPlot } from "../src/plots/spectrum-plot.ts";
import { rasterize } from "../src/raster.ts";
import { measureText } from "../src/text.ts";
import { DARK_THEME, THEME } from "../src/theme.ts";
import { decodePng, expectWellFormed, fonts, pngChunks, wasm } from "./helpers.ts";

interface Text {
  x: number;
  y: number;
  content: string;
  left: number;
  right: number;
}

/** The upright texts with their estimated extent. */
function texts(svg: string): Text[] {
  const pattern =
    /<text x="(-?[\d.]+)" y="(-?[\d.]+)" font-size="([\d.]+)" fill="[^"]+"( font-weight="700")?(?: text-anchor="(\w+)")?( transform="[^"]+")?>(?:<title>[^<]*<\/title>)?([^<]*)</g;
  return [...svg.matchAll(pattern)]
    .filter((match) => match[6] === undefined)
    .map(([, x, y, size, bold, anchor, , content]) => {
      const plain = content!.replaceAll(/&\w+;/g, "&");
      const width = measureText(plain, { size: Number(size), bold: bold !== undefined });
      const left = Number(x) - (anchor === "end" ? width : anchor === "middle" ? width / 2 : 0);
      return { x: Number(x), y: Number(y), content: content!, left, right: left + width };
    });
}

function paper(svg: string): { width: number; height: number } {
  const [, width, height] = svg.match(/^<svg [^>]*width="([\d.]+)" height="([\d.]+)"/)!;
  return { width: Number(width), height: Number(height) };
}

/** Well formed, every text on the paper, and no two texts of one line over one another. */
function expectReadable(svg: string): void {
  expectWellFormed(svg);
  const { width, height } = paper(svg);
  const all = texts(svg).sort((a, b) => a.y - b.y || a.left - b.left);
  expect(all.length).toBeGreaterThan(3);
  for (const text of all) {
    expect(text.left, text.content).toBeGreaterThanOrEqual(0);
    expect(text.right, text.content).toBeLessThanOrEqual(width);
    expect(text.y < height && text.y > 10, text.content).toBe(true);
  }
  for (const [i, text] of all.entries()) {
    for (const other of all.slice(i + 1)) {
      if (other.y !== text.y) continue;
      expect(text.right <= other.left, `"${text.content}" under "${other.content}"`).toBe(true);
    }
  }
}

const x = { title: "k" };
const y = { title: "geodesic distance (rad)" };
const ramp = (count: number, slope = 1) => Array.from({ length: count }, (_, i) => slope * (i + 1));

describe("axes", () => {
  test.each([
    [0.3, 12.3, 0.2, 20, [0.2, 0.5, 1, 2, 5, 10, 20]],
    [1, 1, 0.5, 2, [0.5, 1, 2]],
    [0.001, 1000, 0.001, 1000, [0.001, 0.01, 0.1, 1, 10, 100, 1000]],
    [3e-4, 2500, 2e-4, 5000, [0.001, 0.01, 0.1, 1, 10, 100, 1000]],
  ])("logarithmic axis for %f … %f", (low, high, from, to, ticks) => {
    const axis = makeAxis({ title: "", scale: "log" }, [low, high], 6);
    expect(axis.scale.domain()).toEqual([from, to]);
    expect(axis.ticks).toEqual(ticks);
    expect(axis.scale(Math.sqrt(from * to))).toBeCloseTo(0.5, 12);
  });

  test("many decades get few ticks", () => {
    const axis = makeAxis({ title: "", scale: "log" }, [1e-25, 100], 6);
    expect(axis.scale.domain()[0]).toBeLessThanOrEqual(1e-25);
    expect(axis.ticks.length).toBeLessThanOrEqual(9);
    expect(axis.labels).toContain("10⁻²⁴");
  });

  test("notation is one for the axis", () => {
    expect(tickLabels([0.001, 1, 1000])).toEqual(["0.001", "1", "1000"]);
    expect(tickLabels([1e-5, 2e-5, 5e-5])).toEqual(["10⁻⁵", "2·10⁻⁵", "5·10⁻⁵"]);
    expect(tickLabels([-0.5, 0, 0.5, 1])).toEqual(["−0.5", "0.0", "0.5", "1.0"]);
    expect(tickLabels([0, 5e5, 1e6])).toEqual(["0", "5·10⁵", "10⁶"]);
    expect(tickLabels([-2e-6, 0, 2e-6])).toEqual(["−2·10⁻⁶", "0", "2·10⁻⁶"]);
  });

  test.each([
    [7, [1, 2, 3, 4, 5, 6, 7]],
    [20, [1, 5, 10, 15, 20]],
    [64, [1, 10, 20, 30, 40, 50, 60]],
    [512, [1, 50, 100, 150, 200, 250, 300, 350, 400, 450, 500]],
  ])("indices up to %i", (count, ticks) => {
    expect(makeAxis({ title: "", scale: "index" }, [1, count], 9).ticks).toEqual(ticks);
  });

  test.each([
    [
      [0.001, 0.002, 0.003],
      ["0.001", "0.002", "0.003"],
    ],
    [
      [0.000999, 0.001998],
      ["9.99·10⁻⁴", "1.998·10⁻³"],
    ],
    [
      [0, 99_999],
      ["0", "99999"],
    ],
    [
      [0, 100_000],
      ["0", "10⁵"],
    ],
    [[-200_000], ["−2·10⁵"]],
    // Only where steps are equal are decimals, too.
    [
      [0.5, 1, 1.5],
      ["0.5", "1.0", "1.5"],
    ],
    [
      [0.5, 1, 2],
      ["0.5", "1", "2"],
    ],
    [
      [0.5, 1],
      ["0.5", "1"],
    ],
    [
      [0.1, 0.1 + 0.2, 0.5],
      ["0.1", "0.3", "0.5"],
    ],
    [[], []],
  ])("labels of %j", (ticks, labels) => {
    expect(tickLabels(ticks)).toEqual(labels);
  });

  test.each([
    [1, [1]],
    [12, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
    [13, [1, 5, 10]],
    [60, [1, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60]],
    [61, [1, 10, 20, 30, 40, 50, 60]],
    [121, [1, 20, 40, 60, 80, 100, 120]],
    [241, [1, 50, 100, 150, 200]],
    [601, [1, 100, 200, 300, 400, 500, 600]],
  ])("indices up to %i, at a change of steps", (count, ticks) => {
    const axis = makeAxis({ title: "", scale: "index" }, [1, count], 9);
    expect(axis.ticks).toEqual(ticks);
    expect(axis.labels).toEqual(ticks.map(String));
    expect(axis.scale.domain()).toEqual([1, Math.max(2, count)]);
  });

  test.each([
    [[0], [0, 1]],
    [
      [0, 2],
      [0, 1, 2],
    ],
    [
      [0, 4, 40],
      [0, 5, 10, 15, 20, 25, 30, 35, 40],
    ],
    [
      [3, 5],
      [3, 4, 5],
    ],
  ])("whole ticks alone, of %j", (values, ticks) => {
    const axis = makeAxis({ title: "", scale: "whole" }, values, 9);
    expect(axis.ticks).toEqual(ticks);
    expect(axis.labels).toEqual(ticks.map(String));
    expect(axis.scale.domain()).toEqual([values[0], Math.max(values[0]! + 1, values.at(-1)!)]);
  });

  test("an index before the first widens the axis", () => {
    expect(makeAxis({ title: "", scale: "index" }, [0.5, 4], 9).scale.domain()).toEqual([0.5, 4]);
  });

  test("zero is taken in as long as it takes less than half of the axis", () => {
    const domain = (...values: number[]) => makeAxis({ title: "" }, values, 5).scale.domain();
    expect([domain(5, 10), domain(4.9, 10)]).toEqual([
      [5, 10],
      [0, 10],
    ]);
    expect([domain(-10, -5), domain(-10, -4.9)]).toEqual([
      [-10, -5],
      [-10, 0],
    ]);
    expect([domain(0, 0), domain(-3, -3)]).toEqual([
      [-1, 1],
      [-4.5, -1.5],
    ]);
  });

  test("an axis shows what is finite, a logarithmic one what is positive, and needs one such value", () => {
    const shown = (scale: "linear" | "log") =>
      [-1, 0, 1, Number.NaN, Number.POSITIVE_INFINITY].map(makeAxis({ title: "", scale }, [1, 2], 5).shows);
    expect(shown("linear")).toEqual([true, true, true, false, false]);
    expect(shown("log")).toEqual([false, false, true, false, false]);
    expect(() => makeAxis({ title: "a" }, [Number.NaN], 5)).toThrow("needs a finite value, got none");
    expect(() => makeAxis({ title: "a", scale: "log" }, [0, -1], 5)).toThrow("needs a positive value");
    for (const domain of [
      [1, 1],
      [Number.NaN, 1],
      [0, Number.POSITIVE_INFINITY],
    ] as const) {
      expect(() => makeAxis({ title: "a", domain }, [1], 5)).toThrow("must be finite and ascending");
    }
  });

  test("ticks of a logarithmic axis lie within the ends that are given", () => {
    const { ticks, scale } = makeAxis({ title: "", scale: "log", domain: [0.2, 5] }, [1], 6);
    expect([ticks, scale.domain()]).toEqual([
      [0.2, 0.5, 1, 2, 5],
      [0.2, 5],
    ]);
    expect(makeAxis({ title: "", scale: "log", domain: [0.3, 4] }, [1], 6).ticks).toEqual([0.5, 1, 2]);
  });

  test("a linear axis takes in zero where it is near, and no more than it must", () => {
    const domain = (...values: number[]) => makeAxis({ title: "" }, values, 5).scale.domain();
    expect(domain(2, 9)).toEqual([0, 10]);
    expect(domain(90, 100)).toEqual([90, 100]);
    expect(domain(-9, -2)).toEqual([-10, 0]);
    expect(domain(3, 3)).toEqual([1.5, 4.5]);
    expect(makeAxis({ title: "", domain: [0, 1] }, [7], 5).scale.domain()).toEqual([0, 1]);
    expect(() => makeAxis({ title: "a", domain: [1, 0] }, [], 5)).toThrow('Axis "a"');
    expect(() => makeAxis({ title: "a", scale: "log", domain: [0, 1] }, [], 5)).toThrow("must be positive");
  });
});

test("names are upright where they fit with eight pixels between them, else slanted, and upended below 24", () => {
  const names = ["a name that is long", "another"];
  const width = 2 * categoryLabels(names, 1000).overhang;
  expect(categoryLabels(names, width + 8)).toMatchObject({ slant: 0, room: 20, every: 1, names });
  expect(categoryLabels(names, width + 7.99).slant).toBe(40);
  expect([categoryLabels(names, 24).slant, categoryLabels(names, 23.99).slant]).toEqual([40, 90]);
  const [slanted, upended] = [categoryLabels(names, 24), categoryLabels(names, 20)];
  // The room beneath is what a text of that width takes at that angle, beside what both take.
  expect(upended.room - slanted.room).toBeCloseTo(width * (1 - Math.sin((40 * Math.PI) / 180)), 9);
  expect(slanted.overhang).toBeCloseTo(width * Math.cos((40 * Math.PI) / 180), 9);
  expect(upended.overhang).toBeCloseTo(0, 9);
});

test("indices are thinned, never slanted", () => {
  const indices = Array.from({ length: 100 }, (_, i) => String(i));
  const width = 2 * categoryLabels(indices, 1000).overhang;
  expect(categoryLabels(indices, width + 8)).toMatchObject({ slant: 0, every: 1 });
  expect(categoryLabels(indices, (width + 8) / 2)).toMatchObject({ slant: 0, every: 2 });
  expect(categoryLabels(indices, (width + 8) / 4.5)).toMatchObject({ slant: 0, every: 5 });
  expect(categoryLabels(["1", "2"], 3).slant).toBe(90);
});

test.each([
  [1, 1],
  [1.5, 2],
  [5, 5],
  [5.5, 10],
  [10, 10],
  [10.5, 20],
  [20.5, 50],
  [51, 100],
  [100.5, 200],
])("names %s times too close are shown each %ith", (crowd, every) => {
  // Lines of names are 14 pixels high.
  expect(categoryStep(14 / crowd)).toBe(every);
});

test("bands of samples: closed forms", () => {
  const { y: mean, low, high } = bandOf([[1, 2, 3, 4], [5], []], "deviation");
  const deviation = Math.sqrt(5 / 3);
  expect([mean[0], low[0], high[0]]).toEqual([2.5, 2.5 - deviation, 2.5 + deviation]);
  expect([mean[1], low[1], high[1]]).toEqual([5, 5, 5]);
  expect(mean[2]).toBeNaN();
  // 0 … 100 unsorted: percentiles are the numbers themselves.
  const shuffled = Array.from({ length: 101 }, (_, i) => (i * 37) % 101);
  expect(bandOf([shuffled], "percentiles")).toEqual({ low: [5], y: [50], high: [95] });
});

describe("bandPlot", () => {
  const series = ["Haar", "near pairs", "a <b> & c"].map((label, s) => ({
    label,
    y: ramp(50, s + 1),
    low: ramp(50, s + 0.8),
    high: ramp(50, s + 1.2),
    reference: s === 0,
  }));
  const svg = bandPlot({ title: "Warpage", subtitle: "z → w", x, y, series, bandTitle: "mean ± sd" });

  test("has a band and a line for each series, names and titles in their places", () => {
    expectReadable(svg);
    expect(svg.match(/fill-opacity="0.16"/g)).toHaveLength(3);
    expect(svg.match(/stroke-linejoin="round"/g)).toHaveLength(3);
    const contents = texts(svg).map(({ content }) => content);
    for (const text of ["Warpage", "geodesic distance (rad)", "k", "mean ± sd", "a &lt;b&gt; &amp; c"]) {
      expect(contents).toContain(text);
    }
    // The reference is grey and takes no colour from the others.
    expect(svg).toMatch(new RegExp(`stroke="${THEME.faint}" stroke-width="2"[^>]*stroke-dasharray`));
    expect(svg.indexOf(THEME.accent)).toBeGreaterThan(0);
    expect(svg).not.toContain(`stroke="${THEME.green}" stroke-width`);
  });

  test("values lie where the axis says", () => {
    const [, path] = svg.match(/<path d="M([\d.,L]+)" fill="none" stroke="#0072b2"/)!;
    const points = path!.split("L").map((pair) => pair.split(",").map(Number));
    expect(points).toHaveLength(50);
    const label = (content: string) => texts(svg).find((text) => text.content === content)!;
    // Labels stand beside their rule, 0.36 of 12 pixels below it.
    const pixelsPerUnit = (label("0").y - label("100").y) / 100;
    points.forEach(([, at], i) => {
      expect(at! + 0.36 * 12).toBeCloseTo(label("0").y - 2 * (i + 1) * pixelsPerUnit, 0);
    });
  });

  test("NaN is a gap, a domain cuts off, many names make room", () => {
    const gap = bandPlot({ title: "t", x, y, series: [{ label: "a", y: [1, 2, Number.NaN, 4, 5] }] });
    expect(gap).toMatch(/d="M[\d.,]+L[\d.,]+M[\d.,]+L[\d.,]+"/);
    const cut = bandPlot({ title: "t", x, y: { ...y, domain: [0, 3] }, series });
    expect(cut).toMatch(/<svg x="[\d.]+" y="[\d.]+"/);
    expectWellFormed(cut);
    const many = bandPlot({
      title: "t",
      x,
      y,
      series: Array.from({ length: 30 }, (_, s) => ({ label: `number ${s}`, y: ramp(5, s) })),
    });
    expectReadable(many);
    const names = texts(many).filter(({ content }) => content.startsWith("number"));
    const heights = names.map((text) => text.y).sort((a, b) => a - b);
    expect(heights).toHaveLength(30);
    for (const [i, height] of heights.slice(1).entries()) expect(height - heights[i]!).toBeGreaterThan(16.9);
  });

  test("a band that reaches zero does not flatten a logarithmic axis", () => {
    const near = { label: "a", y: [1, 2, 3], low: [1e-12, -1, 2], high: [2, 4, 4] };
    const log = bandPlot({ title: "t", x, y: { title: "σ", scale: "log" }, series: [near] });
    expectReadable(log);
    expect(texts(log).map(({ content }) => content)).toContain("0.1");
    expect(log).not.toContain("10⁻");
  });

  test("refuses series that do not fit", () => {
    const plot = (one: object) => () =>
      bandPlot({ title: "t", x, y, series: [{ label: "a", y: [1, 2], ...one }] });
    expect(plot({ low: [1], high: [1, 2] })).toThrow('"a" has 2 values y and 1 values low');
    expect(plot({ y: [1, Number.POSITIVE_INFINITY] })).toThrow("got Infinity in y at index 1");
    expect(plot({ y: [Number.NaN, Number.NaN] })).toThrow("needs a finite value");
  });
});

test("curves keep the order of their points; only one that ends at the right has a leader", () => {
  const circle = Array.from({ length: 50 }, (_, i) => i / 10);
  const svg = curvePlot({
    title: "Walk",
    x: { title: "PC 0" },
    y: { title: "PC 1" },
    curves: [
      { label: "circle", x: circle.map(Math.cos), y: circle.map(Math.sin) },
      { label: "line", x: circle, y: circle },
    ],
  });
  expectReadable(svg);
  expect(svg.match(/stroke-opacity="0.5"/g)).toHaveLength(1);
  expect(() => curvePlot({ title: "t", x, y, curves: [{ label: "a", x: [1], y: [1, 2] }] })).toThrow(
    "one length",
  );
});

describe("layerPlot", () => {
  const layers = ["dense 1", "dense 2", "w"];
  const uniform = Array.from({ length: 101 }, (_, i) => i);

  test("boxes span the quartiles, whiskers 5 to 95 %", () => {
    const svg = layerPlot({
      title: "Dimension",
      layers,
      y: { title: "local dimension", domain: [0, 100] },
      groups: [
        { label: "trained", samples: [uniform, uniform, []] },
        { label: "untrained", samples: [uniform, uniform, uniform] },
      ],
      reference: { label: "null", y: [10, 20, 30], low: [5, 15, 25], high: [15, 25, 35] },
    });
    expectReadable(svg);
    const boxes = [
      ...svg.matchAll(/y="([\d.]+)" width="[\d.]+" height="([\d.]+)" fill="#\w+" fill-opacity="0.25"/g),
    ];
    expect(boxes).toHaveLength(5);
    const label = (content: string) => texts(svg).find((text) => text.content === content)!.y - 0.36 * 12;
    const [top, height] = [Number(boxes[0]![1]), Number(boxes[0]![2])];
    const pixels = (label("0") - label("100")) / 100;
    expect(height).toBeCloseTo(50 * pixels, 1);
    expect(top).toBeCloseTo(label("0") - 75 * pixels, 1);
    expect(svg.match(/fill-opacity="0.2"/g)).toHaveLength(3);
    for (const name of [...layers, "trained", "untrained", "null"]) {
      expect(texts(svg).map(({ content }) => content)).toContain(name);
    }
    // Names stand beneath the axis, 20 pixels to their baseline.
    for (const name of layers) {
      expect(texts(svg).find(({ content }) => content === name)!.y).toBeCloseTo(label("0") + 20, 1);
    }
  });

  test("a legend goes on in the next line where it would leave the paper", () => {
    const groups = Array.from({ length: 9 }, (_, g) => ({
      label: `a group with a long name ${g}`,
      samples: layers.map(() => uniform),
    }));
    const svg = layerPlot({ title: "t", layers, y, groups });
    expectReadable(svg);
    const keys = texts(svg).filter(({ content }) => content.startsWith("a group"));
    const lines = new Set(keys.map((key) => key.y));
    expect(keys).toHaveLength(9);
    expect(lines.size).toBeGreaterThan(1);
    expect(lines.size).toBeLessThan(9);
  });

  test("however low it is asked to be, 160 pixels are left between the ends of the axis", () => {
    const between = (height: number) => {
      const svg = layerPlot({
        title: "t",
        layers: ["a", "b"],
        y: { title: "y", domain: [0, 1] },
        groups: [{ label: "g", samples: [[0.5], [0.5]] }],
        height,
      });
      const at = (content: string) => texts(svg).find((text) => text.content === content)!.y;
      return at("0.0") - at("1.0");
    };
    expect(between(1)).toBeCloseTo(160, 6);
    expect(between(600) - between(500)).toBeCloseTo(100, 6);
  });

  test("one group has the width of its layer, several share it", () => {
    const of = (groups: number) => {
      const svg = layerPlot({
        title: "t",
        layers: Array.from({ length: 12 }, (_, i) => `${i}`),
        y,
        groups: Array.from({ length: groups }, (_, g) => ({
          label: `group ${g}`,
          samples: new Array(12).fill(uniform),
        })),
      });
      return [
        ...svg.matchAll(
          /x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="[\d.]+" fill="#\w+" fill-opacity="0.25"/g,
        ),
      ]
        .map((match) => match.slice(1).map(Number))
        .sort(([a], [b]) => a! - b!);
    };
    const [one, two, four] = [of(1), of(2), of(4)];
    const pitch = one[1]![0]! - one[0]![0]!;
    // Boxes are 0.72 of their slot, the slots of a layer 0.76 of its width.
    for (const [boxes, groups] of [
      [one, 1],
      [two, 2],
      [four, 4],
    ] as const) {
      expect(boxes).toHaveLength(12 * groups);
      expect(boxes[0]![1]! / pitch).toBeCloseTo((0.72 * 0.76) / groups, 2);
    }
  });

  test("centres with error bars; long names are slanted and stay on the paper", () => {
    const names = Array.from({ length: 12 }, (_, i) => `/synthesis/block_${i}/conv/output`);
    const svg = layerPlot({
      title: "Distortion",
      layers: names,
      y: { title: "D", scale: "log" },
      groups: [
        {
          label: "a",
          ...bandOf(
            names.map((_, i) => ramp(9, i + 1)),
            "deviation",
          ),
        },
      ],
    });
    expectReadable(svg);
    expect(svg.match(/<circle/g)).toHaveLength(12);
    const slanted = [
      ...svg.matchAll(/<text x="([\d.]+)" [^>]*rotate\(-40[^>]*>(?:<title>[^<]*<\/title>)?([^<]*)</g),
    ];
    expect(slanted).toHaveLength(12);
    const width = measureText(slanted[0]![2]!, { size: 12 });
    expect(Number(slanted[0]![1]) - width * Math.cos((40 * Math.PI) / 180)).toBeGreaterThanOrEqual(0);
  });

  test("refuses groups of other lengths", () => {
    const plot = (samples: number[][]) => () =>
      layerPlot({ title: "t", layers, y, groups: [{ label: "a", samples }] });
    expect(plot([[1], [2]])).toThrow('3 layers, "a" has 2');
    expect(() => layerPlot({ title: "t", layers: [], y, groups: [] })).toThrow("got 0 and 0");
  });
});

describe("heatMap", () => {
  const cosines = { rows: 3, cols: 3, data: [1, -0.004, -0.5, 0.25, 1, 0, Number.NaN, 0.125, -1] };
  const pixelsOf = (svg: string) => decodePng(Buffer.from(svg.match(/base64,([^"]+)"/)![1]!, "base64"));

  test("one colour for each cell, white at zero, nothing for NaN; values in the cells", () => {
    const svg = heatMap({ title: "Cosines", matrix: cosines, scale: "diverging", valueTitle: "cosine" });
    expectReadable(svg);
    const image = pixelsOf(svg);
    const size = image.width / 3;
    const at = (row: number, col: number) => {
      const from = 4 * ((row + 0.5) * size * image.width + (col + 0.5) * size);
      return [...image.data.slice(from, from + 4)];
    };
    const colour = colourScale("diverging");
    expect(at(0, 0)).toEqual([...colour(1), 255]);
    expect(at(2, 2)).toEqual([...colour(0), 255]);
    expect(at(1, 2)).toEqual([...colour(0.5), 255]);
    expect(at(1, 0)).toEqual([...colour(0.625), 255]);
    expect(at(2, 0)[3]).toBe(0);
    const contents = texts(svg).map(({ content }) => content);
    for (const value of ["1.00", "0.00", "−0.50", "0.25", "−1.00"]) expect(contents).toContain(value);
    expect(contents).not.toContain("−0.00");
    expect(contents.filter((text) => text === "0.00")).toHaveLength(2);
  });

  test("cells are enlarged until an edge has 1024 pixels, and not beyond", () => {
    const widthOf = (cols: number) =>
      pixelsOf(heatMap({ title: "t", matrix: { rows: 1, cols, data: ramp(cols) }, valueTitle: "v" })).width;
    expect([1, 3, 512, 1023, 1024, 1100].map(widthOf)).toEqual([1024, 1026, 1024, 2046, 1024, 1100]);
  });

  test("what the colours mean stands below everything else, be the matrix low or high", () => {
    for (const rows of [1, 3, 40]) {
      const matrix = { rows, cols: 3, data: ramp(3 * rows) };
      const svg = heatMap({ title: "t", matrix, valueTitle: "v" });
      const [caption, ...others] = texts(svg).sort((a, b) => b.y - a.y);
      expect(caption!.content).toBe("colour: v");
      for (const other of others) expect(caption!.y - other.y, other.content).toBeGreaterThan(14);
      const bottoms = [
        ...svg.matchAll(/<rect x="[\d.]+" y="([\d.]+)" width="[\d.]+" height="([\d.]+)" fill="none"/g),
      ];
      expect(bottoms).toHaveLength(2);
      for (const [, y, height] of bottoms)
        expect(caption!.y - (Number(y) + Number(height))).toBeGreaterThan(20);
    }
  });

  test("a large matrix prints no values, and its indices evenly", () => {
    const matrix = { rows: 60, cols: 200, data: Float64Array.from({ length: 12_000 }, (_, i) => i) };
    const svg = heatMap({ title: "Large", matrix, valueTitle: "value", rowTitle: "points" });
    expectReadable(svg);
    const numbers = texts(svg).filter(({ content }) => /^\d+$/.test(content));
    expect(numbers.length).toBeLessThan(60);
    expect(numbers.map(({ content }) => content)).toEqual(expect.arrayContaining(["0", "10", "20", "30"]));
    expect(paper(svg).width).toBe(720);
  });

  test("colours read in order of lightness; text stands out from its ground", () => {
    const scale = colourScale("sequential");
    const light = Array.from({ length: 33 }, (_, i) => scale(i / 32)).map(
      ([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b,
    );
    expect(light).toEqual([...light].sort((a, b) => a - b));
    expect([textColour([0, 0, 0]), textColour([255, 255, 255]), textColour([253, 231, 37])]).toEqual([
      "white",
      "black",
      "black",
    ]);
    // The luminances of full red, green and blue are 0.21, 0.72 and 0.07, and add up.
    expect([textColour([255, 0, 0]), textColour([0, 255, 0]), textColour([0, 0, 255])]).toEqual([
      "black",
      "black",
      "white",
    ]);
    expect([textColour([215, 0, 255]), textColour([215, 0, 0]), textColour([0, 130, 255])]).toEqual([
      "black",
      "white",
      "black",
    ]);
    expect(scale(-3)).toEqual(scale(0));
  });

  test("refuses what is no matrix", () => {
    const map =
      (matrix: { rows: number; cols: number; data: number[] }, more = {}) =>
      () =>
        heatMap({ title: "t", matrix, valueTitle: "v", ...more });
    expect(map({ rows: 2, cols: 2, data: [1, 2, 3] })).toThrow("has 4 values, got 3");
    expect(map({ rows: 1, cols: 1, data: [Number.NaN] })).toThrow("finite value");
    for (const [rows, cols] of [
      [0, 3],
      [3, 0],
      [-1, -1],
    ] as const) {
      expect(map({ rows, cols, data: [1] })).toThrow(`got ${rows} × ${cols} without one`);
    }
    expect(map({ rows: 1, cols: 2, data: [1, 2] }, { rowLabels: ["a", "b"] })).toThrow("1 row labels, got 2");
  });
});

describe("histogram", () => {
  test("counts every value once, also those on the last edge", () => {
    const svg = histogram({
      title: "Counts",
      series: [{ label: "a", values: [0, 1, 1, 2, 3, 4, 4, 4] }],
      valueTitle: "value",
      bins: 4,
    });
    expectReadable(svg);
    const [, steps] = svg.match(/<path d="M[\d.]+ [\d.]+(V[\dVH.]+)" fill="none"/)!;
    const label = (content: string) => texts(svg).find((text) => text.content === content)!.y - 0.36 * 12;
    const unit = label("0") - label("1");
    const counts = [...steps!.matchAll(/V([\d.]+)H/g)].map(([, at]) =>
      Math.round((label("0") - Number(at)) / unit),
    );
    // Bins 0–1, 1–2, 2–3 and, closed, 3–4.
    expect(counts).toEqual([1, 2, 1, 4]);
  });

  test("outliers beside values that are nearly all one do not share their bin", () => {
    const values = [...new Array<number>(200).fill(5), ...ramp(10)];
    const svg = histogram({ title: "Peak", series: [{ label: "a", values }], valueTitle: "value" });
    const [, steps] = svg.match(/<path d="M[\d.]+ [\d.]+(V[\dVH.]+)" fill="none"/)!;
    expect([...steps!.matchAll(/H/g)].length).toBeGreaterThan(6);
  });

  test.each([
    // Freedman and Diaconis: 7 / (2·3.5 / ∛8) = 2 bins, of width 5.
    ["eight even values", [0, 1, 2, 3, 4, 5, 6, 7], 2],
    // The quartiles are alike, which leaves log₂ 8 + 1 = 4 bins, by Sturges: of width 2, to 8.
    ["values with one that is far", [0, 0, 0, 0, 0, 0, 0, 7], 4],
  ])("bins of %s", (_, values, bins) => {
    const svg = histogram({ title: "Bins", series: [{ label: "a", values }], valueTitle: "value" });
    const [, steps] = svg.match(/<path d="M[\d.]+ [\d.]+(V[\dVH.]+)" fill="none"/)!;
    expect([...steps!.matchAll(/H/g)]).toHaveLength(bins);
  });

  test("one value everywhere stands in the middle of its bin", () => {
    for (const [value, edges] of [
      [4, ["2.0", "6.0"]],
      [-4, ["−6.0", "−2.0"]],
      [0, ["−0.5", "0.5"]],
    ] as const) {
      const svg = histogram({
        title: "One",
        series: [{ label: "a", values: [value, value] }],
        valueTitle: "value",
      });
      const contents = texts(svg).map(({ content }) => content);
      expect(contents).toEqual(expect.arrayContaining([...edges]));
    }
  });

  test("several series are shares, named in a legend", () => {
    const series = [ramp(100), ramp(20)].map((values, s) => ({ label: `series ${s}`, values }));
    const svg = histogram({ title: "Shares", series, valueTitle: "value" });
    expectReadable(svg);
    const contents = texts(svg).map(({ content }) => content);
    expect(contents).toEqual(expect.arrayContaining(["share of samples", "series 0", "series 1"]));
    expect(() => histogram({ title: "t", series: [], valueTitle: "v" })).toThrow("none in 0 series");
    expect(() =>
      histogram({ title: "t", series: [{ label: "a", values: [1, Number.NaN] }], valueTitle: "v" }),
    ).toThrow("index 1");
  });
});

describe("theme", () => {
  const svg = spectrumPlot({ title: "σ", series: [{ label: "a", values: [3, 2, 1] }] });

  test("plain colours on the elements, custom properties only in a conditional rule", () => {
    const [before, rule] = svg
      .match(/^([\s\S]*?)<style>@supports \(fill:var\(--a\)\)\{(.*)\}<\/style>/)!
      .slice(1) as [string, string];
    expect(before + svg.slice(svg.indexOf("</style>"))).not.toContain("var(");
    for (const [name, colour] of Object.entries(THEME)) {
      expect(rule).toContain(`[fill="${colour}"]{fill:var(--vielbein-${name},${colour})}`);
      expect(DARK_THEME).toContain(`--vielbein-${name}:#`);
    }
    expect(new Set(Object.values(THEME)).size).toBe(Object.keys(THEME).length);
  });

  test("is drawn in the light scheme by a rasteriser without custom properties", async () => {
    const png = await rasterize(svg, { wasm, fonts });
    const image = decodePng(png);
    expect([...image.data.slice(0, 4)]).toEqual([255, 255, 255, 255]);
    const colours = new Set<string>();
    for (let i = 0; i < image.data.length; i += 4) colours.add(image.data.slice(i, i + 3).join());
    expect(colours).toContain("0,114,178");
    expect(pngChunks(png).length).toBeGreaterThan(2);
  });
});
