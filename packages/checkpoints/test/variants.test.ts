// What the published code can write, and is not built: refused by name, whatever its tensors are like.

import { writeSafetensors } from "@vielbein/linalg/safetensors";
import { describe, expect, it } from "vitest";
import {
  type CheckpointOptions,
  type ConvertedCheckpoint,
  fromCheckpoint,
  openCheckpoint,
} from "../src/index.ts";
import { fixture } from "./compared.ts";

type Tensors = Parameters<typeof writeSafetensors>[0];

/** The tensors of a fixture with others in their place, as safetensors, and a configuration beside them. */
async function changed(
  name: string,
  changes: Tensors,
  config: unknown = {},
  options: CheckpointOptions = {},
): Promise<ConvertedCheckpoint> {
  const { tensors } = await openCheckpoint({ name, bytes: await fixture(name) });
  const stored = [...tensors].map(
    ([key, tensor]) => [key, { shape: tensor.shape, data: tensor.read() }] as const,
  );
  const bytes = writeSafetensors({ ...Object.fromEntries(stored), ...changes });
  const readBeside = async (): Promise<Uint8Array> => new TextEncoder().encode(JSON.stringify(config));
  return fromCheckpoint({ name: "changed.safetensors", bytes, readBeside }, options);
}

const values = (shape: readonly number[], value = 0.5) => ({
  shape,
  data: new Float32Array(shape.reduce((product, extent) => product * extent, 1)).fill(value),
});

const refused = (message: string) => ({ code: "INVALID_MODEL", message: expect.stringContaining(message) });

describe("PGGAN", () => {
  it.each([
    [{ alpha: 0.5 }, "has alpha 0.5, and 0 is what is built"],
    [{ categoryVectorDim: 3 }, "has categoryVectorDim 3, and 0 is what is built"],
    [{ perChannelNormalization: false }, "has perChannelNormalization false, and true is what is built"],
    [{ lossCriterion: "Hinge" }, "has lossCriterion Hinge, and WGANGP or Logistic or MSE or DCGAN"],
    [{ leakyReluLeak: "0.2" }, 'has leakyReluLeak "0.2", and a finite number is due'],
  ])("of %o", async (config, message) => {
    await expect(changed("pggan_bounded.pt", {}, config)).rejects.toMatchObject(refused(message));
  });

  it("with another layer", async () => {
    const more = { "avgG.scaleLayers.0.2.module.weight": values([7, 7, 3, 3]) };
    await expect(changed("pggan_bounded.pt", more)).rejects.toMatchObject(
      refused('"avgG.scaleLayers.0.2.module.weight" has no place in it'),
    );
  });

  it("says what weights alone do not", async () => {
    const { remarks } = await changed("pggan_bounded.pt", {});
    expect(remarks.join()).toContain("no configuration says slopes, gains and the last activation");
  });
});

describe("BigGAN", () => {
  it.each([
    [{ eps: 0 }, "has eps 0, and a positive and finite number is due"],
    [{ layers: [["yes", 16, 8]] }, "has layers.0.0 yes, and true or false is what is built"],
  ])("of %o", async (config, message) => {
    const given = changed("biggan_configured/pytorch_model.bin", {}, config, { label: 0 });
    await expect(given).rejects.toMatchObject(refused(message));
  });

  it("that is not deep", async () => {
    // The names of the authors' code in PyTorch.
    const tensors = {
      "shared.weight": values([10, 8]),
      "linear.weight": values([64, 4]),
      "linear.u0": values([1, 64]),
      "linear.sv0": values([1]),
      "blocks.0.0.conv1.weight": values([4, 4, 3, 3]),
      "blocks.0.0.bn1.gain.weight": values([4, 12]),
      "output_layer.2.weight": values([3, 4, 3, 3]),
    };
    const given = fromCheckpoint(
      { name: "G.safetensors", bytes: writeSafetensors(tensors) },
      { activation: "relu,tanh" },
    );
    await expect(given).rejects.toMatchObject(refused("is of no architecture that is known here"));
  });
});

describe("StyleGAN2", () => {
  it.each<[string, Tensors, string]>([
    [
      "images that are not square",
      { "synthesis.b4.const": values([6, 4, 8]) },
      "[6, 4, 8], and 4 × 4 pixels",
    ],
    [
      "other kernels",
      { "synthesis.b8.conv0.weight": values([6, 6, 1, 1]) },
      "has 1 × 1 pixels where the size doubles",
    ],
    ["longer filters", { "synthesis.b8.conv0.resample_filter": values([6, 6]) }, "is not 4 × 4"],
    ["separable filters", { "synthesis.b8.conv0.resample_filter": values([8]) }, "is not 4 × 4"],
    ["another layer", { "synthesis.b8.conv2.weight": values([6, 6, 3, 3]) }, "has no place in it"],
  ])("of %s", async (_, changes, message) => {
    await expect(changed("stylegan2_ada.safetensors", changes)).rejects.toMatchObject(refused(message));
  });

  it.each([
    [
      { mapping_kwargs: { activation: "relu" } },
      "has mapping_kwargs.activation relu, and lrelu is what is built",
    ],
    [{ synthesis_kwargs: { activation: "swish" } }, "has synthesis_kwargs.activation swish"],
    [
      { mapping_kwargs: { lr_multiplier: 0 } },
      "has lr_multiplier 0, and a positive and finite number is due",
    ],
  ])("whose configuration is %o", async (config, message) => {
    await expect(changed("stylegan2_ada.safetensors", {}, config)).rejects.toMatchObject(refused(message));
  });

  it("has no noise where the file has no patterns of it, and says so", async () => {
    const { tensors } = await openCheckpoint({
      name: "g.pt",
      bytes: await fixture("stylegan2_rosinality.pt"),
    });
    const kept = [...tensors].filter(([name]) => !name.includes("noises."));
    const stored = kept.map(
      ([name, tensor]) => [name, { shape: tensor.shape, data: tensor.read() }] as const,
    );
    const bytes = writeSafetensors(Object.fromEntries(stored));
    const { remarks } = await fromCheckpoint({ name: "g.safetensors", bytes });
    expect(remarks).toContain("noise, of which the checkpoint has strengths and no patterns, is left out");
  });

  it("of classes without a code", async () => {
    const changes = { "G_ema.mapping.fc0.weight": values([7, 7]) };
    await expect(changed("stylegan2_ada_conditional.pkl", changes, {}, { label: 0 })).rejects.toMatchObject(
      refused("is given classes alone, and no code"),
    );
  });

  it("with another activation", async () => {
    const name = "stylegan2_ada.pkl";
    const text = Buffer.from(await fixture(name)).toString("latin1");
    const bytes = new Uint8Array(Buffer.from(text.replaceAll("lrelu", "swish"), "latin1"));
    await expect(fromCheckpoint({ name, bytes })).rejects.toMatchObject(
      refused('"G_ema.mapping.fc0.activation" is swish, and lrelu is what is built'),
    );
  });

  it("has no bounds where the configuration says so, and says the learning rate that is taken", async () => {
    const config = { synthesis_kwargs: { conv_clamp: null } };
    const { model, remarks } = await changed("stylegan2_ada.safetensors", {}, config);
    expect(model.graph.nodes.filter(({ opType }) => opType === "Clip")).toEqual([]);
    expect(remarks.join()).not.toContain("bounds");
    expect(remarks.join()).toContain("the mapping's learning rate is taken to be 0.01");
  });
});

describe("StyleGAN3", () => {
  const name = "stylegan3_configured/model.safetensors";
  const config = async (): Promise<Record<string, unknown>> =>
    JSON.parse(new TextDecoder().decode(await fixture("stylegan3_configured/config.json")));

  it.each([
    [{ filter_size: 6 }, 'L0_28_4.up_filter" has 16 taps, and 24 are due'],
    [{ lrelu_upsampling: 2 }, 'L0_28_4.up_filter" has 16 taps, and 8 are due'],
    [{ margin_size: -1 }, "has margin_size -1, and an integer of at least 0 is due"],
    [{ output_scale: "1" }, 'has output_scale "1", and a finite number is due'],
  ])("whose configuration says %o", async (changes, message) => {
    await expect(changed(name, {}, { ...(await config()), ...changes })).rejects.toMatchObject(
      refused(message),
    );
  });

  it("whose filters are not those of the published networks, with nothing to say so", async () => {
    await expect(changed(name, {})).rejects.toMatchObject(
      refused("a config.json beside the file may say filter_size"),
    );
  });

  it("whose image is moved", async () => {
    const transform = { shape: [3, 3], data: Float32Array.of(1, 0, 0.5, 0, 1, 0, 0, 0, 1) };
    const given = changed(name, { "synthesis.input.transform": transform }, await config());
    await expect(given).rejects.toMatchObject(refused("moves the image and must be the identity"));
  });

  it("has no bounds where the configuration says so", async () => {
    const given = changed(name, {}, { ...(await config()), conv_clamp: null });
    const { model } = await given;
    expect(model.graph.nodes.filter(({ opType }) => opType === "Clip")).toEqual([]);
  });
});

describe("TensorFlow.js", () => {
  /** Of the first weights, which are quantised. */
  const opened = async (name: string, change: (text: string) => string): Promise<ConvertedCheckpoint> => {
    const readBeside = (location: string): Promise<Uint8Array> => fixture(`${name}/${location}`);
    const text = change(new TextDecoder().decode(await fixture(`${name}/model.json`)));
    return fromCheckpoint({ name: "model.json", bytes: new TextEncoder().encode(text), readBeside });
  };
  const requantised = (quantization: unknown) => (text: string) => {
    const model = JSON.parse(text);
    model.weightsManifest[0].weights[0].quantization = quantization;
    return JSON.stringify(model);
  };

  it.each([
    [{ dtype: "uint8" }, 'the quantised weights "dense_1/kernel" need numbers as scale and min'],
    [{ dtype: "uint8", scale: "0.1", min: 0 }, "need numbers as scale and min"],
    [{ dtype: "uint8", scale: 0.1, min: null }, "need numbers as scale and min"],
    [{ dtype: "int8", scale: 0.1, min: 0 }, "of a type that is not read"],
    [{ dtype: "float32" }, "of a type that is not read"],
    [{ scale: 0.1, min: 0 }, "of a type that is not read"],
  ])("weights quantised as %o", async (quantization, message) => {
    await expect(opened("tfjs_quantised", requantised(quantization))).rejects.toMatchObject(refused(message));
  });

  it.each([
    ['"data_format": "channels_last"', '"data_format": "channels_first"', "has its channels first"],
    ['"epsilon": 0.001', '"epsilon": -0.001', "has an epsilon of -0.001, and at least 0 is due"],
    ['"epsilon": 0.001', '"epsilon": "0.001"', "needs a number as epsilon"],
    ['"interpolation": "nearest"', '"interpolation": "bicubic"', "interpolates by bicubic"],
  ])("%s as %s", async (from, to, message) => {
    const given = opened("tfjs", (text) => text.replaceAll(from, to));
    await expect(given).rejects.toMatchObject(refused(message));
  });

  it("says where it is not as Keras", async () => {
    const { remarks } = await opened("tfjs_mixed", (text) => text);
    expect(remarks.join()).toContain("is interpolated as TensorFlow.js does, from the corners of pixels");
    const others = (await opened("tfjs", (text) => text)).remarks;
    expect(others).toEqual([expect.any(String), expect.stringContaining("whose classes its layers are")]);
  });
});
