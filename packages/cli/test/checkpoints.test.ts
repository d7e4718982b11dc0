// Checkpoints in place of ONNX files.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeModel } from "@vielbein/onnx";
import { describe, expect, it } from "vitest";
import { generatorBytes } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

const fixture = (name: string): string =>
  scratch(name, readFileSync(new URL(`../../checkpoints/test/fixtures/${name}`, import.meta.url)));

describe("a survey of a checkpoint", () => {
  it("is planned and computed, with its architecture in the provenance", async () => {
    const folder = scratch("checkpoint-survey");
    const given = [fixture("dcgan.pth"), "--activation", "relu,tanh"];
    const words = ["--what", "basis", "--samples", "2", "--shard-size", "2", "--out", folder];
    expect(await vielbein("survey", "plan", ...given, ...words)).toMatchObject({ code: 0 });
    expect(await vielbein("survey", "run", folder, "--jobs", "1")).toMatchObject({ code: 0 });
    const plan = JSON.parse(readFileSync(join(folder, "survey.json"), "utf8"));
    expect(plan.models[0].architecture).toBe("plain stack (DCGAN) 2");
    expect(plan.models[0].remarks[1]).toBe("with activation relu,tanh");
  });
});

describe("vielbein convert", () => {
  it("does not replace what is read beside the checkpoint", async () => {
    const [index, shard] = ["shards.index.json", "shard_0.safetensors"].map(fixture);
    const before = readFileSync(shard!);
    const { code, stderr } = await vielbein("convert", index!, "--out", shard!);
    expect([code, stderr]).toEqual([2, expect.stringContaining("is what MODEL reads")]);
    expect(readFileSync(shard!)).toEqual(before);
  });

  it("writes an ONNX file that says where it comes from", async () => {
    const out = scratch("converted.onnx");
    const { code, stdout, stderr } = await vielbein(
      "convert",
      fixture("stylegan2_ada.pkl"),
      "--out",
      out,
      "--json",
    );
    expect([code, stderr]).toEqual([0, expect.stringContaining("StyleGAN2 (NVIDIA): G_ema")]);
    const report = JSON.parse(stdout);
    expect(report.architecture).toEqual({ name: "StyleGAN2 (NVIDIA)", version: 2 });
    const { metadata, graph } = decodeModel(readFileSync(out));
    expect(Object.fromEntries(metadata)).toMatchObject({
      "vielbein.architecture": "StyleGAN2 (NVIDIA) 2",
      "vielbein.prior": "normal",
      "vielbein.range": "-1,1",
      "vielbein.checkpoint": JSON.stringify(report.checkpoint),
    });
    expect(report.spaces.map(({ name }: { name: string }) => name).slice(0, 3)).toEqual(["z", "w", "w_plus"]);
    expect(graph.outputs[0]).toMatchObject({ name: "image", shape: ["n", 3, 16, 16] });
    // What was assumed goes with the file.
    const inspected = await vielbein("inspect", out);
    expect(inspected.stderr).toContain("other networks of the file are left out: G");
  });

  it("in half precision it takes little more than half the size", async () => {
    const [whole, half] = [scratch("whole.onnx"), scratch("half.onnx")];
    const given = [fixture("dcgan.pth"), "--activation", "relu,tanh"];
    await vielbein("convert", ...given, "--out", whole);
    await vielbein("convert", ...given, "--float16", "--out", half);
    const [size = 0, halfSize = 0] = [whole, half].map((path) => readFileSync(path).length);
    expect(halfSize / size).toBeLessThan(0.7);
  });
});

describe("a checkpoint is a model", () => {
  it("inspect", async () => {
    const { code, stdout } = await vielbein("inspect", fixture("stylegan2_rosinality.pt"), "--json");
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    expect(report.family).toMatchObject({ name: "StyleGAN2" });
    expect(report.differentiability).toMatchObject({ from: "z", to: "image", differentiable: true });
  });

  it("its provenance has the checkpoint's hash and the architecture", async () => {
    const args = ["random", fixture("stylegan2_ada_conditional.pkl"), "--label", "2", "--from", "w"];
    const out = scratch("random.safetensors");
    const { code, stdout } = await vielbein(...args, "--out", out, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout).provenance.model).toMatchObject({
      file: "stylegan2_ada_conditional.pkl",
      architecture: "StyleGAN2 (NVIDIA) 2",
      remarks: [
        "checkpoint of StyleGAN2 (NVIDIA): G_ema",
        "with label 2",
        "noise is the constant noise of the checkpoint",
      ],
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it("rows of another class are of another run", async () => {
    const out = scratch("rows.npz");
    const rows = (label: string) =>
      vielbein(
        ...["dimension", fixture("stylegan2_ada_conditional.pkl"), "--label", label, "--samples", "2"],
        ...["--from", "w", "--out", out, "--resume"],
      );
    expect((await rows("2")).code).toBe(0);
    expect(await rows("3")).toMatchObject({ code: 2, stderr: expect.stringContaining("is of another run") });
  });

  it.each([
    ["what the file cannot tell is asked for", "dcgan.pth", [], 2, /--activation relu,tanh/],
    ["a class that is due", "stylegan2_ada_conditional.pkl", [], 2, /4 classes/],
    [
      "a class that does not exist",
      "stylegan2_ada_conditional.pkl",
      ["--label", "4"],
      65,
      /classes 0 to 3, got 4/,
    ],
    ["a class of a generator without", "stylegan2_ada.pkl", ["--label", "0"], 2, /no classes/],
    ["an activation that is known", "stylegan2_ada.pkl", ["--activation", "relu,tanh"], 2, /no use for it/],
    ["an activation that is none", "dcgan.pth", ["--activation", "relu"], 2, /BETWEEN,LAST/],
    ["an architecture that is not known", "views.pt", [], 65, /state\.whole \[4, 6\].*docs\/exporting\.md/s],
  ])("%s", async (_, file, options, code, message) => {
    const outcome = await vielbein("inspect", fixture(file), ...options);
    expect([outcome.code, outcome.stderr]).toEqual([code, expect.stringMatching(message)]);
  });

  it("an ONNX file has no use for their options", async () => {
    const outcome = await vielbein("inspect", scratch("plain.onnx", generatorBytes), "--label", "1");
    expect([outcome.code, outcome.stderr]).toEqual([2, expect.stringContaining("--set")]);
  });
});
