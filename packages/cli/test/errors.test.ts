import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { writeNpy } from "@vielbein/linalg/npy";
import { DataType, encodeModel } from "@vielbein/onnx";
import { describe, expect, it } from "vitest";
import { exitCodeOf } from "../src/kit/exit-codes.ts";
import { answer } from "../src/outline.ts";
import { floats, generator, generatorBytes, model, node } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

const path = scratch("sound.onnx", generatorBytes);
const points = (name: string, shape: number[], data: Float32Array | Float64Array) =>
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
    expect(nan.message).toMatch(/"[^"]*nan\.npy": .*got NaN in row 0, coordinate 2\./);
    const huge = points("huge.npy", [2, 4], Float64Array.of(0, 0, 0, 0, 0, 1e300, 0, 0));
    const large = await refusal("basis", path, "--points", huge);
    expect([large.code, large.message]).toEqual([
      65,
      expect.stringContaining("1e+300 in row 1, coordinate 1 does not fit float32"),
    ]);
    const text = await refusal("basis", path, "--points", scratch("text.npy", "not numpy"));
    expect(text.code).toBe(65);
  });

  it("65: a row of --points, a layer or an axis that there is not", async () => {
    const two = points("two.npy", [2, 4], new Float32Array(8));
    for (const [command, ...options] of [
      ["traverse", "--points", two, "--sample", "2"],
      ["axes", "--points", two, "--sample", "2"],
      ["geodesic", "--points", two, "--sample", "0", "--sample", "2"],
      ["axes", "--axes", "4"],
      ["traverse", "--directions", "4"],
      ["ppl", "--points", points("one.npy", [4], new Float32Array(4))],
    ]) {
      const { code, message } = await refusal(command!, path, ...options, "--quiet");
      expect([command, code]).toEqual([command, 65]);
      expect(message).toMatch(/has rows 0 to 1|there are 0 to 3|has 1 row/);
    }
  });

  it("65: an index that is set and that the model has no row for, by the input's name", async () => {
    const lookup = model({
      nodes: [node("Gather", ["rows", "label"], ["row"]), node("Add", ["z", "row"], ["y"])],
      initializers: [floats("rows", [10, 4])],
      inputs: [
        { name: "z", dataType: DataType.FLOAT, shape: [1, 4] },
        { name: "label", dataType: DataType.INT64, shape: [1] },
      ],
      outputs: [{ name: "y", dataType: DataType.FLOAT }],
    });
    const file = scratch("lookup.onnx", encodeModel(lookup));
    const { code, message } = await refusal("basis", file, "--set", "label=12");
    expect([code, message]).toEqual([65, expect.stringMatching(/label=12 \(--set .*out of data bounds/)]);
  });

  it("66: a device, which may have no end", async () => {
    for (const argv of [
      ["inspect", "/dev/zero"],
      ["basis", path, "--points", "/dev/zero"],
      ["compare", "/dev/zero", "/dev/zero"],
    ]) {
      const { code, message } = await refusal(...argv);
      expect([argv, code, message.includes("it is a device")]).toEqual([argv, 66, true]);
    }
  });

  it("2: an empty value, whatever the option", async () => {
    const directions = scratch("d.safetensors");
    for (const argv of [
      ["basis", path, "--out", ""],
      ["basis", path, "--from", ""],
      ["basis", ""],
      ["edit", path, "--directions-in", directions, "--edit", ""],
      ["directions", "import", directions, "--space", "", "--out", directions],
    ]) {
      const { code, message } = await refusal(...argv);
      expect([argv, code, message.includes("its value is empty")]).toEqual([argv, 2, true]);
    }
  });

  it("inspect remarks on metadata that are refused where they are used", async () => {
    const metadata = new Map([
      ["vielbein.range", "0;1"],
      ["vielbein.prior", "cauchy"],
    ]);
    const file = scratch("stated.onnx", encodeModel({ ...generator(), metadata }));
    const { code, stderr } = await vielbein("inspect", file);
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/vielbein\.prior: .*\n.*vielbein\.range: .*"0;1"/),
    ]);
    const drawn = await refusal("traverse", file, "--prior", "normal");
    expect([drawn.code, drawn.message.includes("vielbein.range")]).toEqual([65, true]);
  });

  it("a memory budget beyond the machine's is remarked on", async () => {
    const { code, stderr } = await vielbein("inspect", path, "--memory", "900T");
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/^--memory: the machine has .* less than the budget/),
    ]);
  });

  it("75: memory that the machine refuses", () => {
    const codeOf = (message: string) => exitCodeOf(new RangeError(message));
    expect(codeOf("Array buffer allocation failed")).toBe(75);
    expect(codeOf("Invalid typed array length: 99999999999")).toBe(75);
    // A length that no memory could hold is a fault of ours.
    expect([codeOf("Invalid typed array length: -4"), codeOf("Invalid count value")]).toEqual([1, 1]);
  });

  it("65: an integer output that is asked for; of itself the map ends before its conversion", async () => {
    const tail = [node("Cast", ["image"], ["bytes"], { to: { type: "int", value: DataType.UINT8 } })];
    const file = scratch("bytes.onnx", encodeModel(generator(tail, "bytes", DataType.UINT8)));
    const { code, message } = await refusal("basis", file, "--to", "bytes");
    expect(code).toBe(65);
    expect(message).toMatch(/uint8.*Choose "image"/);
    const { stdout } = await vielbein("basis", file, "--to", "image");
    const before = await vielbein("basis", file);
    expect([before.code, before.stdout]).toEqual([0, stdout]);
    expect(before.stderr).toMatch(/output "bytes" holds uint8: the map ends at "image"/);
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

  it("65: a space that is no image of the layout asked for cannot be drawn", async () => {
    const { code, message } = await refusal("traverse", path, "--to", "hidden", "--layout", "chw:3,4,4");
    expect(code).toBe(65);
    expect(message).toContain("16");
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

  it.each(["--help", "-h", "--version", "-V"])(
    "%s is answered before a command is loaded, in the same words",
    async (flag) => {
      expect(answer([flag])).toBe((await vielbein(flag)).stdout);
    },
  );

  it.each([[], ["basis", "--help"], ["--version", "basis"], ["--quiet"]])(
    "%j needs the program",
    (...argv) => {
      expect(answer(argv.flat())).toBeUndefined();
    },
  );

  it.each([
    ["of a command", ["basis"]],
    ["of a command in a group", ["survey", "plan"]],
    ["of a group", ["survey"]],
  ])("help %s prints what its --help prints", async (_, names) => {
    const { code, stdout } = await vielbein("help", ...names);
    expect([code, stdout]).toEqual([0, (await vielbein(...names, "--help")).stdout]);
    expect(stdout).toContain(`Usage: vielbein ${names.join(" ")} `);
  });

  it("suggests a command that is not loaded", async () => {
    const { code, stderr } = await vielbein("bassis", "x.onnx");
    expect([code, stderr]).toEqual([2, expect.stringContaining("Did you mean basis?")]);
  });
});
