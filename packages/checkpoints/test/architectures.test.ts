// Checkpoints that others' code wrote, in every format that they are published in, against that code in float64.

import { describe, expect, it } from "vitest";
import type { CheckpointOptions } from "../src/index.ts";
import { convert, errorsOf } from "./compared.ts";

/** Of the image, relative to its largest value; of the Jacobian, in the Frobenius norm. */
const [IMAGE, JACOBIAN] = [1e-5, 5e-6];

interface Case {
  readonly file: string;
  readonly golden: string;
  readonly architecture: string;
  readonly options?: CheckpointOptions;
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
  ...[0, 3].map((label) => ({
    file: "stylegan2_ada_conditional.pkl",
    golden: `stylegan2_ada_conditional_${label}`,
    architecture: "StyleGAN2 (NVIDIA)",
    options: { label },
  })),
  ...["stylegan2_rosinality.pt", "stylegan2_rosinality_legacy.pt"].map((file) => ({
    file,
    golden: "stylegan2_rosinality",
    architecture: "StyleGAN2 (rosinality)",
  })),
  ...["dcgan.pth", "dcgan_half.pt"].map((file) => ({
    file,
    golden: file.split(".")[0]!,
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
    const { file, golden, architecture, options } = each;
    const converted = await convert(file, options);
    expect(converted.architecture.name).toBe(architecture);
    const errors = await errorsOf(converted.model, `${golden}.npz`);
    expect(errors.batch).toBeLessThan(IMAGE);
    expect(errors.single).toBeLessThan(IMAGE);
    if (errors.jacobian !== undefined) expect(errors.jacobian).toBeLessThan(JACOBIAN);
  });
});

it("weights in half precision move the image by what they are rounded by", async () => {
  const { model } = await convert("dcgan.pth", { activation: "relu,tanh", float16: true });
  const { batch } = await errorsOf(model, "dcgan.npz");
  expect(batch).toBeLessThan(1e-2);
  expect(batch).toBeGreaterThan(1e-6);
});
