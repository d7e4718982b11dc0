// The family is recognised by structure, whatever the exporter.

import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { decodeModel, inspect } from "../src/index.ts";
import { runtime } from "./helpers.ts";

test.each([
  ["stylegan2_torchscript", "StyleGAN2"],
  ["stylegan2_dynamo", "StyleGAN2"],
  ["stylegan2_unfused_dynamo", "StyleGAN2"],
  ["stylegan1_torchscript", "StyleGAN1"],
  ["stylegan1_dynamo", "StyleGAN1"],
  ["stylegan3_t_torchscript", "StyleGAN3"],
  ["stylegan3_r_dynamo", "StyleGAN3"],
  ["pggan_torchscript", "PGGAN"],
  ["pggan_dynamo", "PGGAN"],
  ["vae_attention_dynamo", "convolutional decoder"],
  ["biggan_torchscript", "BigGAN"],
  ["biggan_dynamo", "BigGAN"],
  ["dcgan_torchscript", "DCGAN"],
  ["dcgan_dynamo", "DCGAN"],
  ["mapping_torchscript", "StyleGAN mapping network"],
  ["mapping_dynamo", "StyleGAN mapping network"],
  ["vit_dynamo", "transformer decoder"],
  ["vae_torchscript", "convolutional decoder"],
  ["plumbing_torchscript", undefined],
])("%s: %s", async (file, name) => {
  const bytes = await readFile(new URL(`fixtures/${file}.onnx`, import.meta.url));
  const { family } = await inspect(decodeModel(bytes), runtime);
  expect(family?.name).toBe(name);
});
