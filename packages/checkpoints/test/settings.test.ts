// Options and configurations that are malformed: typed errors that name the option or the setting, and what would do.

import { describe, expect, it } from "vitest";
import { type CheckpointOptions, type ConvertedCheckpoint, fromCheckpoint } from "../src/index.ts";
import { convert, fixture } from "./compared.ts";

/** A checkpoint with another configuration beside it; `changes` may be text that is no JSON. */
async function configured(
  name: string,
  changes: Readonly<Record<string, unknown>> | string,
  options: CheckpointOptions = {},
): Promise<ConvertedCheckpoint> {
  const folder = name.slice(0, name.lastIndexOf("/"));
  const said = await fixture(`${folder}/config.json`);
  const config = {
    ...JSON.parse(new TextDecoder().decode(said)),
    ...(typeof changes === "string" ? {} : changes),
  };
  // Numbers beyond the largest are read as infinite.
  const text = typeof changes === "string" ? changes : JSON.stringify(config).replaceAll('"1e999"', "1e999");
  const readBeside = async (): Promise<Uint8Array> => new TextEncoder().encode(text);
  return fromCheckpoint({ name, bytes: await fixture(name), readBeside }, options);
}

const invalid = (message: string) => ({ code: "INVALID_MODEL", message: expect.stringContaining(message) });

describe("a configuration that is malformed", () => {
  const flux = "flux_vae/diffusion_pytorch_model.safetensors";

  it.each([
    ["scaling_factor", 0, "0, and a positive and finite number is due"],
    ["scaling_factor", -0.18, "-0.18, and a positive and finite number is due"],
    ["scaling_factor", "0.18", '"0.18", and a positive and finite number is due'],
    ["scaling_factor", null, "null, and a positive and finite number is due"],
    ["scaling_factor", true, "true, and a positive and finite number is due"],
    ["scaling_factor", "1e999", "Infinity, and a positive and finite number is due"],
    ["shift_factor", "0.1", '"0.1", and a finite number is due'],
    ["norm_num_groups", 0, "0, and a positive integer is due"],
    ["norm_num_groups", 1.5, "1.5, and a positive integer is due"],
    ["norm_num_groups", null, "null, and a positive integer is due"],
    ["sample_size", -8, "-8, and a positive integer is due"],
    ["latents_std", "1", '"1", and a list of numbers is due'],
  ])("%s %s", async (name, value, message) => {
    await expect(configured(flux, { [name]: value })).rejects.toMatchObject(
      invalid(`its configuration has ${name} ${message}`),
    );
  });

  it("has null where the code has None", async () => {
    const plain = await configured(flux, { shift_factor: 0 });
    const none = await configured(flux, { shift_factor: null, latents_mean: null, latents_std: null });
    expect(none.model.graph.nodes).toEqual(plain.model.graph.nodes);
  });

  it.each([
    [{ latents_mean: [1, 2], latents_std: [1, 2] }, "has 2 numbers as latents_std, and 16 are due"],
    [{ latents_mean: Array(16).fill(0), latents_std: Array(16).fill(0) }, "latents_std.0 0, and a positive"],
    [
      { latents_mean: Array(16).fill("0"), latents_std: Array(16).fill(1) },
      'latents_mean.0 "0", and a finite',
    ],
    [{ latents_mean: Array(16).fill(0) }, "one of latents_mean and latents_std, and both are due"],
  ])("%s", async (changes, message) => {
    await expect(configured(flux, changes)).rejects.toMatchObject({
      code: "INVALID_MODEL",
      message: expect.stringContaining(message),
    });
  });

  it("is no JSON", async () => {
    await expect(configured(flux, "{ scaling_factor: NaN }")).rejects.toMatchObject(
      invalid("config.json, which lies beside it, is no JSON object"),
    );
  });

  const bounded = "stylegan2_bounded/model.safetensors";

  it.each([0, -1, "256", false])("conv_clamp %s", async (conv_clamp) => {
    await expect(configured(bounded, { synthesis_kwargs: { conv_clamp } })).rejects.toMatchObject(
      invalid(`has conv_clamp ${JSON.stringify(conv_clamp)}, and a positive and finite number is due`),
    );
  });

  it("conv_clamp twice", async () => {
    await expect(
      configured(bounded, { conv_clamp: 1, synthesis_kwargs: { conv_clamp: 2 } }),
    ).rejects.toMatchObject(invalid("several values of conv_clamp: "));
  });

  it("scaling_factor of TAESD, which has none", async () => {
    const given = configured(
      "taesd/diffusion_pytorch_model.safetensors",
      { scaling_factor: null },
      { size: 8 },
    );
    await expect(given).rejects.toMatchObject(invalid("has scaling_factor null, and 1 is what is built"));
  });
});

describe("options that are malformed", () => {
  const rejected = async (name: string, options: CheckpointOptions, message: string): Promise<void> => {
    await expect(convert(name, options)).rejects.toMatchObject({
      code: expect.stringMatching(/^(INVALID_ARGUMENT|OUT_OF_RANGE)$/),
      message: expect.stringContaining(message),
    });
  };

  it.each([
    "relu:5,tanh",
    "relu,tanh:1",
    "",
    "relu",
    "relu,",
    "Relu,tanh",
    "leaky_relu:,tanh",
    "elu:1:2,tanh",
    "constructor,tanh",
  ])("activation %j", (activation) =>
    rejected(
      "dcgan.pth",
      { activation },
      `activation: expected BETWEEN,LAST of none, relu, leaky_relu, elu, silu, softplus, tanh, sigmoid; leaky_relu and elu take a slope, as leaky_relu:0.2, got "${activation}"`,
    ),
  );

  it.each([-1, 4, 1e9, 0.5, Number.NaN])("label %d", (label) =>
    rejected(
      "stylegan2_ada_conditional.pkl",
      { label },
      `label: the generator has classes 0 to 3, got ${label}`,
    ),
  );

  it.each([0, -8, 7, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 40])("size %d", (size) =>
    rejected("taesd_decoder.pth", { size }, `size: the generator makes images of any size`),
  );

  it.each(["stylegan2_ada.pkl", "stylegan2_rosinality.pt", "stylegan1_tensorflow.pkl", "stylegan3_t.pkl"])(
    "truncation of %s",
    async (name) => {
      for (const truncation of [Number.NaN, Number.POSITIVE_INFINITY])
        await rejected(name, { truncation }, `truncation: must be a number`);
    },
  );

  it.each([Number.NaN, 0, -0.5, 1.1])("truncation %d of statistics", (truncation) =>
    rejected("biggan.bin", { label: 0, truncation }, "truncation: its statistics are above 0 to 1"),
  );
});
