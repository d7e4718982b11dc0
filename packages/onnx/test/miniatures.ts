// Miniatures of whole families of generators, as both exporters of PyTorch write them, with products with their
// derivatives in float64 (tools/reference/onnx/export_miniatures.py). Further inputs have the values of the reference.

import { readFile } from "node:fs/promises";
import { readNpz } from "@vielbein/linalg/npy";
import { expect } from "vitest";
import {
  decodeModel,
  endpoints,
  type InputShapes,
  inputTensors,
  type Model,
  OnnxMap,
  type PrepareOptions,
  withShapes,
} from "../src/index.ts";
import { type Backend, forOperator } from "./backends.ts";
import { type Part, parts } from "./derivative.ts";
import { relativeError } from "./helpers.ts";

interface Family {
  /** What `inspect` names. */
  readonly family: string;
  readonly furtherInputs?: readonly string[];
  /** Extents of axes that a file leaves open beside the batch. */
  readonly extents?: InputShapes;
  /** Both of them, unless one alone can write it. */
  readonly exporters?: readonly string[];
  /** An operator that decides how exact an engine is. */
  readonly decisive?: string;
}

const openLengths: InputShapes = new Map([
  ["encoder_sequence_length", [4]],
  ["decoder_sequence_length", [3]],
]);

const families: Readonly<Record<string, Family>> = {
  sd_vae: { family: "latent decoder" },
  flux_vae: { family: "latent decoder" },
  taesd: { family: "latent decoder" },
  vqgan: { family: "latent decoder" },
  vqvae_indices: { family: "convolutional decoder" },
  dvae_logits: { family: "latent decoder" },
  unet: { family: "U-Net", furtherInputs: ["timestep", "encoder_hidden_states"] },
  music_vae: { family: "recurrent decoder" },
  melody: { family: "recurrent decoder" },
  melody_loop: { family: "recurrent decoder", exporters: ["torchscript"] },
  hifigan: { family: "waveform decoder" },
  encodec: { family: "waveform decoder" },
  triplane: { family: "radiance field" },
  nerf: { family: "radiance field", decisive: "Sin" },
  glow: { family: "normalising flow" },
  token_decoder: {
    family: "transformer decoder",
    furtherInputs: ["encoder_attention_mask", "input_ids", "use_cache_branch"],
    extents: openLengths,
    exporters: ["torchscript"],
  },
  stylegan_xl: { family: "StyleGAN3", furtherInputs: ["c"] },
  gigagan: { family: "GigaGAN", furtherInputs: ["text"] },
  dit: { family: "diffusion transformer", furtherInputs: ["t", "y"] },
  // As packages publish them.
  asymmetric_vae: { family: "latent decoder" },
  vq_model: { family: "latent decoder" },
  tiny_vae: { family: "latent decoder" },
  deep_compression_vae: { family: "latent decoder", exporters: ["torchscript"] },
  unet_2d: { family: "U-Net", furtherInputs: ["timestep"] },
  dit_2d: { family: "diffusion transformer", furtherInputs: ["timestep", "class_labels"] },
  dac: { family: "waveform decoder" },
  encodec_published: { family: "waveform decoder", exporters: ["torchscript"] },
  speech_hifigan: { family: "waveform decoder" },
  vits_flow: { family: "waveform decoder" },
};

/** Of a file, without `.onnx`, the family that it is of. */
export const miniatures: readonly (readonly [file: string, name: string])[] = Object.entries(
  families,
).flatMap(([name, { exporters = ["torchscript", "dynamo"] }]) =>
  exporters.map((exporter) => [`${name}_${exporter}`, name] as const),
);

const fixture = (name: string): Promise<Uint8Array> => readFile(new URL(`fixtures/${name}`, import.meta.url));

/** Arrays of the reference by name; of one point `z`, two tangents `v` and one cotangent `u`. */
export interface Reference {
  values(array: string): Float64Array;
  singles(array: string): Float32Array;
}

export interface Miniature extends Reference {
  readonly model: Model;
  readonly options: PrepareOptions;
  readonly family: string;
  readonly decisive: string;
}

export async function readMiniature(file: string, name: string): Promise<Miniature> {
  const { family, furtherInputs = [], extents = new Map(), decisive = "" } = families[name]!;
  const golden = readNpz(await fixture(`${name}.npz`));
  const model = withShapes(decodeModel(await fixture(`${file}.onnx`)), extents);
  const given = furtherInputs.map((input) => [input, golden[input] as never]);
  const inputs = inputTensors(model, Object.fromEntries(given));
  const values = (array: string): Float64Array => golden[array]!.data as Float64Array;
  return {
    model,
    options: { inputs, from: endpoints(model, { inputs }).from },
    family,
    decisive,
    values,
    singles: (array) => Float32Array.from(values(array)),
  };
}

/** What of a miniature fails on an engine, each part by itself. */
export async function miniatureFailures(
  { model, options, decisive, values, singles }: Miniature,
  backend: Backend,
): Promise<Map<Part, Error>> {
  const { runtime, portable, single } = forOperator(backend, decisive);
  const failures = new Map<Part, Error>();
  let map: OnnxMap;
  try {
    map = await OnnxMap.create(model, runtime, { ...options, portable });
  } catch (error) {
    return new Map(parts.map((part) => [part, error as Error]));
  }
  const compare = async (part: Part, computed: Promise<Float32Array>, array: string): Promise<void> => {
    try {
      expect(relativeError(await computed, values(array)), part).toBeLessThan(single.exact);
    } catch (error) {
      failures.set(part, error as Error);
    }
  };
  try {
    const [z, v, u] = [singles("z"), singles("v"), singles("u")];
    await compare("value", map.evaluate(z, 1), "value");
    await compare("jvp", map.jvp(z, v, 2), "forward");
    await compare("vjp", map.vjp(z, u, 1), "weighted_gradient");
    return failures;
  } finally {
    await map.dispose();
  }
}
