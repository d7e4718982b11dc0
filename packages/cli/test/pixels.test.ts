// Black and white of images: as the options say, else as the model states, else measured on samples that no seed changes.

import { readFileSync } from "node:fs";
import { normal } from "@vielbein/linalg";
import { writeNpy } from "@vielbein/linalg/npy";
import { DataType, encodeModel } from "@vielbein/onnx";
import { describe, expect, it } from "vitest";
import { floats, int64s, model, node, styled } from "./models.ts";
import { scratch, shared, sharedCase, vielbein } from "./run.ts";

const stated = (range: string) => new Map([["vielbein.range", range]]);
/** Images near ±1 by tanh; the first says −2 to 2, which no sample shows. */
const stating = scratch("stating.onnx", encodeModel(styled({ metadata: stated("-2,2") })));
const silent = scratch("silent.onnx", encodeModel(styled()));
const featuresOf = (metadata: ReadonlyMap<string, string>) =>
  encodeModel(
    model(
      {
        nodes: [node("Reshape", ["image", "flat"], ["row"]), node("Gemm", ["row", "w"], ["features"])],
        initializers: [int64s("flat", [-1, 48]), floats("w", [48, 7])],
        inputs: [{ name: "image", dataType: DataType.FLOAT, shape: ["n", 3, 4, 4] }],
        outputs: [{ name: "features", dataType: DataType.FLOAT }],
      },
      { metadata },
    ),
  );
const features = scratch("features.onnx", featuresOf(new Map()));

const json = async (command: string, path: string, ...options: string[]) => {
  const { code, stdout, stderr } = await vielbein(command, path, "--quiet", "--json", ...options);
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout).provenance.options;
};
const target = scratch("target.npy", writeNpy({ shape: [48], data: new Float32Array(48).fill(0.2) }));
const measuring = [
  ["metric", "--samples", "1"],
  ["ppl", "--pairs", "2"],
  ["geodesic", "--segments", "2", "--steps", "1"],
  ["axes", "--axes", "0", "--out", scratch("axes.svg")],
  ["invert", "--target", target, "--steps", "1", "--candidates", "2", "--starts", "1"],
] as const;
const drawing = [
  ["traverse", "--directions", "0", "--out", scratch("t.svg")],
  ["traverse", "--via", "w", "--directions", "0", "--out", scratch("t.svg")],
  ["axes", "--axes", "0", "--out", scratch("axes.svg")],
  [
    "invert",
    "--target",
    target,
    "--steps",
    "1",
    "--candidates",
    "2",
    "--starts",
    "1",
    "--sheet",
    scratch("i.svg"),
  ],
] as const;

describe("option, then metadata, then measurement", () => {
  it.each(measuring)("%s gives features of a distance pixels of one range", async (command, ...options) => {
    const of = (path: string, ...more: string[]) =>
      json(command, path, ...options, "--distance", features, ...more);
    expect(await of(stating)).toMatchObject({ pixels: [-2, 2], pixelsFrom: "model", scale: 0.5 });
    expect(await of(stating, "--image-range", "0,4")).toMatchObject({ pixels: [0, 4], pixelsFrom: "option" });
    const measured = await of(silent);
    expect(measured).toMatchObject({ pixelsFrom: "samples" });
    expect((await of(silent, "--seed", "9")).pixels).toEqual(measured.pixels);
  });

  it.each(drawing)("%s draws them", async (command, ...options) => {
    const of = (path: string, ...more: string[]) => json(command, path, ...options, ...more);
    expect(await of(stating)).toMatchObject({ imageRange: [-2, 2], imageRangeFrom: "model" });
    expect(await of(stating, "--image-range", "0,4")).toMatchObject({
      imageRange: [0, 4],
      imageRangeFrom: "option",
    });
    const measured = await of(silent);
    expect(measured).toMatchObject({ imageRangeFrom: "samples" });
    expect((await of(silent, "--seed", "9")).imageRange).toEqual(measured.imageRange);
  });

  it("geodesic, edit and sefa say in their pictures which", async () => {
    const directions = scratch("d.safetensors");
    const html = scratch("pages");
    const sheet = scratch("g.svg");
    await vielbein(
      "sefa",
      stating,
      "--from",
      "w",
      "--out",
      directions,
      "--html",
      html,
      "-N",
      "1",
      "-K",
      "1",
      "--columns",
      "2",
    );
    await vielbein(
      "edit",
      stating,
      "--from",
      "w",
      "--directions-in",
      directions,
      "--edit",
      "d0",
      "--out",
      sheet,
    );
    const note = "pixels -2 … 2, as the model states";
    expect(readFileSync(`${html}-by-sample.html`, "utf8")).toContain(note);
    expect(readFileSync(sheet, "utf8")).toContain(note);
    await vielbein("geodesic", stating, "--segments", "2", "--steps", "1", "--sheet", sheet);
    expect(readFileSync(sheet, "utf8")).toContain(note);
  });

  it.each(measuring.filter(([command]) => command !== "axes"))(
    "%s prints which",
    async (command, ...options) => {
      const print = async (path: string, ...more: string[]) =>
        (await vielbein(command, path, ...options, "--distance", features, ...more)).stdout;
      expect(await print(stating)).toContain("pixels -2 … 2, as the model states");
      expect(await print(stating, "--image-range", "0,1")).toContain("pixels 0 … 1, as given");
      expect(await print(silent)).toMatch(/pixels .* … .*, measured/);
    },
  );

  it("only of its outputs does a model speak", async () => {
    const inner = model(
      {
        nodes: [
          node("Gemm", ["z", "w"], ["flat"]),
          node("Reshape", ["flat", "shape"], ["raw"]),
          node("Tanh", ["raw"], ["image"]),
        ],
        initializers: [floats("w", [4, 48]), int64s("shape", [-1, 3, 4, 4])],
        inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 4] }],
        outputs: [{ name: "image", dataType: DataType.FLOAT }],
      },
      { metadata: stated("-2,2") },
    );
    const path = scratch("inner.onnx", encodeModel(inner));
    const of = (...to: string[]) => json("traverse", path, ...to, "--out", scratch("t.svg"));
    expect(await of()).toMatchObject({ imageRangeFrom: "model" });
    expect(await of("--to", "raw")).toMatchObject({ imageRangeFrom: "samples" });
  });

  it("refuses a range that is none", async () => {
    const broken = scratch("broken.onnx", encodeModel(styled({ metadata: stated("1,-1") })));
    const { code, stderr } = await vielbein("traverse", broken, "--out", scratch("t.svg"));
    expect([code, stderr]).toEqual([65, expect.stringContaining("vielbein.range: expected LOW,HIGH")]);
  });
});

describe("what features state of theirs", () => {
  it("auto maps to it", async () => {
    const own = scratch("own.onnx", featuresOf(stated("0,255")));
    expect(await json("metric", stating, "--samples", "1", "--distance", own)).toMatchObject({
      scale: 255 / 4,
      shift: 127.5,
    });
    expect(
      await json("metric", stating, "--samples", "1", "--distance", own, "--feature-range", "paper"),
    ).toMatchObject({
      scale: 1 / 4,
      shift: 0.5,
    });
  });
});

it("the metric of a model that states its range", async () => {
  if (!sharedCase("range_white_meta.onnx")) return;
  const { stdout } = await vielbein(
    "metric",
    `${shared}/cases/range_white_meta.onnx`,
    "--distance",
    `${shared}/models/lpips_squeeze_feat_32.onnx`,
    "--samples",
    "1",
    "--k",
    "1",
    "--json",
  );
  // By PyTorch in float64.
  expect(JSON.parse(stdout).points[0].eigenvalues[0]).toBeCloseTo(0.0451, 4);
});

it("what is measured does not move with the seed where samples differ much", async () => {
  // The brightest value grows with |z₀|: other seeds would measure another range.
  const wild = model({
    nodes: [node("Mul", ["z", "gain"], ["flat"]), node("Reshape", ["flat", "shape"], ["image"])],
    initializers: [
      {
        ...floats("gain", [1, 48]),
        raw: new Uint8Array(Float32Array.from(normal(3, 0, 48), (x) => 3 * x).buffer),
      },
      int64s("shape", [-1, 3, 4, 4]),
    ],
    inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 48] }],
    outputs: [{ name: "image", dataType: DataType.FLOAT }],
  });
  const path = scratch("wild.onnx", encodeModel(wild));
  const of = (seed: string) =>
    json("traverse", path, "--seed", seed, "--directions", "0", "--out", scratch("w.svg"));
  expect((await of("5")).imageRange).toEqual((await of("0")).imageRange);
});
