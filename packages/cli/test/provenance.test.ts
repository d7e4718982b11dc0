// What results say of themselves: which points were used, by which route derivatives were taken, what was black and white.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DERIVATIVE_ROUTES } from "@vielbein/core";
import { readNpz, writeNpy } from "@vielbein/linalg/npy";
import { DataType, encodeModel } from "@vielbein/onnx";
import { describe, expect, it } from "vitest";
import { floats, generatorBytes, model, node, styled } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

const path = scratch("provenance.onnx", generatorBytes);
const rows = scratch(
  "rows.npy",
  writeNpy({ shape: [6, 4], data: Float32Array.from({ length: 24 }, (_, i) => Math.sin(i)) }),
);
const figure = ["--out", scratch("figure.svg")];
const normal = { seed: 0, prior: { kind: "normal" } };
const target = scratch("target.npy", writeNpy({ shape: [192], data: new Float32Array(192).fill(0.4) }));
const inversion = ["--target", target, "--candidates", "3", "--starts", "1", "--steps", "1"];

const json = async (command: string, ...options: string[]) => {
  const { code, stdout, stderr } = await vielbein(command, path, "--json", "--quiet", ...options);
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
};

describe("the points of a provenance are those that were used", () => {
  const short = ["--segments", "2", "--steps", "1"];
  it.each<[string, readonly string[], object]>([
    ["ppl", ["--pairs", "3"], { first: 0, count: 6 }],
    ["geodesic", short, { first: 0, count: 2 }],
    ["geodesic", [...short, "--sample", "3", "--sample", "4"], { first: 3, count: 2 }],
    ["geodesic", [...short, "--sample", "5", "--sample", "2"], { first: 2, count: 2, indices: [5, 2] }],
    ["axes", ["--samples", "2", "--sample", "1", "--axes", "0", ...figure], { first: 1, count: 2 }],
    ["traverse", ["--sample", "2", "--directions", "0", ...figure], { first: 2, count: 1 }],
    ["warpage", ["--pairs", "2", "--untrained", "0", "--pca-samples", "0"], { first: 0, count: 6 }],
  ])("%s %j", async (command, options, used) => {
    expect((await json(command, ...options)).provenance.points).toEqual({ ...normal, ...used });
  });

  it.each<[string, readonly string[], object]>([
    ["ppl", ["--pairs", "2"], { first: 0, count: 4 }],
    ["geodesic", [...short, "--sample", "5", "--sample", "2"], { first: 2, count: 2, indices: [5, 2] }],
    ["axes", ["--samples", "2", "--sample", "4", "--axes", "0", ...figure], { first: 4, count: 2 }],
    ["traverse", ["--sample", "2", "--directions", "0", ...figure], { first: 2, count: 1 }],
    [
      "warpage",
      ["--pairs", "2", "--untrained", "0", "--pca-samples", "0", "--epsilon", "0.1"],
      { first: 0, count: 4 },
    ],
  ])("%s of a file %j", async (command, options, used) => {
    const { points } = (await json(command, "--points", rows, ...options)).provenance;
    expect(points).toEqual({ file: "rows.npy", sha256: expect.any(String), ...used });
  });

  it("sefa: none for the directions, those of the images for its pages", async () => {
    const html = scratch("pages");
    const report = await json("sefa", "-K", "1", "-N", "3", "--columns", "2", "--html", html);
    expect(report.provenance.points).toMatchObject({ count: 0 });
    expect(report.html.files).toEqual([`${html}-by-sample.html`, `${html}-by-direction.html`]);
    expect(report.html.provenance).toMatchObject({
      points: { ...normal, first: 0, count: 3 },
      options: { directions: ["d0"], positions: [-3, 3], layout: "chw:3,8,8", imageRangeFrom: "samples" },
    });
    expect(await json("sefa")).not.toHaveProperty("html");
  });
});

describe("the routes by which derivatives came stand in every provenance", () => {
  // One vector takes 7.5 KiB, the 4 columns of 192 numbers 3 more.
  const little = ["--memory", "9K"];
  const products = /^(linearized )?products$/;

  it.each<[string, readonly string[], string, RegExp | string]>([
    ["ppl", ["--pairs", "2"], "products", "products"],
    ["metric", ["--samples", "1"], "columns", "products"],
    ["axes", figure, "columns", "products"],
    ["invert", inversion, "columns", "products"],
    ["basis", ["--k", "1"], "matrix", products],
    ["warpage", ["--pairs", "1", "--untrained", "0", "--pca-samples", "0", "--k", "1"], "matrix", products],
    ["frechet", ["--samples", "2", "--held-out", "0", "--k", "1"], "matrix", products],
    ["traverse", ["--directions", "0", ...figure], "matrix", products],
    ["dimension", ["--samples", "1"], "matrix", "products"],
    ["distortion", ["--pairs", "1", "--untrained", "0", "--k", "1"], "matrix", products],
  ])("%s", async (command, options, usual, ofLittle) => {
    expect((await json(command, ...options)).provenance.options.routes).toEqual([usual]);
    const { routes } = (await json(command, ...options, ...little)).provenance.options;
    expect(routes).toEqual([expect.stringMatching(ofLittle)]);
  });

  it("geodesic: those of gradients and metric", async () => {
    const options = ["--segments", "2", "--steps", "1"];
    for (const [metric, routes, more] of [
      ["columns", ["columns", "products"], []],
      ["products", ["products"], little],
    ] as const) {
      const { provenance } = await json("geodesic", ...options, ...more);
      expect(provenance.options.routes).toEqual(routes);
      const { stdout } = await vielbein("geodesic", path, ...options, ...more);
      expect(stdout).toContain(`gradients by products, metric by ${metric}`);
    }
  });

  it("invert: those of the method and of metric coordinates, none of a search without derivatives", async () => {
    const routesOf = async (...options: string[]) =>
      (await json("invert", ...inversion, ...options)).provenance.options.routes;
    expect(await routesOf("--method", "cma-es")).toEqual([]);
    expect(await routesOf("--method", "adam", "--coordinates", "metric")).toEqual(["columns", "products"]);
    expect((await vielbein("invert", path, ...inversion)).stdout).toContain("derivatives by columns");
  });

  it("metric: none of differences", async () => {
    const { provenance } = await json("metric", "--samples", "1", "--differences", "1e-3");
    expect(provenance.options.routes).toEqual([]);
  });

  it("in words where there are any: tables and sheets", async () => {
    expect((await vielbein("ppl", path, "--pairs", "2")).stdout).toContain("exact, by products");
    await json("axes", ...figure, ...little);
    expect(readFileSync(figure[1]!, "utf8")).toContain("metric by products");
  });

  it("of all rows, each of which says its own", async () => {
    const out = scratch("routes.npz");
    const options = ["--pairs", "2", "--untrained", "0", "--k", "1", "--every-layer", "--out", out];
    const { layers, provenance } = await json("distortion", ...options, ...little);
    const [route] = layers[1].routes;
    expect(provenance.options.routes).toContain(route);
    const kept = Array.from(
      readNpz(readFileSync(out)).route!.data as Float64Array,
      (x) => DERIVATIVE_ROUTES[x],
    );
    expect(kept.slice(2)).toEqual([route, route]);
  });

  it("of a run that is resumed in less memory, both", async () => {
    const out = scratch("resumed-routes.npz");
    await json("metric", "--samples", "1", "--out", out);
    const { points, provenance } = await json(
      "metric",
      "--samples",
      "2",
      "--out",
      out,
      "--resume",
      ...little,
    );
    expect(points.map(({ route }: { route: string }) => route)).toEqual(["columns", "products"]);
    expect(provenance.options.routes).toEqual(["columns", "products"]);
  });
});

describe("black and white stand in the provenance of every picture", () => {
  const stating = scratch(
    "stating.onnx",
    encodeModel(styled({ metadata: new Map([["vielbein.range", "-2,2"]]) })),
  );
  const optionsOf = async (command: string, ...options: string[]) =>
    JSON.parse((await vielbein(command, stating, "--json", "--quiet", ...options)).stdout);
  const stated = { layout: "chw:3,4,4", layoutFrom: "shape", imageRange: [-2, 2], imageRangeFrom: "model" };

  it("geodesic --sheet, and not without", async () => {
    const options = ["--segments", "2", "--steps", "1"];
    const drawn = await optionsOf("geodesic", ...options, "--sheet", figure[1]!);
    expect(drawn.provenance.options).toMatchObject(stated);
    expect((await optionsOf("geodesic", ...options)).provenance.options).not.toHaveProperty("imageRange");
  });

  it("sefa --html, edit, invert --sheet", async () => {
    const [directions, html] = [scratch("w.safetensors"), scratch("stated")];
    const pages = await optionsOf(
      "sefa",
      ...["--from", "w", "--out", directions, "--html", html, "-N", "1", "-K", "1", "--columns", "2"],
    );
    expect(pages.html.provenance.options).toMatchObject(stated);
    const edited = await optionsOf(
      "edit",
      ...["--from", "w", "--directions-in", directions, "--edit", "d0", ...figure],
    );
    expect(edited.provenance.options).toMatchObject(stated);
    const grey = scratch("grey.npy", writeNpy({ shape: [48], data: new Float32Array(48) }));
    const sheet = ["--sheet", figure[1]!, "--candidates", "1", "--starts", "1", "--steps", "1"];
    const inverted = await optionsOf("invert", "--target", grey, ...sheet);
    expect(inverted.provenance.options).toMatchObject(stated);
  });
});

it("the straight-through estimator is asked for, said, and recorded", async () => {
  const file = fileURLToPath(new URL("../../onnx/test/fixtures/vae_qdq.onnx", import.meta.url));
  const command = ["metric", file, "--samples", "1", "--json"];
  const refused = await vielbein(...command);
  expect([refused.code, refused.stderr]).toEqual([
    65,
    expect.stringMatching(/QuantizeLinear.*--straight-through/),
  ]);
  const { code, stdout, stderr } = await vielbein(...command, "--straight-through");
  expect([code, stderr]).toEqual([
    0,
    expect.stringMatching(/^--straight-through: .* taken to be that of the identity/),
  ]);
  expect(JSON.parse(stdout).provenance.options).toMatchObject({ straightThrough: true });
});

it("a straight-through estimator that the file writes itself is named, and --straight-through passes it", async () => {
  const written = model({
    nodes: [
      node("MatMul", ["z", "w"], ["x"]),
      node("Round", ["x"], ["rounded"]),
      node("Sub", ["rounded", "x"], ["step"]),
      node("Add", ["x", "step"], ["quantised"]),
      node("Add", ["quantised", "z"], ["y"]),
    ],
    initializers: [floats("w", [4, 4])],
    inputs: [{ name: "z", dataType: DataType.FLOAT, shape: [1, 4] }],
    outputs: [{ name: "y", dataType: DataType.FLOAT, shape: [1, 4] }],
  });
  const file = scratch("estimator.onnx", encodeModel(written));
  const valuesOf = async (...options: string[]) => {
    const { code, stdout, stderr } = await vielbein("basis", file, "--json", ...options);
    expect(code, stderr).toBe(0);
    return { stderr, values: JSON.parse(stdout).points[0].singularValues as number[] };
  };
  const asWritten = await valuesOf();
  expect(asWritten.stderr).toMatch(
    /^"add_quantised": a straight-through estimator.*--straight-through passes/,
  );
  for (const value of asWritten.values) expect(value).toBeCloseTo(1, 6);
  const passed = await valuesOf("--straight-through");
  expect(passed.stderr).not.toMatch(/"add_quantised"/);
  expect(passed.values[0]).not.toBeCloseTo(1, 2);
});
