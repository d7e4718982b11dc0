// Checkpoints that others' code wrote, in every format that they are published in, against that code in float64.

import type { RuntimeTensor } from "@vielbein/core/runtime";
import { describe, expect, it } from "vitest";
import type { CheckpointOptions } from "../src/index.ts";
import { convert, errorsBehind, errorsOf, evaluate, fixture, largestError } from "./compared.ts";

/** Of the image, relative to its largest value; of the Jacobian, in the Frobenius norm. */
const [IMAGE, JACOBIAN] = [1e-5, 5e-6];

interface Case {
  readonly file: string;
  readonly golden: string;
  readonly architecture: string;
  readonly options?: CheckpointOptions;
  /** Values of further inputs. */
  readonly inputs?: Readonly<Record<string, RuntimeTensor>>;
}

const cases: readonly Case[] = [
  { file: "stylegan2_ada.pkl", golden: "stylegan2_ada", architecture: "StyleGAN2 (NVIDIA)" },
  { file: "stylegan2_ada.safetensors", golden: "stylegan2_ada", architecture: "StyleGAN2 (NVIDIA)" },
  {
    file: "stylegan2_ada.pkl",
    golden: "stylegan2_ada_truncated",
    architecture: "StyleGAN2 (NVIDIA)",
    options: { truncation: 0.6 },
  },
  { file: "stylegan2_orig.pkl", golden: "stylegan2_orig", architecture: "StyleGAN2 (NVIDIA)" },
  {
    file: "stylegan2_bounded/model.safetensors",
    golden: "stylegan2_bounded",
    architecture: "StyleGAN2 (NVIDIA)",
  },
  {
    file: "stylegan2_configured/model.safetensors",
    golden: "stylegan2_configured",
    architecture: "StyleGAN2 (NVIDIA)",
    options: { label: 1 },
  },
  {
    file: "stylegan2_tensorflow_configured.pkl",
    golden: "stylegan2_tensorflow_configured",
    architecture: "StyleGAN2 (NVIDIA, TensorFlow)",
    options: { truncation: 0.8 },
  },
  {
    file: "stylegan3_configured/model.safetensors",
    golden: "stylegan3_configured",
    architecture: "StyleGAN3 (NVIDIA)",
  },
  ...[0, 3].map((label) => ({
    file: "stylegan2_ada_conditional.pkl",
    golden: `stylegan2_ada_conditional_${label}`,
    architecture: "StyleGAN2 (NVIDIA)",
    options: { label },
  })),
  {
    file: "stylegan2_tensorflow.pkl",
    golden: "stylegan2_tensorflow",
    architecture: "StyleGAN2 (NVIDIA, TensorFlow)",
    options: { truncation: 0.8 },
  },
  ...["stylegan2_rosinality.pt", "stylegan2_rosinality_legacy.pt"].map((file) => ({
    file,
    golden: "stylegan2_rosinality",
    architecture: "StyleGAN2 (rosinality)",
  })),
  ...["stylegan2_lucidrains", "stylegan2_lucidrains_mapped"].map((golden) => ({
    file: `${golden}.pt`,
    golden,
    architecture: "StyleGAN2 (lucidrains)",
  })),
  ...["vq", "vq_embed"].map((name) => ({
    file: `${name}/diffusion_pytorch_model.safetensors`,
    golden: name,
    architecture: "AutoencoderKL (diffusers)",
    options: { size: 8 },
  })),
  ...["sd_vae", "flux_vae", "sd_vae_earlier"].map((name) => ({
    file: `${name}/diffusion_pytorch_model.safetensors`,
    golden: name,
    architecture: "AutoencoderKL (diffusers)",
  })),
  {
    file: "sd_vae_ldm.ckpt",
    golden: "sd_vae_ldm",
    architecture: "AutoencoderKL (latent diffusion)",
    options: { size: 4 },
  },
  {
    file: "taesd/diffusion_pytorch_model.safetensors",
    golden: "taesd",
    architecture: "TAESD (diffusers)",
    options: { size: 8 },
  },
  {
    file: "taesd_decoder.pth",
    golden: "taesd_decoder",
    architecture: "TAESD",
    options: { size: 8 },
  },
  ...["stylegan3_t", "stylegan3_bounded"].map((golden) => ({
    file: `${golden}.pkl`,
    golden,
    architecture: "StyleGAN3 (NVIDIA)",
  })),
  {
    file: "stylegan3_r.pt",
    golden: "stylegan3_r",
    architecture: "StyleGAN3 (NVIDIA)",
    options: { label: 1, truncation: 0.7 },
  },
  {
    file: "stylegan_xl.pkl",
    golden: "stylegan_xl",
    architecture: "StyleGAN-XL",
    options: { label: 2, truncation: 0.7 },
  },
  { file: "stylegan_xl_stem.pt", golden: "stylegan_xl_stem", architecture: "StyleGAN-XL" },
  ...["h5", "keras"].flatMap((ending): Case[] => [
    { file: `keras_nested.${ending}`, golden: "keras_nested", architecture: "Keras model" },
    { file: `keras_dcgan.${ending}`, golden: "keras_dcgan", architecture: "Keras model" },
    {
      file: `keras_crossed.${ending}`,
      golden: "keras_crossed",
      architecture: "Keras model",
      inputs: {
        image_1: { type: "int64", dims: [1, 1], data: BigInt64Array.of(2n) },
        z_1: { type: "float32", dims: [1, 3], data: Float32Array.of(0.5, 0.5, 0.5) },
      },
    },
    {
      file: `keras_conditional.${ending}`,
      golden: "keras_conditional",
      architecture: "Keras model",
      inputs: { label: { type: "int64", dims: [1, 1], data: BigInt64Array.of(2n) } },
    },
  ]),
  {
    file: "stylegan1.model",
    golden: "stylegan1",
    architecture: "StyleGAN1 (rosinality)",
    options: { size: 16 },
  },
  ...["stylegan1_tensorflow", "stylegan1_tensorflow_fused"].map((golden) => ({
    file: `${golden}.pkl`,
    golden,
    architecture: "StyleGAN1 (NVIDIA, TensorFlow)",
    options: { truncation: 0.8 },
  })),
  ...["pggan", "pggan_bounded"].map((golden) => ({
    file: `${golden}.pt`,
    golden,
    architecture: "PGGAN (pytorch_GAN_zoo)",
  })),
  {
    file: "biggan.bin",
    golden: "biggan",
    architecture: "BigGAN-deep (Hugging Face)",
    options: { label: 2 },
  },
  {
    file: "biggan.bin",
    golden: "biggan_truncated",
    architecture: "BigGAN-deep (Hugging Face)",
    options: { label: 0, truncation: 0.4 },
  },
  {
    file: "biggan.bin",
    golden: "biggan",
    architecture: "BigGAN-deep (Hugging Face)",
    inputs: { label: { type: "int64", dims: [1], data: BigInt64Array.of(2n) } },
  },
  {
    file: "biggan_configured/pytorch_model.bin",
    golden: "biggan_configured",
    architecture: "BigGAN-deep (Hugging Face)",
    options: { label: 1, truncation: 0.5 },
  },
  { file: "beta_vae.pt", golden: "beta_vae", architecture: "β-VAE (disentangling-vae)" },
  ...["dcgan.pth", "dcgan_half.pt"].map((file) => ({
    file,
    golden: file.split(".")[0]!,
    architecture: "plain stack (DCGAN)",
    options: { activation: "relu,tanh" },
  })),
  {
    file: "activation_first.pt",
    golden: "activation_first",
    architecture: "plain stack (DCGAN)",
    options: { activation: "leaky_relu:0.2,tanh" },
  },
  ...["dense_convolution", "averaged"].map((golden) => ({
    file: `${golden}.pt`,
    golden,
    architecture: "plain stack (DCGAN)",
    options: { activation: "relu,tanh" },
  })),
  {
    file: "decoder_module.pth",
    golden: "decoder_module",
    architecture: "plain stack (DCGAN)",
    options: { activation: "leaky_relu:0.2,sigmoid" },
  },
];

describe("converted checkpoints are the networks of the code that wrote them", () => {
  it.each(cases.map((each) => [`${each.file} ${each.golden}`, each] as const))("%s", async (_, each) => {
    const { file, golden, architecture, options, inputs } = each;
    const converted = await convert(file, options);
    expect(converted.architecture.name).toBe(architecture);
    const errors = await errorsOf(converted.model, `${golden}.npz`, inputs);
    expect(errors.batch).toBeLessThan(IMAGE);
    expect(errors.single).toBeLessThan(IMAGE);
    if (errors.jacobian !== undefined) expect(errors.jacobian).toBeLessThan(JACOBIAN);
  });
});

it("from w_plus on", async () => {
  const { model } = await convert("stylegan2_ada.pkl");
  const errors = await errorsBehind(model, "w_plus", "stylegan2_ada_w_plus.npz");
  expect(errors.batch).toBeLessThan(IMAGE);
  expect(errors.jacobian).toBeLessThan(JACOBIAN);
});

it("weights in half precision move the image by what they are rounded by", async () => {
  const { model } = await convert("dcgan.pth", { activation: "relu,tanh", float16: true });
  const { batch } = await errorsOf(model, "dcgan.npz");
  expect(batch).toBeLessThan(1e-2);
  expect(batch).toBeGreaterThan(1e-6);
});

it.each(["tfjs", "tfjs_quantised", "tfjs_nested", "tfjs_mixed"])(
  "a layers model of TensorFlow.js, %s",
  async (name) => {
    const { model, architecture } = await convert(`${name}/model.json`);
    expect(architecture.name).toBe("Keras model");
    expect(model.metadata.get("vielbein.range")).toBe("-1,1");
    const { z, image } = JSON.parse(new TextDecoder().decode(await fixture(`${name}.json`)));
    const codes = { type: "float32", dims: [3, 4], data: Float32Array.from(z) } as const;
    // The golden is of single precision too.
    expect(largestError(await evaluate(model, { z: codes }), image)).toBeLessThan(IMAGE);
  },
);
