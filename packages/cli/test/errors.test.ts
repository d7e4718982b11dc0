import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { writeNpy } from "@vielbein/linalg/npy";
import { DataType, encodeModel } from "@vielbein/onnx";
import { describe, expect, it } from "vitest";
import { generator, generatorBytes, model, node } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

const path = scratch("sound.onnx", generatorBytes);
const points = (name: string, shape: number[], data: Float32Array) =>
  scratch(name, writeNpy({ shape, data }));

/** Every refusal is one line that starts with the program's name, without a stack trace. */
async function refusal(...argv: string[]): Promise<{ code: number; message: string }> {
  const { code, stdout, stderr } = await vielbein(...argv);
  expect(stdout).toBe("");
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect(stderr).toMatch(/^vielbein: /);
  return { code, message: stderr };
}

describe("exit status and message for bad input", () => {
  it("66: a missing file", async () => {
    const { code, message } = await refusal("inspect", scratch("absent.onnx"));
    expect(code).toBe(66);
    expect(message).toContain("absent.onnx");
  });

  it("65: a truncated model", async () => {
    const cut = scratch("cut.onnx", generatorBytes.slice(0, generatorBytes.length - 100));
    for (const command of ["inspect", "basis", "traverse"]) {
      const { code, message } = await refusal(command, cut);
      expect(code).toBe(65);
      expect(message).toContain("not a complete ONNX model");
    }
  });

  it("65: not an ONNX model", async () => {
    for (const content of ["hello, this is text", "", "\u0089PNG\r\n\u001a\n0000"]) {
      const { code } = await refusal("inspect", scratch("text.onnx", content));
      expect(code).toBe(65);
    }
  });

  it("65: an operator without a rule on the path, by type, opset, node and position", async () => {
    const tail = [node("Det", ["image"], ["d"])];
    const file = scratch("det.onnx", encodeModel(generator(tail, "d")));
    const { code, message } = await refusal("basis", file);
    expect(code).toBe(65);
    expect(message).toContain('operator Det (opset 17), node "det_d" at position 5');
  });

  it("65: an operator of another domain, although the engine cannot load it", async () => {
    const tail = [node("Magic", ["image"], ["m"], {}, "com.example")];
    const graph = generator(tail, "m");
    const file = scratch(
      "magic.onnx",
      encodeModel({ ...graph, opsets: new Map([...graph.opsets, ["com.example", 1]]) }),
    );
    const { code, message } = await refusal("basis", file);
    expect(code).toBe(65);
    expect(message).toContain("com.example::Magic");
  });

  it("65: points of the wrong size, or not finite", async () => {
    const wide = await refusal("basis", path, "--points", points("wide.npy", [2, 5], new Float32Array(10)));
    expect(wide.code).toBe(65);
    expect(wide.message).toContain("needs [n,4]");
    const nan = await refusal(
      "basis",
      path,
      "--points",
      points("nan.npy", [4], Float32Array.of(0, 1, Number.NaN, 0)),
    );
    expect(nan.code).toBe(65);
    expect(nan.message).toContain("NaN");
    const text = await refusal("basis", path, "--points", scratch("text.npy", "not numpy"));
    expect(text.code).toBe(65);
  });

  it("65: an integer output", async () => {
    const tail = [node("Cast", ["image"], ["bytes"], { to: { type: "int", value: DataType.UINT8 } })];
    const file = scratch("bytes.onnx", encodeModel(generator(tail, "bytes", DataType.UINT8)));
    const { code, message } = await refusal("basis", file);
    expect(code).toBe(65);
    expect(message).toContain("uint8");
    expect((await vielbein("basis", file, "--to", "image")).code).toBe(0);
  });

  it("65: external data outside the model's folder", async () => {
    const graph = generator();
    const initializers = graph.graph.initializers.map((tensor) =>
      tensor.name === "w2"
        ? { ...tensor, raw: new Uint8Array(0), external: { location: "../secret.bin", offset: 0 } }
        : tensor,
    );
    mkdirSync(scratch("inner"), { recursive: true });
    const file = join("inner", "external.onnx");
    scratch("secret.bin", new Uint8Array(16 * 192 * 4));
    scratch(file, encodeModel(model({ ...graph.graph, initializers })));
    const { code, message } = await refusal("basis", scratch(file));
    expect(code).toBe(65);
    expect(message).toContain("leaves the model's folder");
  });

  it("65: an unknown tensor, with a suggestion", async () => {
    const { code, message } = await refusal("basis", path, "--to", "imag");
    expect(code).toBe(65);
    expect(message).toContain('did you mean "image"?');
  });

  it("65: a space that is no image cannot be drawn", async () => {
    const { code, message } = await refusal("traverse", path, "--to", "hidden");
    expect(code).toBe(65);
    expect(message).toContain("16");
  });

  it("65: features of colour images for grey ones, blamed on the colour and not on the size", async () => {
    const axes = { axes: { type: "ints", value: [1] }, keepdims: { type: "int", value: 1 } } as const;
    const grey = generator([node("ReduceMean", ["image"], ["grey"], axes)], "grey");
    const features = model({
      nodes: [node("Relu", ["pixels"], ["features"])],
      inputs: [{ name: "pixels", dataType: DataType.FLOAT, shape: ["n", 3, 8, 8] }],
      outputs: [{ name: "features", dataType: DataType.FLOAT }],
    });
    const { code, message } = await refusal(
      ...["metric", scratch("grey.onnx", encodeModel(grey))],
      ...["--distance", scratch("colour.onnx", encodeModel(features))],
    );
    expect([code, message.includes("images are grey")]).toEqual([65, true]);
    expect(message).not.toContain("of that size");
  });

  it("73: a file that cannot be written", async () => {
    const { code, stderr } = await vielbein("basis", path, "--out", scratch("nowhere/bases.npz"));
    expect(code).toBe(73);
    expect(stderr).toContain("Cannot write");
  });

  it("75: a memory budget that is too small, saying how much is needed", async () => {
    for (const command of [
      "basis",
      "dimension",
      "metric",
      "warpage",
      "distortion",
      "pca",
      "traverse",
      "ppl",
    ]) {
      const { code, message } = await refusal(command, path, "--memory", "1K");
      expect([command, code]).toEqual([command, 75]);
      expect(message).toMatch(
        /budget of 1.00 KiB is too small: one vector .* takes [\d.]+ KiB\. Raise --memory/,
      );
    }
  });

  it("2: wrong usage", async () => {
    for (const argv of [
      ["basis"],
      ["bases", path],
      ["basis", path, "--samples", "many"],
      ["basis", path, "--prior", "gaussian"],
      ["traverse", path, "--directions", "3-1"],
      ["traverse", path, "--directions", "7-9"],
    ]) {
      const { code, stderr } = await vielbein(...argv);
      expect([argv, code]).toEqual([argv, 2]);
      expect(stderr).not.toContain("    at ");
    }
  });

  it("prints a stack trace with --verbose only", async () => {
    const { stderr } = await vielbein("inspect", scratch("absent.onnx"), "--verbose");
    expect(stderr).toContain("    at ");
  });
});

describe("help", () => {
  it("goes to stdout, with examples and the exit codes, and succeeds", async () => {
    const { code, stdout } = await vielbein("--help");
    expect(code).toBe(0);
    expect(stdout).toContain("vielbein traverse sample");
    expect(stdout).toContain("70 numerical failure");
    expect((await vielbein("--version")).stdout).toMatch(/^\d+\.\d+\.\d+/);
  });
});
