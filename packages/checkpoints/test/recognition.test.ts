// Which architecture a checkpoint is taken for, which of its networks, and what is said of one that is not known.

import { statedRemarks } from "@vielbein/core";
import { writeNpz } from "@vielbein/linalg/npy";
import { writeSafetensors } from "@vielbein/linalg/safetensors";
import { describe, expect, it } from "vitest";
import { type CheckpointOptions, type ConvertedCheckpoint, fromCheckpoint } from "../src/index.ts";
import { convert, fixture } from "./compared.ts";

const zeros = (shape: readonly number[]) => ({
  shape,
  data: new Float32Array(shape.reduce((product, extent) => product * extent, 1)),
});

/** A file of tensors of zeros. */
function file(shapes: Readonly<Record<string, readonly number[]>>): Uint8Array {
  const tensors = Object.entries(shapes).map(([name, shape]) => [name, zeros(shape)] as const);
  return writeSafetensors(Object.fromEntries(tensors));
}

const open = (
  shapes: Readonly<Record<string, readonly number[]>>,
  options: CheckpointOptions = {},
): Promise<ConvertedCheckpoint> => fromCheckpoint({ name: "some.safetensors", bytes: file(shapes) }, options);

const stack = { "0.weight": [5, 6, 4, 4], "1.weight": [6, 3, 4, 4] };
const activation = "relu,tanh";

describe("a whole module", () => {
  it("has its activations with it", async () => {
    const { model, remarks } = await convert("decoder_module.pth");
    expect(remarks).toContain(
      "the modules of the checkpoint are taken one after another; what its code does beside is not seen",
    );
    expect(model.metadata.get("vielbein.range")).toBe("0,1");
    await expect(convert("decoder_module.pth", { activation: "relu,sigmoid" })).rejects.toThrow(
      "is a whole module that has leaky_relu:0.2,sigmoid",
    );
  });

  it.each([
    ["padding", 'its module "4" has padding 0 where 1 is due'],
    ["stride", 'its module "4" has stride 2 where 1 is due'],
    ["reflect", 'its module "4" has padding_mode reflect where zeros is due'],
    ["upsample", 'its module "4" is a Upsample'],
    ["instance_norm", 'its module "4" is a InstanceNorm2d'],
    ["gelu", 'its module "4" is a GELU'],
    ["two_activations", "does not have one and the same activation behind each of its layers"],
    ["spectral_norm", "is of no architecture that is known here"],
  ])("that is no plain stack is refused: %s", async (name, message) => {
    const given = convert(`unlike/${name}.pth`);
    await expect(given).rejects.toMatchObject({ code: "INVALID_MODEL" });
    await expect(given).rejects.toThrow(message);
  });
});

describe("recognition", () => {
  it("takes averaged weights where a file has several networks, and says what it left out", async () => {
    const { remarks } = await convert("stylegan2_ada.pkl");
    expect(remarks).toEqual([
      "checkpoint of StyleGAN2 (NVIDIA): G_ema",
      "other networks of the file are left out: G",
      "noise is the constant noise of the checkpoint",
    ]);
    expect((await convert("pggan.pt")).remarks[0]).toBe("checkpoint of PGGAN (pytorch_GAN_zoo): avgG");
  });

  it("says that averages without names are left out", async () => {
    const names = Object.entries(stack).map(([name, shape]) => [`model.${name}`, shape] as const);
    const averages = Object.values(stack).map((shape, i) => [`ema.shadow_params.${i}`, shape] as const);
    const { remarks } = await open(Object.fromEntries([...names, ...averages]), { activation });
    expect(remarks.join()).toContain(
      "no names (ema.shadow_params) and are left out; those of model are taken",
    );
  });

  it.each([
    ["generator", "semantic", "generator"],
    ["generator", "semantic_ema", "semantic_ema"],
    ["netG", "savgol", "netG"],
    ["netG", "netG_running", "netG_running"],
    ["G", "Gema", "G"],
    ["G", "modelEMA", "modelEMA"],
    ["G", "EMAModel", "EMAModel"],
    ["G", "G_swa", "G_swa"],
    ["model", "shadow", "shadow"],
    ["netG", "netG_average", "netG_average"],
    ["netG", "netG_averaged", "netG_averaged"],
    ["netG", "averagely", "netG"],
  ])("of %s and %s, takes %s: averages are told by whole words", async (first, second, taken) => {
    const both = [first, second].flatMap((prefix) =>
      Object.entries(stack).map(([name, shape]) => [`${prefix}.${name}`, shape] as const),
    );
    const { remarks } = await fromCheckpoint(
      {
        name: "both.npz",
        bytes: writeNpz(Object.fromEntries(both.map(([name, shape]) => [name, zeros(shape)]))),
      },
      { activation },
    );
    expect(remarks[0]).toBe(`checkpoint of plain stack (DCGAN): ${taken}`);
  });

  it("finds a network behind any prefix", async () => {
    const behind = Object.fromEntries(
      Object.entries(stack).map(([name, shape]) => [`module.netG.${name}`, shape]),
    );
    const { model, remarks } = await open(behind, { activation });
    expect(model.graph.outputs[0]!.shape).toEqual(["n", 3, 8, 8]);
    expect(remarks[0]).toMatch(/^checkpoint of plain stack/);
  });

  it("puts no discriminator behind a generator, though its channels would fit", async () => {
    const both = {
      "netG.0.weight": [5, 6, 4, 4],
      "netG.1.weight": [6, 3, 4, 4],
      "netD.0.weight": [3, 3, 4, 4],
    };
    const { model } = await open(both, { activation });
    expect(model.graph.outputs[0]!.shape).toEqual(["n", 3, 8, 8]);
  });

  it.each<[string, Readonly<Record<string, readonly number[]>>]>([
    ["channels that do not follow", { "0.weight": [5, 6, 4, 4], "1.weight": [7, 3, 4, 4] }],
    ["five colours", { "0.weight": [5, 6, 4, 4], "1.weight": [6, 5, 4, 4] }],
    ["a tensor that belongs to no layer", { ...stack, "2.gamma": [3] }],
    ["one layer", { "0.weight": [5, 3, 4, 4] }],
    ["convolutions alone", { "0.weight": [6, 3, 3, 3], "1.weight": [3, 6, 3, 3] }],
  ])("is none of a stack with %s", async (_, shapes) => {
    await expect(open(shapes, { activation })).rejects.toMatchObject({ code: "INVALID_MODEL" });
  });
});

describe("what was assumed is said", () => {
  it.each([
    ["dcgan.pth", { activation }, "convolutions keep it; batch normalisation has ε = 10⁻⁵"],
    ["sd_vae_ldm.ckpt", { size: 4 }, "in how many groups channels are normalised: 32"],
    ["stylegan2_ada.safetensors", {}, "activations have bounds: none"],
    ["stylegan2_bounded/model.safetensors", {}, "bounded by 0.7, the conv_clamp of the configuration"],
    ["vq/diffusion_pytorch_model.safetensors", { size: 8 }, "the quantiser is left out"],
    ["stylegan3_r.pt", { label: 1 }, "margins, bounds and scales"],
  ])("%s", async (name, options, remark) => {
    const { model, remarks } = await convert(name, options);
    expect(remarks.join()).toContain(remark);
    expect(statedRemarks(model.metadata)).toEqual(remarks);
  });

  it("where the file tells there is nothing to say", async () => {
    for (const name of ["stylegan3_t.pkl", "flux_vae/diffusion_pytorch_model.safetensors"])
      expect((await convert(name)).remarks).toHaveLength(1);
  });

  it.each([Number.NaN, Number.NEGATIVE_INFINITY])("weights that are %d are named", async (value) => {
    const data = (size: number) => new Float32Array(size).fill(0.5);
    const odd = data(6 * 3 * 16).fill(value, 200, 201);
    const tensors = {
      "0.weight": { shape: [5, 6, 4, 4], data: data(5 * 6 * 16) },
      "1.weight": { shape: [6, 3, 4, 4], data: odd },
    };
    const { remarks } = await fromCheckpoint(
      { name: "some.safetensors", bytes: writeSafetensors(tensors) },
      { activation },
    );
    expect(remarks).toContain("weights that are NaN or infinite: 1.weight");
    expect((await open(stack, { activation })).remarks.join()).not.toContain("NaN");
  });
});

describe("what is not recognised", () => {
  it("is listed, with the nearest architecture and the way to export it", async () => {
    const shapes = {
      "G.mapping.fc0.weight": [4, 4],
      "G.synthesis.b4.const": [4, 4, 4],
      "G.synthesis.b4.odd": [2],
    };
    const message = await open(shapes).catch((error: Error) => error.message);
    expect(message).toContain("G.mapping.fc0.weight [4, 4], G.synthesis.b4.const [4, 4, 4]");
    expect(message).toContain("nearest to StyleGAN2 (NVIDIA), 67 %");
    expect(message).toMatch(/Known are .*StyleGAN3.*docs\/exporting\.md/);
  });

  it("takes no time that grows with the square of the names, or of their length", async () => {
    const deep = "a.".repeat(500);
    const names = Array.from({ length: 5000 }, (_, i) => [`n${i}.${deep}mapping.fc0.weight`, [1]] as const);
    const start = performance.now();
    await expect(open(Object.fromEntries(names))).rejects.toMatchObject({ code: "INVALID_MODEL" });
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  it("is nearest to nothing where nothing is like it", async () => {
    const message = await open({ "wte.odd": [2, 2] }).catch((error: Error) => error.message);
    expect(message).not.toContain("nearest");
  });

  it("is refused by the tensor that is wrong where the rest is right", async () => {
    const bytes = await fixture("stylegan2_ada.safetensors");
    const text = new TextDecoder("latin1").decode(bytes).replace("mapping.fc1.bias", "mapping.fc1.bIas");
    const changed = Uint8Array.from(bytes, (byte, i) => (i < 8000 ? text.charCodeAt(i) : byte));
    await expect(fromCheckpoint({ name: "x", bytes: changed })).rejects.toMatchObject({
      code: "INVALID_MODEL",
      message: expect.stringMatching(/"mapping\.fc1\.bias" is missing/),
    });
  });
});
