// Miniatures of whole families of generators, as both exporters of PyTorch write them, against products with their
// derivatives in float64 (tools/reference/onnx/export_miniatures.py). Further inputs have the values of the reference.

import { readFile } from "node:fs/promises";
import { readNpz } from "@vielbein/linalg/npy";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  decodeModel,
  endpoints,
  hvp,
  type InputShapes,
  inputTensors,
  inspect,
  type Model,
  OnnxMap,
  type PrepareOptions,
  prepare,
  withShapes,
} from "../src/index.ts";
import { runGraph } from "./graphs.ts";
import { relativeError, runtime } from "./helpers.ts";

/** The family that `inspect` names, and the further inputs. */
const families: Readonly<Record<string, readonly [family: string | undefined, ...inputs: string[]]>> = {
  sd_vae: ["latent decoder"],
  flux_vae: ["latent decoder"],
  taesd: ["latent decoder"],
  vqgan: ["latent decoder"],
  vqvae_indices: ["convolutional decoder"],
  dvae_logits: ["latent decoder"],
  unet: ["U-Net", "timestep", "encoder_hidden_states"],
  music_vae: ["recurrent decoder"],
  melody: ["recurrent decoder"],
  melody_loop: ["recurrent decoder"],
  hifigan: ["waveform decoder"],
  encodec: ["waveform decoder"],
  triplane: ["radiance field"],
  nerf: ["radiance field"],
  glow: ["normalising flow"],
  token_decoder: ["transformer decoder", "encoder_attention_mask", "input_ids", "use_cache_branch"],
  stylegan_xl: ["StyleGAN3", "c"],
  gigagan: ["GigaGAN", "text"],
  dit: ["diffusion transformer", "t", "y"],
};

/** What one of the exporters alone can write. */
const single: ReadonlyMap<string, readonly string[]> = new Map([
  ["melody_loop", ["torchscript"]],
  ["token_decoder", ["torchscript"]],
]);

/** Extents of axes that a file leaves open beside the batch. */
const extents: ReadonlyMap<string, InputShapes> = new Map([
  [
    "token_decoder",
    new Map([
      ["encoder_sequence_length", [4]],
      ["decoder_sequence_length", [3]],
    ]),
  ],
]);

const fixture = (name: string): Promise<Uint8Array> => readFile(new URL(`fixtures/${name}`, import.meta.url));
const files = Object.keys(families).flatMap((name) =>
  (single.get(name) ?? ["torchscript", "dynamo"]).map((exporter) => [`${name}_${exporter}`, name] as const),
);

describe.each(files)("%s", (file, name) => {
  const [family, ...further] = families[name]!;
  let model: Model;
  let map: OnnxMap;
  let options: PrepareOptions;
  let golden: ReturnType<typeof readNpz>;
  const values = (array: string): Float64Array => golden[array]!.data as Float64Array;
  const singles = (array: string): Float32Array => Float32Array.from(values(array));

  beforeAll(async () => {
    golden = readNpz(await fixture(`${name}.npz`));
    model = withShapes(decodeModel(await fixture(`${file}.onnx`)), extents.get(name) ?? new Map());
    const inputs = inputTensors(
      model,
      Object.fromEntries(further.map((input) => [input, golden[input] as never])),
    );
    options = { inputs, from: endpoints(model, { inputs }).from };
    map = await OnnxMap.create(model, runtime, options);
  });
  afterAll(() => map.dispose());

  test("value and products with the derivative, also of the linearised map", async () => {
    const [z, v, u] = [singles("z"), singles("v"), singles("u")];
    const linear = await map.linearize(z);
    const found = {
      value: relativeError(await map.evaluate(z, 1), values("value")),
      jvp: relativeError(await map.jvp(z, v, 2), values("forward")),
      vjp: relativeError(await map.vjp(z, u, 1), values("weighted_gradient")),
      linearizedJvp: relativeError(await linear.jvp(v, 2), values("forward")),
      linearizedVjp: relativeError(await linear.vjp(u, 1), values("weighted_gradient")),
    };
    for (const error of Object.values(found)) expect(error).toBeLessThan(5e-6);
  });

  test("gradient and Hessian of uᵀf", async () => {
    const derivative = hvp(await prepare(model, runtime, options), runtime);
    if (values("weighted_products").every((value) => value === 0)) {
      // The map is affine between its kinks.
      await expect(derivative).rejects.toMatchObject({
        code: "INVALID_SPACE",
        message: expect.stringMatching(/second/),
      });
      return;
    }
    const second = await derivative;
    const result = await runGraph(second.model, {
      [second.input]: values("z"),
      [second.cotangent]: values("u"),
      [second.inputTangent]: values("v"),
    });
    console.log(file, "hvp", relativeError(result[second.product]!, values("weighted_products")));
    expect(relativeError(result[second.gradient]!, values("weighted_gradient"))).toBeLessThan(1e-5);
    expect(relativeError(result[second.product]!, values("weighted_products"))).toBeLessThan(1e-5);
  });

  test("the family", async () => {
    expect((await inspect(model, runtime, options)).family?.name).toBe(family);
  });
});
