// Outputs that are no plain images: flat ones, many channels, signals; by the option, else the metadata, else a guess.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeNpy } from "@vielbein/linalg/npy";
import { DataType, encodeModel } from "@vielbein/onnx";
import { decodePng, detectLayout, encodePng, fromRgba, parseLayout, toRgba } from "@vielbein/viz";
import { describe, expect, it } from "vitest";
import { floats, int64s, model, node, shaped } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

let count = 0;
/** A file of a decoder with outputs of this shape. */
const decoder = (shape: readonly number[], metadata: Readonly<Record<string, string>> = {}) =>
  scratch(`shaped-${count++}.onnx`, encodeModel(shaped(shape, metadata)));
const flat = decoder([75]);
const stating = decoder([75], { "vielbein.layout": "hwc:5,5,3", "vielbein.range": "-2,2" });
const tiles = decoder([10, 4, 4]);
const sound = decoder([1, 400]);

/** Two columns of one direction. */
const WALK = ["--directions", "0", "--columns", "2"];

async function traversed(path: string, ...more: string[]) {
  const out = scratch("layouts.svg");
  const { code, stdout, stderr } = await vielbein("traverse", path, ...WALK, "--out", out, "--json", ...more);
  expect([code, code === 0 ? "" : stderr]).toEqual([0, ""]);
  const svg = readFileSync(out, "utf8");
  const { options } = JSON.parse(stdout).provenance;
  return { options, stderr, svg, footer: svg.slice(svg.indexOf("model ")).replace(/<[^>]*>\s*/g, "") };
}

/** The values at the two columns of the walk, `[2, size]`, by a model that has them as channels of one row. */
async function valuesOf(path: string, ...more: string[]) {
  const frames = scratch(`frames-${count++}`);
  await vielbein("traverse", path, ...WALK, "--image-range=-1,1", "--frames", frames, ...more);
  return Promise.all(
    readdirSync(frames)
      .sort()
      .map((name) => decodePng(readFileSync(join(frames, name)))),
  );
}

describe("option, then metadata, then shape", () => {
  it("a flat output is guessed to be a square, with a remark that names what else it may be", async () => {
    const { options, stderr, footer } = await traversed(flat);
    expect(options).toMatchObject({ layout: "chw:3,5,5", layoutFrom: "shape" });
    expect(stderr).toContain(
      '"x" is [75]: read as chw:3,5,5, which is a guess; --layout takes others, such as hwc:5,5,3 or signal:75',
    );
    expect(footer).toContain("chw:3,5,5, guessed");
  });

  it("what the model states, and the option over it", async () => {
    const { options, stderr, footer } = await traversed(stating);
    expect(options).toMatchObject({ layout: "hwc:5,5,3", layoutFrom: "model", imageRange: [-2, 2] });
    expect([stderr.includes("guess"), footer.includes("hwc:5,5,3, as the model states")]).toEqual([
      false,
      true,
    ]);
    const given = await traversed(stating, "--layout", "hw:5,15");
    expect(given.options).toMatchObject({ layout: "hw:5,15", layoutFrom: "option" });
    expect(given.footer).toContain("hw:5,15, as given");
  });

  it("plain images say nothing of it", async () => {
    const { options, stderr, footer } = await traversed(decoder([3, 5, 5]));
    expect(options).toMatchObject({ layout: "chw:3,5,5", layoutFrom: "shape" });
    expect([stderr.includes("guess"), footer.includes("chw")]).toEqual([false, false]);
  });

  it("only of its outputs does a model speak", async () => {
    expect((await traversed(stating, "--to", "bent")).options).toMatchObject({ layoutFrom: "shape" });
  });

  it.each([
    [["--layout", "hw:5,5"], 65, /"x" \[75\]: --layout hw:5,5: 5 × 5 is 25 values, not 75.*chw:3,5,5/],
    [["--layout", "classes"], 65, /must be named/],
    [["--layout", "nchw"], 2, /--layout.*chw, hwc, hw, sheet/],
  ] as const)("refuses %j", async (options, status, message) => {
    const { code, stderr } = await vielbein("traverse", flat, ...options, "--out", scratch("no.svg"));
    expect([code, stderr]).toEqual([status, expect.stringMatching(message)]);
  });

  it("names the metadata where these are wrong, and what would fit a shape that says nothing", async () => {
    const wrong = decoder([75], { "vielbein.layout": "hw:5,5" });
    expect((await vielbein("traverse", wrong, "--out", scratch("no.svg"))).stderr).toContain(
      "vielbein.layout hw:5,5: 5 × 5 is 25 values",
    );
    const { code, stderr } = await vielbein("traverse", decoder([2, 5, 4, 4]), "--out", scratch("no.svg"));
    expect([code, stderr]).toEqual([65, expect.stringContaining("Possible with --layout: sheet:10,4,4")]);
  });

  it.each([
    ["axes", "--axes", "0", "--columns", "2", "--out"],
    ["geodesic", "--segments", "2", "--steps", "1", "--sheet"],
  ])("%s goes by it and says so once", async (command, ...options) => {
    const out = scratch(`${command}.svg`);
    const { code, stdout, stderr } = await vielbein(command, flat, ...options, out, "--json");
    expect([code, stderr.match(/is a guess/g)?.length]).toEqual([0, 1]);
    expect(JSON.parse(stdout).provenance.options).toMatchObject({ layout: "chw:3,5,5", layoutFrom: "shape" });
    expect(readFileSync(out, "utf8")).toContain("chw:3,5,5, guessed");
  });

  it("edit and the pages of sefa too", async () => {
    const [directions, html, out] = [scratch("d.safetensors"), scratch("pages"), scratch("edit.svg")];
    const classes = ["--layout", "classes"];
    const few = ["-N", "1", "-K", "1", "--columns", "2"];
    const pages = await vielbein(
      "sefa",
      tiles,
      "--out",
      directions,
      "--html",
      html,
      ...few,
      ...classes,
      "--json",
    );
    expect(JSON.parse(pages.stdout).html.provenance.options).toMatchObject({ layout: "classes:10,4,4" });
    expect(readFileSync(`${html}-by-sample.html`, "utf8")).toContain("classes:10,4,4, as given");
    const edit = ["--directions-in", directions, "--edit", "d0", "--out", out];
    expect((await vielbein("edit", tiles, ...edit, ...classes)).code).toBe(0);
    expect(readFileSync(out, "utf8")).toMatch(/classes:10,4,4, as given</);
  });
});

describe("the same numbers in every layout", () => {
  it("hwc of a flat output is what a model with that shape draws", async () => {
    expect(await valuesOf(flat, "--layout", "hwc:5,5,3")).toEqual(await valuesOf(decoder([5, 5, 3])));
  });

  it("a sheet has every channel as a tile: its values are those of the whole as one row", async () => {
    expect((await traversed(tiles)).options).toMatchObject({ layout: "sheet:10,4,4", layoutFrom: "shape" });
    const [sheet] = await valuesOf(tiles);
    const [row] = await valuesOf(tiles, "--layout", "hw:1,160");
    const read = fromRgba(sheet!, detectLayout([10, 4, 4]), [0, 255]);
    expect(read).toEqual(
      fromRgba(row!, detectLayout([1, 160], { layout: parseLayout("hw:1,160")! }), [0, 255]),
    );
  });

  it("a map of classes shows the largest of the values", async () => {
    const [map] = await valuesOf(tiles, "--layout", "classes");
    const folder = scratch("values");
    const asSound = ["--layout", "signal:160", "--wav", folder, "--wav-format", "float32"];
    await vielbein("traverse", tiles, ...WALK, ...asSound);
    const bytes = new Uint8Array(readFileSync(join(folder, "direction-0-0.wav")));
    const values = new Float32Array(bytes.slice(58).buffer);
    expect(toRgba(values, detectLayout([10, 4, 4], { layout: { name: "classes" } }), [0, 1])).toEqual({
      width: map!.width,
      height: map!.height,
      data: map!.data,
    });
    const { svg } = await traversed(tiles, "--layout", "classes");
    expect(svg.match(/width="18" height="10" fill="#/g)).toHaveLength(10);
  });
});

describe("invert", () => {
  const short = ["--candidates", "8", "--starts", "2", "--steps", "30", "--json"];

  it.each([
    ["a flat output", flat],
    ["a flat output with channels last", stating],
    ["channels as a sheet", tiles],
  ])("takes a picture of %s for a target", async (_, path) => {
    const frames = scratch(`targets-${count++}`);
    await vielbein("traverse", path, ...WALK, "--range", "1", "--frames", frames);
    const target = join(frames, "direction-0-0.png");
    const sheet = scratch("inverted.svg");
    const { code, stdout, stderr } = await vielbein(
      "invert",
      path,
      "--target",
      target,
      ...short,
      "--sheet",
      sheet,
    );
    expect([code, code === 0 ? "" : stderr]).toEqual([0, ""]);
    const { rms, provenance } = JSON.parse(stdout);
    // Rounding to 1/255 of a range of 2, or 4, is off by at most half of that.
    expect(rms).toBeLessThan(path === stating ? 2 / 255 : 1 / 255);
    expect(provenance.options).toHaveProperty("layoutFrom", path === stating ? "model" : "shape");
  });

  it("refuses pictures of classes and of curves by name, and takes their values", async () => {
    const picture = scratch(
      "p.png",
      encodePng({ width: 4, height: 4, data: new Uint8ClampedArray(64).fill(255) }),
    );
    for (const [path, layout] of [
      [tiles, "classes"],
      [sound, "signal"],
    ] as const) {
      const refused = await vielbein("invert", path, "--layout", layout, "--target", picture, ...short);
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(`(layout ${layout})`)]);
    }
    const values = scratch("zeros.npy", writeNpy({ shape: [160], data: new Float32Array(160) }));
    const sheet = scratch("classes.svg");
    const taken = await vielbein(
      ...["invert", tiles, "--layout", "classes", "--target", values, ...short, "--sheet", sheet],
    );
    expect(taken.code).toBe(0);
    expect(readFileSync(sheet, "utf8")).toContain("white where classes differ");
  });
});

describe("invert to a sound", () => {
  const short = ["--candidates", "8", "--starts", "2", "--steps", "30", "--json"];
  /** The first signal along a direction, by a model that states its loudest value. */
  const loud = decoder([2, 200], { "vielbein.range": "-2,2", "vielbein.sample-rate": "8000" });
  const recorded = async (path: string, ...more: string[]) => {
    const folder = scratch(`recorded-${count++}`);
    await vielbein("traverse", path, ...WALK, "--range", "1", "--wav", folder, ...more);
    return join(folder, "direction-0-0.wav");
  };

  it("reads it as the model's signals are written", async () => {
    const target = await recorded(loud);
    const { code, stdout, stderr } = await vielbein("invert", loud, "--target", target, ...short);
    expect([code, code === 0 ? "" : stderr]).toEqual([0, ""]);
    const { rms, target: read } = JSON.parse(stdout);
    // A step of 16 bits is 2 / 32768 here.
    expect(rms).toBeLessThan(2 / 32_768);
    expect(read).toMatchObject({ file: "direction-0-0.wav", sampleRate: 8000 });
    expect(stderr).not.toContain("sample by sample");
  });

  it("says that the rates differ, and refuses another length or none", async () => {
    const other = await vielbein(
      "invert",
      loud,
      "--target",
      await recorded(loud, "--sample-rate", "44100"),
      ...short,
    );
    expect([other.code, other.stderr]).toEqual([
      0,
      expect.stringContaining("has 44100 samples a second, the model's signals 8000"),
    ]);
    const target = await recorded(sound);
    const long = await vielbein("invert", loud, "--target", target, ...short);
    expect([long.code, long.stderr]).toEqual([
      65,
      expect.stringContaining("is a sound of 1 × 400 samples, the model's signals are 2 × 200. Cut it"),
    ]);
    const none = await vielbein("invert", flat, "--target", target, ...short);
    expect(none.stderr).toContain(
      "the model's signals are none (chw:3,5,5). Where they are, say --layout signal",
    );
    const broken = scratch("broken.wav", readFileSync(target).subarray(0, 60));
    const refused = await vielbein("invert", sound, "--target", broken, ...short);
    expect([refused.code, refused.stderr]).toEqual([
      65,
      expect.stringContaining('broken.wav": WAV: its chunk'),
    ]);
  });
});

describe("features of a distance", () => {
  const features = scratch(
    "features.onnx",
    encodeModel(
      model({
        nodes: [
          node("Tanh", ["image"], ["bent"]),
          node("Reshape", ["bent", "row"], ["flat"]),
          node("Gemm", ["flat", "w"], ["features"]),
        ],
        initializers: [int64s("row", [-1, 75]), floats("w", [75, 7], 3)],
        inputs: [{ name: "image", dataType: DataType.FLOAT, shape: ["n", 3, 5, 5] }],
        outputs: [{ name: "features", dataType: DataType.FLOAT }],
      }),
    ),
  );
  const traces = async (path: string, ...more: string[]) => {
    const options = ["--samples", "2", "--distance", features, "--image-range=-1,1", "--json", ...more];
    const { code, stdout, stderr } = await vielbein("metric", path, ...options);
    expect([code, code === 0 ? "" : stderr]).toEqual([0, ""]);
    const { points, provenance } = JSON.parse(stdout);
    return { trace: points.map((point: { trace: number }) => point.trace), provenance, stderr };
  };

  it("are given outputs with channels first, however these lie in memory", async () => {
    const plain = await traces(decoder([3, 5, 5]));
    expect(plain.provenance.options).not.toHaveProperty("layout");
    const guessed = await traces(flat);
    expect(guessed.trace).toEqual(plain.trace);
    expect(guessed.provenance.options).toMatchObject({ layout: "chw:3,5,5", layoutFrom: "shape" });
    expect(guessed.stderr).toContain("which is a guess");
    // Weights in another order are another model.
    const last = await traces(decoder([5, 5, 3]));
    expect(last.trace).not.toEqual(plain.trace);
    expect((await traces(flat, "--layout", "hwc")).trace).toEqual(last.trace);
    expect((await traces(stating)).provenance.options).toMatchObject({ layoutFrom: "model" });
  });

  it("the table says which where it is not plain", async () => {
    for (const [command, count] of [
      ["metric", "--samples"],
      ["ppl", "--pairs"],
    ] as const) {
      const options = [count, "2", "--distance", features];
      expect((await vielbein(command, flat, ...options)).stdout).toContain("chw:3,5,5, guessed");
      expect((await vielbein(command, decoder([3, 5, 5]), ...options)).stdout).not.toContain("chw");
    }
  });

  it("are refused outputs that no layout brings to their shape", async () => {
    for (const path of [tiles, sound, decoder([2, 3, 4, 4])]) {
      const { code, stderr } = await vielbein("metric", path, "--distance", features, "--samples", "1");
      expect([code, stderr]).toEqual([65, expect.stringContaining("takes [3,5,5], but")]);
    }
  });
});

describe("signals", () => {
  it("are drawn as curves in one range, with a legend where there are several", async () => {
    const one = await traversed(sound);
    expect(one.options).toMatchObject({
      layout: "signal:400",
      layoutFrom: "shape",
      imageRangeFrom: "samples",
    });
    expect(one.footer).toMatch(/signal:400, guessed ·\s*values -1.1 … 1.1, measured/);
    expect(one.svg).not.toContain("channel 0");
    const several = await traversed(decoder([100, 3]), "--image-range", "0,1");
    expect(several.svg).toContain("channel 2");
    expect(several.footer).toContain("values 0 … 1, as given");
    // Twice as fine as the figure.
    expect(several.svg).toMatch(/<image [^>]*width="200" height="100" href/);
  });
});

describe("--wav", () => {
  const chunks = (folder: string) =>
    readdirSync(folder)
      .sort()
      .map((name) => ({ name, view: new DataView(new Uint8Array(readFileSync(join(folder, name))).buffer) }));
  const written = async (path: string, ...more: string[]) => {
    const folder = scratch(`wav-${count++}`);
    const outcome = await vielbein("traverse", path, ...WALK, "--wav", folder, "--json", ...more);
    expect(outcome.code).toBe(0);
    return { ...outcome, options: JSON.parse(outcome.stdout).provenance.options, files: chunks(folder) };
  };

  it("writes every signal, at a rate that is assumed, stated or given", async () => {
    const { files, options, stderr } = await written(sound);
    expect(files.map(({ name }) => name)).toEqual(["direction-0-0.wav", "direction-0-1.wav"]);
    expect(options).toMatchObject({
      sampleRate: 16_000,
      sampleRateFrom: "assumed",
      wavFormat: "pcm16",
      fullScale: 1,
    });
    expect(stderr).toContain("16000 per second is assumed; give --sample-rate, or vielbein.sample-rate");
    const { view } = files[0]!;
    expect([view.byteLength, view.getUint16(22, true), view.getUint32(24, true)]).toEqual([
      44 + 800,
      1,
      16_000,
    ]);
    const stated = decoder([2, 200], { "vielbein.sample-rate": "8000" });
    const stereo = await written(stated);
    expect(stereo.options).toMatchObject({ sampleRate: 8000, sampleRateFrom: "model" });
    expect(stereo.stderr).not.toContain("assumed");
    expect([stereo.files[0]!.view.getUint16(22, true), stereo.files[0]!.view.getUint32(24, true)]).toEqual([
      2, 8000,
    ]);
    expect((await written(stated, "--sample-rate", "44100")).options).toMatchObject({
      sampleRate: 44_100,
      sampleRateFrom: "option",
    });
  });

  it("float32 has the values; full scale is that of the range which the model states, and what is beyond is clipped", async () => {
    const exact = await written(sound, "--wav-format", "float32");
    const rounded = await written(sound);
    for (let t = 0; t < 400; t++) {
      const value = exact.files[0]!.view.getFloat32(58 + 4 * t, true);
      expect(Math.abs(value)).toBeLessThanOrEqual(1);
      expect(rounded.files[0]!.view.getInt16(44 + 2 * t, true)).toBe(
        Math.min(32_767, Math.round(32_768 * value)),
      );
    }
    const quiet = await written(decoder([1, 400], { "vielbein.range": "-4,2" }), "--wav-format", "float32");
    expect(quiet.options.fullScale).toBe(4);
    expect(quiet.files[0]!.view.getFloat32(58, true)).toBe(exact.files[0]!.view.getFloat32(58, true) / 4);
    const loud = await written(decoder([1, 400], { "vielbein.range": "-0.5,0.5" }));
    expect(loud.stderr).toMatch(/\d+ samples beyond ±0.5 were clipped; --wav-format float32 keeps them/);
    expect(exact.stderr).not.toContain("clipped");
    // Off by less than a step: rounding.
    const samples = exact.files.flatMap(({ view }) =>
      Array.from({ length: 400 }, (_, t) => Math.abs(view.getFloat32(58 + 4 * t, true))),
    );
    const almost = String(Math.max(...samples) / (1 + 2 ** -16));
    const nearly = await written(decoder([1, 400], { "vielbein.range": `-${almost},${almost}` }));
    expect(nearly.stderr.includes("clipped")).toBe(false);
  });

  it("edit writes one for each sample and frame", async () => {
    const [directions, folder] = [scratch("r.safetensors"), scratch("edited")];
    await vielbein("random", sound, "--out", directions);
    const edit = ["--directions-in", directions, "--edit", "d0", "--out", scratch("e.svg"), "--samples", "2"];
    expect((await vielbein("edit", sound, ...edit, "--wav", folder)).code).toBe(0);
    expect(readdirSync(folder).sort()).toEqual(
      [0, 1].flatMap((sample) => [0, 1].map((frame) => `sample-${sample}-${frame}.wav`)),
    );
  });

  it("refuses pictures, and rates that are none", async () => {
    const folder = scratch("refused");
    const refused = await vielbein("traverse", flat, "--wav", folder);
    expect([refused.code, refused.stderr]).toEqual([
      65,
      expect.stringContaining("If it is one, give --layout signal"),
    ]);
    expect((await vielbein("traverse", flat, ...WALK, "--wav", folder, "--layout", "signal")).code).toBe(0);
    for (const rate of ["", "0", "-1", "44.1", "44k", "99999999999"]) {
      const path = decoder([1, 400], { "vielbein.sample-rate": rate });
      const { code, stderr } = await vielbein("traverse", path, "--wav", folder);
      expect([rate, code, stderr.includes("vielbein.sample-rate: expected")]).toEqual([rate, 65, true]);
    }
  });
});
