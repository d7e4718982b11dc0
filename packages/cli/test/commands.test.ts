import { mkdtempSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeNpy } from "@vielbein/linalg/npy";
import { encodeModel } from "@vielbein/onnx";
import { describe, expect, it } from "vitest";
import { generator, generatorBytes, node } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

const path = scratch("drawn.onnx", generatorBytes);

describe("vielbein samples", () => {
  it("draws rows of samples in their order", async () => {
    const [all, second] = [scratch("samples.svg"), scratch("second-row.svg")];
    const tiles = (svg: string) =>
      [...readFileSync(svg, "utf8").matchAll(/base64,([^"]+)"/g)].map(([, png]) => png);
    const { code, stdout } = await vielbein(
      "samples",
      path,
      "--rows",
      "2",
      "--columns",
      "3",
      "--image-range",
      "0,1",
      "--out",
      all,
      "--json",
    );
    expect(code).toBe(0);
    const { samples, provenance } = JSON.parse(stdout);
    expect([samples, provenance.method, provenance.points.count]).toEqual([6, "samples", 6]);
    await vielbein(
      "samples",
      path,
      "--rows",
      "1",
      "--columns",
      "3",
      "--sample",
      "3",
      "--image-range",
      "0,1",
      "--out",
      second,
    );
    expect(new Set(tiles(all)).size).toBe(6);
    expect(tiles(second)).toEqual(tiles(all).slice(3));
  });

  it("leaves out what does not fill a row of a file of points", async () => {
    const points = scratch(
      "five.npy",
      writeNpy({ shape: [5, 4], data: Float32Array.from({ length: 20 }, (_, i) => i / 9) }),
    );
    const out = scratch("five.svg");
    const { stdout } = await vielbein(
      "samples",
      path,
      "--points",
      points,
      "--columns",
      "2",
      "--out",
      out,
      "--json",
    );
    expect(JSON.parse(stdout).samples).toBe(4);
  });
});

describe("vielbein traverse", () => {
  it("writes a PNG sheet and reports what it drew", async () => {
    const out = scratch("sheet.png");
    const { code, stdout } = await vielbein(
      "traverse",
      path,
      "--directions",
      "0,2",
      "--columns",
      "5",
      "--out",
      out,
      "--json",
    );
    expect(code).toBe(0);
    expect(Array.from(readFileSync(out).subarray(1, 4))).toEqual([80, 78, 71]);
    const result = JSON.parse(stdout);
    expect(result.directions).toEqual([0, 2]);
    expect(result.provenance.options).toMatchObject({
      layout: "chw:3,8,8",
      layoutFrom: "shape",
      imageRange: [0, 1],
      positions: [-3, -1.5, 0, 1.5, 3],
    });
  });

  it("labels rows with singular values and columns with steps", async () => {
    const out = scratch("sheet.svg");
    await vielbein("traverse", path, "--out", out);
    const svg = readFileSync(out, "utf8");
    expect(svg).toContain("drawn.onnx");
    expect(svg).toContain("direction 3");
    expect(svg).not.toContain("direction 4");
    const { singularValues } = JSON.parse((await vielbein("traverse", path, "--out", out, "--json")).stdout);
    expect(svg).toContain(`σ = ${singularValues[0].toPrecision(3)}`);
  });

  it("takes the layout and the range from the model, unless told otherwise", async () => {
    const hwc = scratch(
      "hwc.onnx",
      encodeModel(
        generator(
          [
            node("Transpose", ["image"], ["last"], { perm: { type: "ints", value: [0, 2, 3, 1] } }),
            node("Mul", ["last", "two"], ["scaled"]),
            node("Sub", ["scaled", "one"], ["signed"]),
            node("Constant", [], ["two"], { value_float: { type: "float", value: 2 } }),
            node("Constant", [], ["one"], { value_float: { type: "float", value: 1 } }),
          ],
          "signed",
        ),
      ),
    );
    const out = scratch("hwc.svg");
    const drawn = async (...more: string[]) =>
      JSON.parse((await vielbein("traverse", hwc, "--out", out, "--json", ...more)).stdout).provenance
        .options;
    expect(await drawn()).toMatchObject({ layout: "hwc:8,8,3", imageRange: [-1, 1] });
    expect(await drawn("--image-range", "0,1")).toMatchObject({ imageRange: [0, 1] });
  });
});

describe("vielbein inspect", () => {
  it("reports structure, spaces and differentiability", async () => {
    const { code, stdout } = await vielbein("inspect", path, "--json");
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      file: "drawn.onnx",
      opset: 17,
      producer: "test",
      inputs: [{ name: "z", type: "float32", shape: ["n", 4] }],
      parameters: 4 * 16 + 16 + 16 * 192 + 4,
      operators: { Gemm: 2, Reshape: 1, Sigmoid: 1, Tanh: 1 },
    });
    expect(report.spaces.map((s: { name: string }) => s.name)).toEqual([
      "z",
      "pre",
      "hidden",
      "flat",
      "pixels",
      "image",
    ]);
    expect(report.differentiability).toMatchObject({ from: "z", to: "image", differentiable: true });
    expect(report.differentiability.operators.Gemm).toEqual({
      exact: 2,
      straight: 0,
      zero: 0,
      unsupported: 0,
    });
  });

  it("names each operator that stops the derivative or lets none through, and still succeeds", async () => {
    const file = scratch(
      "mixed.onnx",
      encodeModel(
        generator(
          [
            node("Round", ["image"], ["rounded"]),
            node("Det", ["image"], ["det"]),
            node("Unsqueeze", ["det", "axis"], ["wide"]),
            node("Unsqueeze", ["wide", "axis"], ["wider"]),
            node("Constant", [], ["axis"], { value_ints: { type: "ints", value: [-1] } }),
            node("Add", ["rounded", "wider"], ["sum"]),
          ],
          "sum",
        ),
      ),
    );
    const { code, stdout } = await vielbein("inspect", file, "--json");
    expect(code).toBe(0);
    const { differentiability } = JSON.parse(stdout);
    expect(differentiability.differentiable).toBe(false);
    expect(differentiability.problem).toContain("Det");
    expect(differentiability.operators.Round).toEqual({ exact: 0, straight: 0, zero: 1, unsupported: 0 });
    expect(differentiability.operators.Det).toEqual({ exact: 0, straight: 0, zero: 0, unsupported: 1 });
    const text = await vielbein("inspect", file);
    expect(text.stdout).toContain("not available");
  });
});

describe("vielbein derive", () => {
  it("writes the derivative, forward or reverse, as a model of its own", async () => {
    const out = scratch("derivative.onnx");
    const { code, stdout } = await vielbein("derive", path, "--out", out, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      inputs: [
        { name: "z", shape: [1, 4] },
        { name: "z_tangent", shape: ["k", 1, 4] },
      ],
      outputs: [{ name: "image" }, { name: "image_tangent", shape: ["k", 1, 3, 8, 8] }],
    });
    const reverse = await vielbein("derive", path, "--mode", "vjp", "--to", "hidden", "--out", out, "--json");
    expect(JSON.parse(reverse.stdout).outputs[1]).toEqual({ name: "z_cotangent", shape: ["k", 1, 4] });
    // The derivative is a model like any other: it can be inspected, and differentiated again.
    const report = JSON.parse((await vielbein("inspect", out, "--json")).stdout);
    expect(report.inputs.map((p: { name: string }) => p.name)).toEqual(["z", "hidden_cotangent"]);
  });

  it("writes second derivatives", async () => {
    const out = scratch("second.onnx");
    const { stdout } = await vielbein("derive", path, "--mode", "hvp", "-o", out, "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      inputs: [{ name: "z" }, { name: "image_weights", shape: [1, 3, 8, 8] }, { name: "z_tangent" }],
      outputs: [{ name: "z_gradient" }, { shape: ["k", 1, 4] }],
    });
  });

  it("writes forward and reverse products in one", async () => {
    const out = scratch("metric.onnx");
    const fused = ["derive", path, "--mode", "gauss-newton", "-o", out, "--json"];
    const { inputs, outputs } = JSON.parse((await vielbein(...fused, "--diagonal")).stdout);
    expect(inputs.map((p: { name: string }) => p.name)).toEqual(["z", "z_tangent", "image_diagonal"]);
    expect(outputs).toMatchObject([{ name: "image" }, { name: "z_product", shape: ["k", 1, 4] }]);
    const wrong = await vielbein("derive", path, "--diagonal", "-o", out);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("goes with --mode gauss-newton")]);
  });

  it("reads its weights from the model beside it", async () => {
    const [inline, reference] = [scratch("inline.onnx"), scratch("reference.onnx")];
    await vielbein("derive", path, "-o", inline);
    const { code } = await vielbein("derive", path, "--weights", "reference", "-o", reference);
    expect(code).toBe(0);
    expect(statSync(inline).size - statSync(reference).size).toBeGreaterThan(10_000);
    const spectrum = async (file: string) =>
      JSON.parse((await vielbein("basis", file, "--set", "z_tangent=all:0", "--json")).stdout).points;
    expect(await spectrum(reference)).toEqual(await spectrum(inline));

    const elsewhere = mkdtempSync(join(tmpdir(), "vielbein-elsewhere-"));
    const away = await vielbein(
      "derive",
      path,
      "--weights",
      "reference",
      "-o",
      join(elsewhere, "reference.onnx"),
    );
    expect(away.code).toBe(2);
    expect(away.stderr).toContain("same folder");
  });
});
